"""The frame of the wallet's signed-in pages: whose it is, where one can go, and what was just said."""

from __future__ import annotations

from typing import Any

import reflex as rx

from money.errors import WalletFrozen
from shared_ui.elements import PlainLink
from shared_ui.frame import Place, columns, private_page
from shared_ui.icons import icon
from shared_ui.said import Said
from shared_ui.texts import Text
from user_app.wallet_state import Wallet

_PLACES = (
    Place("Home", "/dashboard", "home"),
    Place("Add", "/transfer", "add"),
    Place("Send", "/p2ptransfer", "send"),
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
            rx.cond(Wallet.is_frozen, columns(12, _frozen_line())),
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


def _frozen_line() -> rx.Component:
    return rx.el.p(
        icon("lock", "size-5 shrink-0"),
        rx.el.span(
            f"{WalletFrozen().sentence} ",
            PlainLink.create(
                "Unfreeze it in Settings", href="/settings#freeze", class_name="underline underline-offset-4"
            ),
        ),
        class_name="flex items-center gap-3 rounded-card bg-waiting-soft px-4 py-3 text-label font-medium text-waiting",
    )
