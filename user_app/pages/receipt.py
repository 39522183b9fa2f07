"""One thing that happened to one's money, as a receipt: who, how much, when, how it stands, step by step; to print."""

from __future__ import annotations

import uuid

import reflex as rx

from money.words import in_words
from shared_db.connection import with_retries
from shared_ui.fields import quiet_button
from shared_ui.frame import columns
from shared_ui.guarded import guard
from shared_ui.history import TimelineStep, timeline
from shared_ui.history_words import signed, time_of
from shared_ui.in_browser import PRINT, DownloadForm, PrintButton
from shared_ui.parts import SECOND, card, facts, main_link, outcome_chip, second_link, size_of
from shared_ui.services import the_services
from shared_ui.states import empty_state, loading, skeleton_card
from shared_ui.texts import given
from user_app.frame import wallet_page
from user_app.history_words import kind_of, standing_of, who_of
from user_app.pay_words import page_of_shop
from user_app.people_words import PAGE
from user_app.receipt_reading import Receipt, receipt_of
from user_app.wallet_state import Wallet, show, show_first
from wallet.caller import Caller


class ReceiptPage(rx.State):
    outcome: str = ""
    """done, waiting, refused; none: there is no such thing of this person; empty: not read yet."""
    standing: str = ""
    title: str = ""
    amount: str = ""
    words: str = ""
    from_whom: str = ""
    to_whom: str = ""
    when: str = ""
    refunded: str = ""
    note: str = ""
    reference: str = ""
    number: str = ""
    payment: str = ""
    """The receipt of the payment that a refund gave back of."""
    send: str = ""
    """The page for sending the other person something, or for paying the shop."""
    is_of_shop: bool = False
    watch: str = ""
    """The page that follows it live; empty where nothing changes any more."""
    steps: list[TimelineStep] = []

    async def _repaint(self, caller: Caller) -> None:
        wanted = _id(self.router.url.path)
        found = await with_retries(
            the_services().database, lambda connection: receipt_of(connection, caller.owner_id, wanted)
        )
        if found is None:
            self.reset()
            self.outcome = "none"
        else:
            self._show(found, (await self.get_state(Wallet)).full_name)

    def _show(self, found: Receipt, own_name: str) -> None:
        one = found.happened
        other = who_of(one)
        is_in = one.amount_paise > 0
        self.outcome, self.standing = one.result.value, found.standing or standing_of(one)
        self.title, self.amount = kind_of(one), signed(one)
        self.words = in_words(abs(one.amount_paise))
        self.from_whom, self.to_whom = (other, own_name) if is_in else (own_name, other)
        self.when, self.note = time_of(one.at), one.note or ""
        self.reference, self.number = one.reference or "", str(one.id)
        self.watch, self.payment, self.refunded = found.watch, found.payment, found.refunded
        self.send = f"{PAGE}?to={one.other_id}" if one.other_id else ""
        self.is_of_shop = bool(one.shop_handle)
        if one.shop_handle:
            self.send = page_of_shop(one.shop_handle)
        self.steps = found.steps

    @guard.signed_in
    async def open(self, caller: Caller) -> None:
        await show_first(self, caller, ReceiptPage)

    @guard.signed_in
    async def come_back(self, caller: Caller) -> None:
        await show(self, caller, ReceiptPage)


def _id(path: str) -> uuid.UUID:
    """No id at all is the id of nothing."""
    try:
        return uuid.UUID(path.rstrip("/").rpartition("/")[2])
    except ValueError:
        return uuid.UUID(int=0)


def _receipt() -> rx.Component:
    page = ReceiptPage
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
            ("Paid to", page.to_whom),
            ("Refunded", page.refunded),
            ("Time", page.when),
            ("Message", page.note),
            ("Bank reference", page.reference),
            ("Transaction id", page.number),
            class_name="mt-2",
        ),
        class_name="@container flex flex-col gap-2",
    )


def _actions() -> rx.Component:
    return rx.el.div(
        given(ReceiptPage.watch, main_link("Watch it", ReceiptPage.watch)),
        given(ReceiptPage.payment, second_link("The payment it belongs to", ReceiptPage.payment)),
        given(
            ReceiptPage.send,
            second_link(
                rx.cond(
                    ReceiptPage.is_of_shop,
                    "Pay this shop again",
                    rx.cond(ReceiptPage.title == "Sent", "Send again", "Send back"),
                ),
                ReceiptPage.send,
            ),
        ),
        DownloadForm.create(
            rx.el.input(type="hidden", name="id", value=ReceiptPage.number, read_only=True),
            quiet_button("Download PDF"),
            action="/files/receipt.pdf",
            method="get",
        ),
        PrintButton.create("Print", type="button", custom_attrs={"onClick": PRINT}, class_name=SECOND),
        class_name="mt-4 flex flex-col gap-2 print:hidden",
    )


def _nothing() -> rx.Component:
    return empty_state(
        "There is no such transaction here",
        "The address may be mistyped, or it is not yours.",
        main_link("All transactions", "/transactions"),
    )


def receipt() -> rx.Component:
    page = ReceiptPage
    return wallet_page(
        columns(
            7,
            card(
                rx.cond(
                    page.outcome == "none",
                    _nothing(),
                    rx.cond(
                        page.outcome == "", loading(skeleton_card()), rx.fragment(_receipt(), _actions())
                    ),
                )
            ),
        ),
        columns(5, rx.cond(page.steps, card(timeline(page.steps), title="Step by step"))),
        title="Receipt",
        active="/transactions",
        on_focus=page.come_back,
    )
