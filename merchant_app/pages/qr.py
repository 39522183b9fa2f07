"""A shop's code for its counter: to show, to print, to download, with an amount in it or without."""

from __future__ import annotations

import reflex as rx

from merchant_app.frame import shop_page
from merchant_app.qr_code import address_of
from merchant_app.shop_state import Shop, show, show_first
from money.errors import AmountAboveLimit, Refusal
from money.rupees import decimal_rupees, format_rupees, parse_typed_rupees
from money.words import in_words
from shared_db.connection import with_retries
from shared_db.shop_screens import shop_owner
from shared_ui.fields import amount_field, quiet_button, submit_button
from shared_ui.frame import columns
from shared_ui.guard import FormData
from shared_ui.guarded import guard
from shared_ui.in_browser import PRINT, DownloadForm, PrintButton
from shared_ui.parts import CARD, SECOND, card, size_of
from shared_ui.said import is_back
from shared_ui.services import the_services
from shared_ui.texts import given
from wallet.caller import Caller


class AmountForm(FormData):
    amount: str


class ShopsCode(rx.State):
    plain_amount: str = ""
    """As the picture's address wants it; empty: whoever pays says how much."""
    amount: str = ""
    address: str = ""
    """What the code says."""
    words: str = ""
    problem: str = ""
    limit: str = ""

    async def _repaint(self, caller: Caller) -> None:
        the = the_services()
        found = await with_retries(the.database, lambda connection: shop_owner(connection, caller.owner_id))
        amount = parse_typed_rupees(self.plain_amount) if self.plain_amount else None
        self.address = address_of(the.settings.user_url, found.handle, amount)
        self.limit = (
            f"Up to {format_rupees(the.settings.transfer_limit_paise)}. Whoever pays can still change it."
        )

    @guard.signed_in
    async def open(self, caller: Caller) -> None:
        if not await is_back(self):
            self.plain_amount, self.amount, self.words, self.problem = "", "", "", ""
        await show_first(self, caller, ShopsCode)

    @guard.signed_in
    async def read_again(self, caller: Caller) -> None:
        await show(self, caller, ShopsCode)

    @guard.signed_in
    async def typed(self, _caller: Caller, amount: str) -> None:
        self.problem, self.words = "", ""
        if not amount.strip():
            return
        try:
            self.words = in_words(parse_typed_rupees(amount))
        except Refusal as refusal:
            self.problem = refusal.sentence

    @guard.signed_in
    async def put_in(self, caller: Caller, form_data: AmountForm) -> None:
        """Nothing typed takes the amount out."""
        most = the_services().settings.transfer_limit_paise
        try:
            amount = parse_typed_rupees(form_data.amount) if form_data.amount.strip() else None
        except Refusal as refusal:
            self.problem = refusal.sentence
            return
        if amount and amount > most:
            self.problem = f"{AmountAboveLimit(most).sentence} At most {format_rupees(most)}."
            return
        self.problem = ""
        self.plain_amount = decimal_rupees(amount) if amount else ""
        self.amount = format_rupees(amount) if amount else ""
        await self._repaint(caller)


def _poster() -> rx.Component:
    """What is printed, and nothing else is."""
    page = ShopsCode
    return rx.el.div(
        rx.el.p("Pay with Batua", class_name="text-label font-medium text-quiet print:text-title"),
        rx.el.h2(Shop.name, class_name="text-heading font-strong [overflow-wrap:anywhere] print:text-amount"),
        rx.el.img(
            src="/code/qr.svg?amount=" + page.plain_amount,
            alt="The QR code that leads to your shop's page",
            width="300",
            height="300",
            class_name="aspect-square h-auto w-full max-w-[300px] rounded-card print:max-w-[12cm]",
        ),
        rx.el.p("@", Shop.handle, class_name="text-title font-strong [overflow-wrap:anywhere]"),
        given(
            page.amount, rx.el.p(page.amount, class_name=["font-strong", size_of(page.amount)], role="status")
        ),
        rx.el.p(page.address, class_name="text-note text-quiet [overflow-wrap:anywhere]"),
        class_name=f"{CARD} @container flex flex-col items-center gap-3 p-6 text-center print:fixed print:inset-0 "
        "print:z-30 print:justify-center print:rounded-none print:border-0 print:bg-[#fff] print:text-[#000] "
        "print:shadow-none",
    )


def _amount() -> rx.Component:
    page = ShopsCode
    return card(
        rx.el.form(
            amount_field(
                words=page.words, problem=page.problem, limit=page.limit, on_typed=page.typed, quick=()
            ),
            submit_button("Put it into the code"),
            rx.el.p(
                "Leave it empty for a code that is good for every amount.", class_name="text-label text-quiet"
            ),
            on_submit=page.put_in,
            no_validate=True,
            class_name="flex flex-col gap-4",
        ),
        title="With an amount",
        class_name="print:hidden",
    )


def _download(label: str, address: str) -> rx.Component:
    return DownloadForm.create(
        rx.el.input(type="hidden", name="amount", value=ShopsCode.plain_amount, read_only=True),
        quiet_button(label),
        action=address,
        method="get",
    )


def _files() -> rx.Component:
    return card(
        rx.el.div(
            PrintButton.create("Print", type="button", custom_attrs={"onClick": PRINT}, class_name=SECOND),
            _download("Download PNG", "/code/qr.png"),
            _download("Download SVG", "/code/qr.svg"),
            class_name="flex flex-col gap-2",
        ),
        title="For your counter",
        class_name="print:hidden",
    )


def qr() -> rx.Component:
    return shop_page(
        columns(7, _poster()),
        columns(5, _amount(), _files()),
        title="Your QR code",
        active="/qr",
        on_focus=ShopsCode.read_again,
    )
