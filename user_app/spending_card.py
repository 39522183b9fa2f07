"""The parts that sending to people and paying shops have in common: how much, one look more, and what became of it."""

from __future__ import annotations

import reflex as rx
from reflex.event import EventType

from shared_ui.fields import action_bar, amount_field, quiet_button, submit_button, text_field
from shared_ui.in_browser import FOCUS, Focused
from shared_ui.parts import card, facts, main_link, second_link, size_of
from shared_ui.people import person_row
from shared_ui.results import NOTHING_LEFT, done, not_done, on_its_way, result
from shared_ui.texts import Text, given
from user_app.spending_state import Spending
from wallet.send_money import LONGEST_NOTE

_PERHAPS = (
    "We have lost touch with our books for a moment. Your money is safe: it has either arrived or never left.",
    "This page updates by itself, and however often you ask, it goes out once.",
)


def spending_card(
    form: rx.Component,
    page: type[Spending],
    *,
    claim: tuple[str, Text],
    on_confirm: EventType[dict[str, str]],
) -> rx.Component:
    """`claim` is who it goes to, as the confirmation brings it back: a name and its value."""
    return card(
        form,
        rx.cond(page.is_reviewed, _look_once_more(page, claim, on_confirm)),
        _what_became_of_it(page),
        class_name="[overflow-wrap:anywhere]",
    )


def spending_form(
    page: type[Spending],
    to_whom: rx.Component,
    *,
    note_hint: str,
    submit: str,
    key: Text,
    suggestion: rx.Component | None = None,
    value: Text = "",
) -> rx.Component:
    """With another `key` it begins anew: what was typed for one is nothing to the other."""
    return rx.el.form(
        to_whom,
        given(page.notice, rx.el.p(page.notice, role="status", class_name="font-medium text-waiting")),
        given(page.frozen, rx.el.p(page.frozen, role="alert", class_name="font-medium text-waiting")),
        suggestion or rx.fragment(),
        amount_field(
            words=page.words,
            problem=_problem(page, "amount"),
            limit=page.limit,
            on_typed=page.typed,
            value=value,
        ),
        text_field(
            "Note",
            "note",
            hint=note_hint,
            problem=_problem(page, "note"),
            is_required=False,
            max_length=LONGEST_NOTE,
        ),
        _spoken(_problem(page, "form")),
        action_bar(submit_button(submit)),
        on_submit=page.look,
        no_validate=True,
        hidden=page.is_reviewed | (page.outcome != ""),
        key=key,
        class_name="flex flex-col gap-4 [&[hidden]]:hidden",
    )


def _problem(page: type[Spending], at: str) -> Text:
    return rx.cond(page.problem_at == at, page.problem, "")


def _spoken(problem: Text) -> rx.Component:
    """What is wrong with no field of its own."""
    return rx.el.div(
        given(problem, rx.el.p(problem, class_name="text-label font-medium text-bad")),
        aria_live="polite",
    )


def _look_once_more(
    page: type[Spending], claim: tuple[str, Text], on_confirm: EventType[dict[str, str]]
) -> rx.Component:
    review = page.review
    brought = (
        ("look", review.look),
        ("intent", review.intent),
        ("amount", review.plain_amount),
        ("note", review.note),
        claim,
    )
    return rx.el.div(
        Focused.create(
            "Is this right?",
            tab_index=-1,
            custom_attrs={"ref": FOCUS},
            class_name="text-title font-strong outline-none",
        ),
        person_row(page.to),
        rx.el.p(review.amount, class_name=["font-strong", size_of(review.amount)]),
        rx.el.p(review.words, class_name="text-label font-medium text-accent"),
        facts(("Note", review.note), ("Left in your wallet", review.balance_after)),
        given(
            review.again,
            rx.el.p(review.again, role="status", class_name="text-label font-medium text-waiting"),
        ),
        _spoken(_problem(page, "confirm")),
        rx.el.form(
            *(rx.el.input(type="hidden", name=name, value=value, read_only=True) for name, value in brought),
            submit_button(review.confirm),
            quiet_button("Change something", on_click=page.change),
            on_submit=on_confirm,
            class_name="flex flex-col gap-2",
        ),
        class_name="@container flex flex-col gap-3",
    )


def _what_became_of_it(page: type[Spending]) -> rx.Component:
    ended = page.ended
    return result(
        page.outcome,
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
            sentences=_PERHAPS,
            actions=(quiet_button("Look again", on_click=page.find_out),),
        ),
        not_done=not_done(
            ended.title,
            amount=ended.amount,
            who=ended.who,
            sentences=(NOTHING_LEFT, ended.reason, ended.advice),
            actions=(
                quiet_button("Change something", on_click=page.change),
                second_link("Back to your wallet", "/transfer"),
            ),
        ),
    )
