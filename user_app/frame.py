"""The frame of the wallet's signed-in pages: whose it is, where one can go, and what was just said."""

from __future__ import annotations

from typing import Any

import reflex as rx

from shared_ui.frame import Place, private_page
from shared_ui.said import Said
from shared_ui.texts import Text
from user_app.wallet_state import Wallet

_PLACES = (
    Place("Home", "/dashboard", "home"),
    Place("Add", "/transfer", "add"),
    Place("History", "/transactions", "history"),
    Place("Settings", "/settings", "settings"),
)


def wallet_page(
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
            name="Batua",
            greeting=Wallet.full_name,
            initials=Wallet.initials,
            is_ready=Wallet.is_ready,
            toast=Said.text,
            toast_number=Said.number,
            is_ended=Said.has_ended,
        ),
    )
