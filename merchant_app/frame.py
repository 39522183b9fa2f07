"""The frame of a merchant's signed-in pages: which shop, where one can go, and what was just said."""

from __future__ import annotations

from typing import Any

import reflex as rx

from merchant_app.shop_state import Shop
from shared_ui.frame import Place, private_page
from shared_ui.said import Said
from shared_ui.texts import Text

NAME = "Batua for merchants"
_PLACES = (
    Place("Income", "/dashboard", "income"),
    Place("Payments", "/transactions", "history"),
    Place("Withdraw", "/withdraw", "withdraw"),
    Place("QR", "/qr", "pay"),
    Place("Settings", "/settings", "settings"),
)


def shop_page(
    *content: rx.Component,
    title: Text,
    active: str,
    on_focus: Any,  # noqa: ANN401 # Reflex's own type of an event
    lead: Text = "",
) -> rx.Component:
    """`on_focus` reads the page again when somebody comes back to its tab."""
    return rx.fragment(
        rx.window_event_listener(on_focus=on_focus),
        private_page(
            *content,
            title=title,
            lead=lead,
            active=active,
            navigation=_PLACES,
            name=NAME,
            greeting=Shop.name,
            initials=Shop.initials,
            is_ready=Shop.is_ready,
            toast=Said.text,
            toast_number=Said.number,
            is_ended=Said.has_ended,
        ),
    )
