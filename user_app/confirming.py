"""The parts that sending to people and paying shops have in common: what is about to happen, looked at once more."""

from __future__ import annotations

from collections.abc import Sequence

import reflex as rx
from reflex.event import EventType

from shared_ui.fields import quiet_button, submit_button
from shared_ui.in_browser import FOCUS, Focused
from shared_ui.parts import facts, size_of
from shared_ui.people import PersonRow, person_row
from shared_ui.texts import Text, given
from user_app.send_words import Review

PERHAPS = (
    "We have lost touch with our books for a moment. Your money is safe: it has either arrived or never left.",
    "This page updates by itself, and however often you ask, it goes out once.",
)


def spoken(problem: Text) -> rx.Component:
    """What is wrong with no field of its own."""
    return rx.el.div(
        given(problem, rx.el.p(problem, class_name="text-label font-medium text-bad")),
        aria_live="polite",
    )


def look_once_more(
    review: Review,
    *,
    to: PersonRow,
    problem: Text,
    claims: Sequence[tuple[str, Text]],
    on_confirm: EventType[dict[str, str]],
    on_change: EventType[()],
) -> rx.Component:
    """`claims` are what the confirmation brings back besides, by their names."""
    brought = (
        ("look", review.look),
        ("intent", review.intent),
        ("amount", review.plain_amount),
        ("note", review.note),
        *claims,
    )
    return rx.el.div(
        Focused.create(
            "Is this right?",
            tab_index=-1,
            custom_attrs={"ref": FOCUS},
            class_name="text-title font-strong outline-none",
        ),
        person_row(to),
        rx.el.p(review.amount, class_name=["font-strong", size_of(review.amount)]),
        rx.el.p(review.words, class_name="text-label font-medium text-accent"),
        facts(("Note", review.note), ("Left in your wallet", review.balance_after)),
        given(
            review.again,
            rx.el.p(review.again, role="status", class_name="text-label font-medium text-waiting"),
        ),
        spoken(problem),
        rx.el.form(
            *(rx.el.input(type="hidden", name=name, value=value, read_only=True) for name, value in brought),
            submit_button(review.confirm),
            quiet_button("Change something", on_click=on_change),
            on_submit=on_confirm,
            class_name="flex flex-col gap-2",
        ),
        class_name="@container flex flex-col gap-3",
    )
