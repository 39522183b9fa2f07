"""Paying a shop that is known: how much, one look more, *Confirm*, and what became of it."""

from __future__ import annotations

import reflex as rx

from shared_ui.fields import action_bar, amount_field, quiet_button, submit_button, text_field
from shared_ui.parts import card, main_link, second_link
from shared_ui.people import person_row
from shared_ui.results import NOTHING_LEFT, done, not_done, on_its_way, result
from shared_ui.texts import Text, given
from user_app.confirming import PERHAPS, look_once_more, spoken
from user_app.pay_state import Paying
from wallet.send_money import LONGEST_NOTE


def _problem(at: str) -> Text:
    return rx.cond(Paying.problem_at == at, Paying.problem, "")


def suggestion() -> rx.Component:
    """What the link says is only what the link says."""
    return given(
        Paying.suggestion,
        rx.el.p(Paying.suggestion, class_name="text-label font-medium text-waiting"),
    )


def _form() -> rx.Component:
    return rx.el.form(
        person_row(Paying.shop),
        given(Paying.notice, rx.el.p(Paying.notice, role="status", class_name="font-medium text-waiting")),
        given(Paying.frozen, rx.el.p(Paying.frozen, role="alert", class_name="font-medium text-waiting")),
        suggestion(),
        amount_field(
            words=Paying.words,
            problem=_problem("amount"),
            limit=Paying.limit,
            on_typed=Paying.typed,
            value=Paying.amount,
        ),
        text_field(
            "Note",
            "note",
            hint="The shop reads it beside the money.",
            problem=_problem("note"),
            is_required=False,
            max_length=LONGEST_NOTE,
        ),
        spoken(_problem("form")),
        action_bar(submit_button("Pay")),
        on_submit=Paying.look,
        no_validate=True,
        hidden=Paying.is_reviewed | (Paying.outcome != ""),
        key=Paying.form,
        class_name="flex flex-col gap-4 [&[hidden]]:hidden",
    )


def _look_once_more() -> rx.Component:
    return look_once_more(
        Paying.review,
        to=Paying.shop,
        problem=_problem("confirm"),
        claims=[("handle", Paying.handle)],
        on_confirm=Paying.confirm,
        on_change=Paying.change,
    )


def _result() -> rx.Component:
    ended = Paying.ended
    return result(
        Paying.outcome,
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
            actions=(quiet_button("Look again", on_click=Paying.find_out),),
        ),
        not_done=not_done(
            ended.title,
            amount=ended.amount,
            who=ended.who,
            sentences=(NOTHING_LEFT, ended.reason, ended.advice),
            actions=(
                quiet_button("Change something", on_click=Paying.change),
                second_link("Back to your wallet", "/transfer"),
            ),
        ),
    )


def pay_card() -> rx.Component:
    return card(
        _form(),
        rx.cond(Paying.is_reviewed, _look_once_more()),
        _result(),
        class_name="[overflow-wrap:anywhere]",
    )
