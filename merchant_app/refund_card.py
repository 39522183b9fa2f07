"""Refunding a payment, on its page: how much and why, one look more, *Confirm*, and what became of it."""

from __future__ import annotations

import reflex as rx

from merchant_app.payment_words import NOTHING_LEFT
from merchant_app.refund_state import Refunding
from shared_ui.fields import action_bar, amount_field, fill_button, quiet_button, submit_button, text_field
from shared_ui.in_browser import FOCUS, Focused
from shared_ui.parts import card, facts, second_link, size_of
from shared_ui.results import done, not_done, on_its_way, result
from shared_ui.texts import Text, given
from wallet.refund_payment import LONGEST_REASON

_PERHAPS = (
    "We have lost touch with our books for a moment. The money is safe: it has either gone back or never left.",
    "This page updates by itself, and however often you ask, it is refunded once.",
)


def refund_card() -> rx.Component:
    page = Refunding
    return rx.cond(
        (page.left != "") | (page.outcome != ""),
        card(
            rx.cond(page.gone != "", rx.cond(page.outcome == "", _gone()), _form()),
            rx.cond(page.is_reviewed, _look_once_more()),
            _result(),
            title="Refund",
            class_name="[overflow-wrap:anywhere] print:hidden",
        ),
    )


def _problem(at: str) -> Text:
    return rx.cond(Refunding.problem_at == at, Refunding.problem, "")


def _spoken(at: str) -> rx.Component:
    """What is wrong with no field of its own."""
    return rx.el.div(
        given(_problem(at), rx.el.p(_problem(at), class_name="text-label font-medium text-bad")),
        aria_live="polite",
    )


def _gone() -> rx.Component:
    return rx.el.p(Refunding.gone, class_name="text-quiet")


def _form() -> rx.Component:
    page = Refunding
    return rx.el.form(
        amount_field(
            words=page.words,
            problem=_problem("amount"),
            limit=page.limit,
            on_typed=page.typed,
            quick=fill_button(f"All that is left, {page.left}", page.plain_left),
        ),
        text_field(
            "Reason",
            "reason",
            hint="Your customer reads it beside the money.",
            problem=_problem("reason"),
            max_length=LONGEST_REASON,
        ),
        _spoken("form"),
        action_bar(submit_button("Refund")),
        on_submit=page.look,
        no_validate=True,
        hidden=page.is_reviewed | (page.outcome != ""),
        # Once something was refunded, what was typed for it is over.
        key=page.left,
        class_name="flex flex-col gap-4 [&[hidden]]:hidden",
    )


def _look_once_more() -> rx.Component:
    review = Refunding.review
    return rx.el.div(
        Focused.create(
            "Is this right?",
            tab_index=-1,
            custom_attrs={"ref": FOCUS},
            class_name="text-title font-strong outline-none",
        ),
        rx.el.p(review.to_whom, class_name="font-medium"),
        rx.el.p(review.amount, class_name=["font-strong", size_of(review.amount)]),
        rx.el.p(review.words, class_name="text-label font-medium text-accent"),
        facts(
            ("Reason", review.reason),
            ("Left of this payment", review.left_after),
            ("Left in your shop", review.balance_after),
        ),
        _spoken("confirm"),
        rx.el.form(
            *(
                rx.el.input(type="hidden", name=name, value=value, read_only=True)
                for name, value in (
                    ("look", review.look),
                    ("before", review.before),
                    ("amount", review.plain_amount),
                    ("reason", review.reason),
                )
            ),
            submit_button(review.confirm),
            quiet_button("Change something", on_click=Refunding.change),
            on_submit=Refunding.confirm,
            class_name="flex flex-col gap-2",
        ),
        class_name="@container flex flex-col gap-3",
    )


def _result() -> rx.Component:
    ended = Refunding.ended
    return result(
        Refunding.outcome,
        done=done(
            ended.title,
            amount=ended.amount,
            who=ended.who,
            when=ended.when,
            reference=ended.reference,
            sentences=(ended.note, ended.reason),
            actions=(
                rx.cond(
                    Refunding.left != "",
                    quiet_button("Refund more of it", on_click=Refunding.change),
                    second_link("All payments", "/transactions"),
                ),
            ),
        ),
        on_its_way=on_its_way(
            ended.title,
            amount=ended.amount,
            who=ended.who,
            sentences=_PERHAPS,
            actions=(quiet_button("Look again", on_click=Refunding.find_out),),
        ),
        not_done=not_done(
            ended.title,
            amount=ended.amount,
            who=ended.who,
            sentences=(NOTHING_LEFT, ended.reason, ended.advice),
            actions=(quiet_button("Change something", on_click=Refunding.change),),
        ),
    )
