"""The merchants' Reflex app and its pages."""

from __future__ import annotations

from merchant_app.pages.counter import Counter, counter
from merchant_app.pages.dashboard import Income, dashboard
from merchant_app.pages.landing import landing
from merchant_app.pages.login import login
from merchant_app.pages.open_shop import NewShop, open_shop
from merchant_app.pages.qr import ShopsCode, qr
from merchant_app.pages.settings import ShopSettings, settings
from merchant_app.pages.settlement import SettlementPage, settlement
from merchant_app.pages.settlements import Settlements, settlements
from merchant_app.pages.signup import signup
from merchant_app.pages.transaction import TransactionPage, transaction
from merchant_app.pages.transactions import Sales, transactions
from merchant_app.pages.withdraw import Withdraw, withdraw
from merchant_app.pages.withdrawal import WithdrawalPage, withdrawal
from merchant_app.ways_in import WaysIn
from shared_ui.said import OneVisitor
from shared_ui.services import the_door
from shared_ui.turned_back import TurnedBack
from shared_ui.web_app import new_web_app

_ICON = "batua-merchant.svg"

app = new_web_app("Batua for merchants", icon_file=_ICON)
app.add_middleware(OneVisitor(the_door))
app.add_page(
    landing,
    route="/",
    title="Batua for merchants: get paid, and see every rupee",
    description="Take payments from Batua wallets, see today's and this month's income, and withdraw to your bank.",
    image=_ICON,
)
for page, route, title, on_load in (
    (login, "/login", "Log in", [TurnedBack.open, WaysIn.open]),
    (signup, "/signup", "Open your shop", [TurnedBack.open, WaysIn.open]),
    (open_shop, "/open-shop", "Open your shop", [TurnedBack.open, NewShop.open]),
    (dashboard, "/dashboard", "Income", Income.open),
    (qr, "/qr", "Your QR code", ShopsCode.open),
    (settings, "/settings", "Settings", ShopSettings.open),
    (counter, "/counter", "Counter", Counter.open),
    (transactions, "/transactions", "Payments", Sales.open),
    (transaction, "/transactions/[transaction]", "Payment", TransactionPage.open),
    (withdraw, "/withdraw", "Withdraw", Withdraw.open),
    (withdrawal, "/withdrawal", "To your bank", WithdrawalPage.open),
    (settlements, "/settlements", "Settlements", Settlements.open),
    (settlement, "/settlements/[settlement]", "Settlement", SettlementPage.open),
):
    app.add_page(page, route=route, title=f"{title} | Batua for merchants", image=_ICON, on_load=on_load)
