"""Taking money out, on /transfer: the form, then one look at what is about to happen, then *Confirm*."""

from __future__ import annotations

import reflex as rx

from shared_ui.fields import amount_field, bank_picker, quiet_button, submit_button, text_field
from shared_ui.in_browser import FOCUS, Focused
from shared_ui.parts import card, facts, size_of
from shared_ui.texts import Text, given
from user_app.wallet_state import Wallet
from user_app.withdraw_state import SavedRow, TakeOut
from user_app.words import BANKS

_NO_NAME = "Your bank did not say whose account this is. Please compare the number once more."


def _problem(field: str) -> Text:
    return rx.cond(TakeOut.problem_at == field, TakeOut.problem, "")


def _saved_accounts() -> rx.Component:
    def row(one: SavedRow) -> rx.Component:
        return rx.el.button(
            one.label,
            type="button",
            on_click=TakeOut.choose(one.id),
            aria_pressed=rx.cond(TakeOut.chosen == one.id, "true", "false"),
            class_name="min-h-hit rounded-card border border-edge px-3 py-2 text-left text-label font-medium "
            "transition-colors [overflow-wrap:anywhere] hover:bg-accent-soft aria-pressed:border-accent "
            "aria-pressed:bg-accent-soft",
        )

    another = rx.el.button(
        "Another account",
        type="button",
        on_click=TakeOut.choose(""),
        aria_pressed=rx.cond(TakeOut.chosen == "", "true", "false"),
        class_name="min-h-hit rounded-card border border-edge px-3 py-2 text-left text-label font-medium "
        "transition-colors hover:bg-accent-soft aria-pressed:border-accent aria-pressed:bg-accent-soft",
    )
    return rx.cond(
        TakeOut.saved,
        rx.el.div(
            rx.el.p("Where to", id="where-to", class_name="text-label font-medium"),
            rx.foreach(TakeOut.saved, row),
            another,
            role="group",
            aria_labelledby="where-to",
            class_name="flex flex-col gap-2",
        ),
    )


def _new_account() -> rx.Component:
    return rx.cond(
        TakeOut.chosen == "",
        rx.fragment(
            bank_picker(list(BANKS.items()), note=TakeOut.bank_note, field_id="withdraw-bank"),
            text_field(
                "Account number",
                "account_number",
                problem=_problem("account_number"),
                hint="9 to 18 digits. We keep it for the next time; you can remove it in Settings.",
                input_mode="numeric",
                max_length=30,
            ),
            text_field(
                "IFSC",
                "ifsc",
                problem=_problem("ifsc"),
                hint="On your cheque book or passbook, such as HDFC0001234.",
                max_length=20,
                class_name="uppercase",
            ),
        ),
        given(TakeOut.bank_note, rx.el.p(TakeOut.bank_note, class_name="text-label text-quiet")),
    )


def _form() -> rx.Component:
    return rx.el.form(
        amount_field(
            words=TakeOut.words,
            problem=_problem("amount"),
            limit="Up to " + Wallet.balance + ", what you have.",
            on_typed=TakeOut.typed,
            field_id="withdraw-amount",
        ),
        _saved_accounts(),
        _new_account(),
        rx.el.div(
            given(_problem("form"), rx.el.p(_problem("form"), class_name="text-label font-medium text-bad")),
            aria_live="polite",
        ),
        submit_button("Withdraw", is_busy=TakeOut.is_busy),
        on_submit=TakeOut.look,
        no_validate=True,
        hidden=TakeOut.is_reviewed,
        class_name="flex flex-col gap-4 [&[hidden]]:hidden",
    )


def _look_once_more() -> rx.Component:
    review = TakeOut.review
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
            ("Left in your wallet", review.balance_after),
        ),
        given(TakeOut.bank_note, rx.el.p(TakeOut.bank_note, class_name="text-label text-quiet")),
        rx.el.div(
            given(
                _problem("confirm"),
                rx.el.p(_problem("confirm"), class_name="text-label font-medium text-bad"),
            ),
            aria_live="polite",
        ),
        rx.el.form(
            submit_button(review.confirm),
            quiet_button("Change something", on_click=TakeOut.change),
            on_submit=TakeOut.confirm,
            class_name="flex flex-col gap-2",
        ),
        class_name="@container flex flex-col gap-3",
    )


def withdraw_card() -> rx.Component:
    return card(
        given(
            TakeOut.stopped,
            rx.el.p(TakeOut.stopped, role="alert", class_name="mb-3 font-medium text-waiting"),
        ),
        _form(),
        rx.cond(TakeOut.is_reviewed, _look_once_more()),
        title="Withdraw to your bank",
    )
