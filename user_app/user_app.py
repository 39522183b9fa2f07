"""The wallet's Reflex app and its pages."""

from __future__ import annotations

from shared_ui.web_app import new_web_app
from user_app.pages.landing import landing

app = new_web_app("Batua", icon_file="batua.svg")
app.add_page(
    landing,
    route="/",
    title="Batua, a wallet that never loses a paisa",
    description="Add money from your bank, send it, pay shops and take it back out. Always told what is still pending.",
    image="batua.svg",
)
