"""One thing that happened to a shop's money: a payment with its refunds and the form for one more, or a receipt."""

from __future__ import annotations

import reflex as rx

from merchant_app import payment_words
from merchant_app.frame import shop_page
from merchant_app.history_words import kind_of, standing_of, who_of
from merchant_app.payment_reading import Other, Paid, id_in, read
from merchant_app.refund_card import refund_card
from merchant_app.refund_state import Refunding
from merchant_app.shop_state import show, show_first
from money.activity import Activity
from money.rupees import format_rupees
from money.words import in_words
from shared_db.connection import with_retries
from shared_ui.frame import columns
from shared_ui.guarded import guard
from shared_ui.history import TimelineStep, timeline
from shared_ui.history_words import signed, time_of
from shared_ui.in_browser import PRINT, PrintButton
from shared_ui.parts import SECOND, card, facts, main_link, outcome_chip, second_link, size_of
from shared_ui.said import is_back
from shared_ui.services import the_services
from shared_ui.states import empty_state, loading, skeleton_card
from shared_ui.texts import given
from wallet.caller import Caller

_PAYMENT = "Received"


class TransactionPage(rx.State):
    outcome: str = ""
    """done, waiting, refused; none: there is no such thing of this shop; empty: not read yet."""
    standing: str = ""
    title: str = ""
    amount: str = ""
    words: str = ""
    from_whom: str = ""
    to_whom: str = ""
    refunded: str = ""
    net: str = ""
    message: str = ""
    reason: str = ""
    when: str = ""
    reference: str = ""
    number: str = ""
    payment: str = ""
    """The page of the payment that a refund gave back of."""
    watch: str = ""
    """The page of a withdrawal: every step, live."""
    steps: list[TimelineStep] = []

    async def _repaint(self, caller: Caller) -> None:
        wanted = id_in(self.router.url.path)
        found = await with_retries(
            the_services().database, lambda connection: read(connection, caller.owner_id, wanted)
        )
        self.reset()
        match found:
            case None:
                self.outcome = "none"
            case Paid():
                self._show_payment(found)
            case Other():
                self._show_other(found)

    def _show_payment(self, found: Paid) -> None:
        one = found.payment
        self.outcome, self.standing = "done", payment_words.standing_of(one)
        self.title, self.amount = _PAYMENT, f"+{format_rupees(one.paid_paise)}"
        self.words, self.from_whom = in_words(one.paid_paise), one.payer
        if one.refunded_paise:
            self.refunded = f"{format_rupees(one.refunded_paise)} of {format_rupees(one.paid_paise)}"
            self.net = format_rupees(one.left_paise)
        self.message, self.when, self.number = one.note or "", time_of(one.at), str(one.id)
        self.steps = payment_words.steps_of(one, found.refunds)

    def _show_other(self, found: Other) -> None:
        one = found.happened
        self.outcome, self.standing = one.result.value, standing_of(one)
        self.title, self.amount = kind_of(one), signed(one)
        self.words = in_words(abs(one.amount_paise))
        self.from_whom, self.to_whom = (who_of(one), "") if one.amount_paise > 0 else ("", who_of(one))
        if one.activity is Activity.REFUND:
            self.reason = one.note or ""
        else:
            self.message = one.note or ""
        self.when, self.reference, self.number = time_of(one.at), one.reference or "", str(one.id)
        self.payment = f"/transactions/{found.payment_id}" if found.payment_id else ""
        self.watch = f"/withdrawal?id={one.id}" if one.activity is Activity.WITHDRAWAL else ""

    @guard.signed_in
    async def open(self, caller: Caller) -> None:
        if not await is_back(self):
            (await self.get_state(Refunding))._begin()
        await show_first(self, caller, TransactionPage, Refunding)

    @guard.signed_in
    async def come_back(self, caller: Caller) -> None:
        await show(self, caller, TransactionPage, Refunding)


def _facts() -> rx.Component:
    page = TransactionPage
    return rx.el.div(
        rx.el.div(
            rx.el.p(page.title, class_name="text-title font-strong"),
            outcome_chip(page.outcome, page.standing, test_id="status"),
            class_name="flex flex-wrap items-center justify-between gap-2",
        ),
        rx.el.p(page.amount, class_name=["font-strong", size_of(page.amount)]),
        rx.el.p(page.words, class_name="text-label font-medium text-accent"),
        facts(
            ("From", page.from_whom),
            ("To", page.to_whom),
            ("Refunded", page.refunded),
            ("Net", page.net),
            ("Message", page.message),
            ("Reason", page.reason),
            ("Time", page.when),
            ("Bank reference", page.reference),
            ("Transaction id", page.number),
            class_name="mt-2",
        ),
        class_name="@container flex flex-col gap-2 [overflow-wrap:anywhere]",
    )


def _actions() -> rx.Component:
    page = TransactionPage
    return rx.el.div(
        given(
            page.watch,
            second_link(rx.cond(page.outcome == "waiting", "Watch it", "Step by step"), page.watch),
        ),
        given(page.payment, second_link("The payment it belongs to", page.payment)),
        PrintButton.create("Print", type="button", custom_attrs={"onClick": PRINT}, class_name=SECOND),
        class_name="mt-4 flex flex-col gap-2 print:hidden",
    )


def _nothing() -> rx.Component:
    return empty_state(
        "There is no such transaction here",
        "The address may be mistyped, or it is not your shop's.",
        main_link("All payments", "/transactions"),
    )


def transaction() -> rx.Component:
    page = TransactionPage
    return shop_page(
        columns(
            7,
            card(
                rx.cond(
                    page.outcome == "none",
                    _nothing(),
                    rx.cond(page.outcome == "", loading(skeleton_card()), rx.fragment(_facts(), _actions())),
                )
            ),
        ),
        columns(
            5,
            refund_card(),
            rx.cond(page.steps, card(timeline(page.steps), title="Step by step")),
        ),
        title=rx.cond(page.title == _PAYMENT, "Payment", "Receipt"),
        active="/transactions",
        on_focus=page.come_back,
    )
