"""Sending money to somebody who is chosen: how much, one look more, *Confirm*, and what became of it."""

from __future__ import annotations

import reflex as rx

from shared_ui.fields import action_bar, amount_field, quiet_button, submit_button, text_field
from shared_ui.parts import card, main_link, second_link
from shared_ui.people import person_row
from shared_ui.results import NOTHING_LEFT, done, not_done, on_its_way, result
from shared_ui.texts import Text, given
from user_app.confirming import PERHAPS, look_once_more, spoken
from user_app.people_words import PAGE
from user_app.send_state import Sending
from wallet.send_money import LONGEST_NOTE


def _problem(at: str) -> Text:
    return rx.cond(Sending.problem_at == at, Sending.problem, "")


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


def _form() -> rx.Component:
    return rx.el.form(
        _to_whom(),
        given(Sending.notice, rx.el.p(Sending.notice, role="status", class_name="font-medium text-waiting")),
        given(Sending.frozen, rx.el.p(Sending.frozen, role="alert", class_name="font-medium text-waiting")),
        amount_field(
            words=Sending.words,
            problem=_problem("amount"),
            limit=Sending.limit,
            on_typed=Sending.typed,
        ),
        text_field(
            "Note",
            "note",
            hint="They read it beside the money.",
            problem=_problem("note"),
            is_required=False,
            max_length=LONGEST_NOTE,
        ),
        spoken(_problem("form")),
        action_bar(submit_button("Send money")),
        on_submit=Sending.look,
        no_validate=True,
        hidden=Sending.is_reviewed | (Sending.outcome != ""),
        # Another person, another form: what was typed for one is nothing to the other.
        key=Sending.to.id,
        class_name="flex flex-col gap-4 [&[hidden]]:hidden",
    )


def _look_once_more() -> rx.Component:
    return look_once_more(
        Sending.review,
        to=Sending.to,
        problem=_problem("confirm"),
        claims=[("to", Sending.to.id)],
        on_confirm=Sending.confirm,
        on_change=Sending.change,
    )


def _result() -> rx.Component:
    ended = Sending.ended
    return result(
        Sending.outcome,
        done=done(
            ended.title,
            amount=ended.amount,
            who=ended.who,
            when=ended.when,
            reference=ended.reference,
            sentences=(ended.reason, ended.note),
            actions=(main_link("Done", "/transfer"), second_link("View receipt", ended.receipt)),
        ),
        on_its_way=on_its_way(
            ended.title,
            amount=ended.amount,
            who=ended.who,
            sentences=PERHAPS,
            actions=(quiet_button("Look again", on_click=Sending.find_out),),
        ),
        not_done=not_done(
            ended.title,
            amount=ended.amount,
            who=ended.who,
            sentences=(NOTHING_LEFT, ended.reason, ended.advice),
            actions=(
                quiet_button("Change something", on_click=Sending.change),
                second_link("Back to your wallet", "/transfer"),
            ),
        ),
    )


def send_card() -> rx.Component:
    return card(
        _form(),
        rx.cond(Sending.is_reviewed, _look_once_more()),
        _result(),
        class_name="[overflow-wrap:anywhere]",
    )
