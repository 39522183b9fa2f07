"""The merchants' Reflex app and its pages."""

from __future__ import annotations

from merchant_app.pages.landing import landing
from shared_ui.web_app import new_web_app

app = new_web_app("Batua for merchants", icon_file="batua-merchant.svg")
app.add_page(
    landing,
    route="/",
    title="Batua for merchants: get paid, and see every rupee",
    description="Take payments from Batua wallets, see today's and this month's income, and withdraw to your bank.",
    image="batua-merchant.svg",
)
