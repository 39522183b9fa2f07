"""Paying a shop that is known."""

from __future__ import annotations

import reflex as rx

from shared_ui.people import person_row
from shared_ui.texts import given
from user_app.pay_state import Paying
from user_app.spending_card import spending_card, spending_form


def suggestion() -> rx.Component:
    """What the link says is only what the link says."""
    return given(
        Paying.suggestion,
        rx.el.p(Paying.suggestion, class_name="text-label font-medium text-waiting"),
    )


def pay_card() -> rx.Component:
    form = spending_form(
        Paying,
        person_row(Paying.to),
        note_hint="The shop reads it beside the money.",
        submit="Pay",
        key=Paying.form,
        suggestion=suggestion(),
        value=Paying.amount,
    )
    return spending_card(form, Paying, claim=("handle", Paying.handle), on_confirm=Paying.confirm)
