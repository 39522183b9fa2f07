"""Sending money to people: to whom, how much, one look more, and what became of it."""

from __future__ import annotations

import reflex as rx

from shared_ui.balance import balance_card
from shared_ui.frame import columns
from user_app.frame import wallet_page
from user_app.people_card import people_card
from user_app.people_words import PAGE
from user_app.send_card import send_card
from user_app.send_state import Sending
from user_app.wallet_state import Wallet


def _balance() -> rx.Component:
    """On a phone it makes room for the one thing to do; what there is stands below the amount."""
    return rx.el.div(
        balance_card(Wallet.balance, Wallet.on_hold, is_ready=Wallet.is_ready),
        class_name=rx.cond(Sending.to.id == "", "", "hidden wide:block"),
    )


def send() -> rx.Component:
    return wallet_page(
        columns(5, _balance()),
        columns(7, rx.cond(Sending.to.id == "", people_card(notice=Sending.notice), send_card())),
        title="Send money",
        active=PAGE,
        on_focus=Sending.come_back,
    )
