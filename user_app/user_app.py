"""The wallet's Reflex app and its pages."""

from __future__ import annotations

from shared_ui.said import OneVisitor
from shared_ui.services import the_door
from shared_ui.turned_back import TurnedBack
from shared_ui.web_app import new_web_app
from user_app.pages.dashboard import Dashboard, dashboard
from user_app.pages.landing import landing
from user_app.pages.login import login
from user_app.pages.new_password import new_password
from user_app.pages.on_ramp import OnRampPage, on_ramp
from user_app.pages.pay import pay
from user_app.pages.receipt import ReceiptPage, receipt
from user_app.pages.reset import reset
from user_app.pages.scan import Scanning, scan
from user_app.pages.send import send
from user_app.pages.settings import Contacts, settings
from user_app.pages.signup import signup
from user_app.pages.transactions import History, transactions
from user_app.pages.transfer import Transfer, transfer
from user_app.pages.withdrawal import WithdrawalPage, withdrawal
from user_app.pay_state import Paying
from user_app.send_state import Sending

_ICON = "batua.svg"

app = new_web_app("Batua", icon_file=_ICON)
app.add_middleware(OneVisitor(the_door))
app.add_page(
    landing,
    route="/",
    title="Batua, a wallet that never loses a paisa",
    description="Add money from your bank, send it, pay shops and take it back out. Always told what is still pending.",
    image=_ICON,
)
for page, route, title, on_load in (
    (login, "/login", "Log in", TurnedBack.open),
    (signup, "/signup", "Open your wallet", TurnedBack.open),
    (reset, "/reset", "Get a code", TurnedBack.open),
    (new_password, "/new-password", "Choose a new password", TurnedBack.open),
    (dashboard, "/dashboard", "Home", Dashboard.open),
    (transfer, "/transfer", "Your wallet", Transfer.open),
    (send, "/p2ptransfer", "Send money", Sending.open),
    (scan, "/scan", "Pay a shop", Scanning.open),
    (pay, "/pay/[merchant_handle]", "Pay a shop", Paying.open),
    (on_ramp, "/on-ramp", "Adding money", OnRampPage.open),
    (transactions, "/transactions", "Transactions", History.open),
    (receipt, "/transactions/[transaction]", "Receipt", ReceiptPage.open),
    (withdrawal, "/withdrawal", "To your bank", WithdrawalPage.open),
    (settings, "/settings", "Settings", Contacts.open),
):
    app.add_page(page, route=route, title=f"{title} | Batua", image=_ICON, on_load=on_load)
