"""Sending money to somebody who is chosen."""

from __future__ import annotations

import reflex as rx

from shared_ui.people import person_row
from user_app.people_words import PAGE
from user_app.send_state import Sending
from user_app.spending_card import spending_card, spending_form


def _to_whom() -> rx.Component:
    return rx.el.div(
        person_row(Sending.to),
        rx.el.a(
            "Change",
            rx.el.span(" to whom", class_name="sr-only"),
            href=PAGE,
            class_name="inline-flex min-h-hit shrink-0 items-center rounded-card px-3 text-label font-medium "
            "text-accent transition-colors hover:bg-accent-soft",
        ),
        class_name="flex items-center justify-between gap-3",
    )


def send_card() -> rx.Component:
    form = spending_form(
        Sending,
        _to_whom(),
        note_hint="They read it beside the money.",
        submit="Send money",
        key=Sending.to.id,
    )
    return spending_card(form, Sending, claim=("to", Sending.to.id), on_confirm=Sending.confirm)
