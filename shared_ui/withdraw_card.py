"""Taking money out: the form, then one look at what is about to happen, then *Confirm*."""

from __future__ import annotations

import reflex as rx

from shared_ui.bank_words import BANKS
from shared_ui.fields import amount_field, bank_picker, quiet_button, submit_button, text_field
from shared_ui.in_browser import FOCUS, Focused
from shared_ui.parts import card, facts, size_of
from shared_ui.texts import Text, given
from shared_ui.withdraw_state import SavedRow, TakingOut
from shared_ui.withdrawal_words import WALLET

Form = type[TakingOut]
_NO_NAME = "Your bank did not say whose account this is. Please compare the number once more."


def _problem(form: Form, field: str) -> Text:
    return rx.cond(form.problem_at == field, form.problem, "")


def _saved_accounts(form: Form) -> rx.Component:
    def row(one: SavedRow) -> rx.Component:
        return rx.el.button(
            one.label,
            type="button",
            on_click=form.choose(one.id),
            aria_pressed=rx.cond(form.chosen == one.id, "true", "false"),
            class_name="min-h-hit rounded-card border border-edge px-3 py-2 text-left text-label font-medium "
            "transition-colors [overflow-wrap:anywhere] hover:bg-accent-soft aria-pressed:border-accent "
            "aria-pressed:bg-accent-soft",
        )

    another = rx.el.button(
        "Another account",
        type="button",
        on_click=form.choose(""),
        aria_pressed=rx.cond(form.chosen == "", "true", "false"),
        class_name="min-h-hit rounded-card border border-edge px-3 py-2 text-left text-label font-medium "
        "transition-colors hover:bg-accent-soft aria-pressed:border-accent aria-pressed:bg-accent-soft",
    )
    return rx.cond(
        form.saved,
        rx.el.div(
            rx.el.p("Where to", id="where-to", class_name="text-label font-medium"),
            rx.foreach(form.saved, row),
            another,
            role="group",
            aria_labelledby="where-to",
            class_name="flex flex-col gap-2",
        ),
    )


def _new_account(form: Form, removed: str) -> rx.Component:
    return rx.cond(
        form.chosen == "",
        rx.fragment(
            bank_picker(list(BANKS.items()), note=form.bank_note, field_id="withdraw-bank"),
            text_field(
                "Account number",
                "account_number",
                problem=_problem(form, "account_number"),
                hint=f"9 to 18 digits. We keep it for the next time; you can remove it {removed}.",
                input_mode="numeric",
                max_length=30,
            ),
            text_field(
                "IFSC",
                "ifsc",
                problem=_problem(form, "ifsc"),
                hint="On your cheque book or passbook, such as HDFC0001234.",
                max_length=20,
                class_name="uppercase",
            ),
        ),
        given(form.bank_note, rx.el.p(form.bank_note, class_name="text-label text-quiet")),
    )


def _form(form: Form, has: str, removed: str) -> rx.Component:
    return rx.el.form(
        amount_field(
            words=form.words,
            problem=_problem(form, "amount"),
            limit="Up to " + has + ", what you have.",
            on_typed=form.typed,
            field_id="withdraw-amount",
        ),
        _saved_accounts(form),
        _new_account(form, removed),
        rx.el.div(
            given(
                _problem(form, "form"),
                rx.el.p(_problem(form, "form"), class_name="text-label font-medium text-bad"),
            ),
            aria_live="polite",
        ),
        submit_button("Withdraw", is_busy=form.is_busy),
        on_submit=form.look,
        no_validate=True,
        hidden=form.is_reviewed,
        class_name="flex flex-col gap-4 [&[hidden]]:hidden",
    )


def _look_once_more(form: Form, purse: str) -> rx.Component:
    review = form.review
    return rx.el.div(
        Focused.create(
            "Is this right?",
            tab_index=-1,
            custom_attrs={"ref": FOCUS},
            class_name="text-title font-strong outline-none",
        ),
        rx.el.p(review.amount, class_name=["font-strong", size_of(review.amount)]),
        rx.el.p(review.words, class_name="text-label font-medium text-accent"),
        facts(
            ("To", review.bank),
            ("Account", review.account),
            ("Branch code", review.ifsc),
            ("In the name of", rx.cond(review.name != "", review.name, _NO_NAME)),
            (f"Left in {purse}", review.balance_after),
        ),
        given(form.bank_note, rx.el.p(form.bank_note, class_name="text-label text-quiet")),
        rx.el.div(
            given(
                _problem(form, "confirm"),
                rx.el.p(_problem(form, "confirm"), class_name="text-label font-medium text-bad"),
            ),
            aria_live="polite",
        ),
        rx.el.form(
            submit_button(review.confirm),
            quiet_button("Change something", on_click=form.change),
            on_submit=form.confirm,
            class_name="flex flex-col gap-2",
        ),
        class_name="@container flex flex-col gap-3",
    )


def withdraw_card(form: Form, *, has: str, purse: str = WALLET, removed: str = "in Settings") -> rx.Component:
    """`has` is what can be taken; `removed` says where saved accounts are."""
    return card(
        given(
            form.stopped,
            rx.el.p(form.stopped, role="alert", class_name="mb-3 font-medium text-waiting"),
        ),
        _form(form, has, removed),
        rx.cond(form.is_reviewed, _look_once_more(form, purse)),
        title="Withdraw to your bank",
    )
