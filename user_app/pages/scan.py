"""Paying a shop that one stands in: its code before the camera or in a picture, or its handle typed."""

from __future__ import annotations

import reflex as rx

from money.errors import NotShopsCode, ShopNotFound
from shared_ui.fields import submit_button, text_field
from shared_ui.frame import columns
from shared_ui.guard import FormData
from shared_ui.guarded import guard
from shared_ui.parts import card
from shared_ui.services import the_services
from shared_ui.texts import Text
from user_app.frame import wallet_page
from user_app.pay_words import page_of_shop
from user_app.scan_words import read_code
from user_app.scanner import scanner
from user_app.wallet_state import show, show_first
from wallet.caller import Caller
from wallet.pay_merchant import shop_with


class CodeForm(FormData):
    code: str


class HandleForm(FormData):
    handle: str


class Scanning(rx.State):
    problem: str = ""
    problem_at: str = ""
    """`code` or `handle`."""

    async def _go(self, text: str) -> object:
        """To the shop that this names. Raises NotShopsCode, ShopNotFound."""
        the = the_services()
        code = read_code(text, public_url=the.settings.user_url)
        shop = await shop_with(the.database, code.handle)
        return rx.redirect(page_of_shop(shop.handle, amount=code.amount))

    @guard.signed_in
    async def open(self, caller: Caller) -> None:
        self.problem = ""
        await show_first(self, caller)

    @guard.signed_in
    async def come_back(self, caller: Caller) -> None:
        await show(self, caller)

    @guard.signed_in
    async def read(self, _caller: Caller, form_data: CodeForm) -> object:
        self.problem, self.problem_at = "", "code"
        try:
            return await self._go(form_data.code)
        except (NotShopsCode, ShopNotFound) as refusal:
            self.problem = refusal.sentence
        return None

    @guard.signed_in
    async def type(self, _caller: Caller, form_data: HandleForm) -> object:
        """A handle, or the address that somebody was sent."""
        self.problem, self.problem_at = "", "handle"
        try:
            return await self._go(form_data.handle)
        except (NotShopsCode, ShopNotFound):
            self.problem = ShopNotFound().sentence
        return None


def _problem(at: str) -> Text:
    return rx.cond(Scanning.problem_at == at, Scanning.problem, "")


def _code() -> rx.Component:
    return card(
        scanner(problem=_problem("code"), on_read=Scanning.read),
        title="Scan the shop's code",
    )


def _handle() -> rx.Component:
    return card(
        rx.el.form(
            text_field(
                "Shop's handle",
                "handle",
                hint="It stands below the code, such as @chaipoint.",
                problem=_problem("handle"),
                max_length=300,
            ),
            submit_button("Find the shop"),
            on_submit=Scanning.type,
            no_validate=True,
            class_name="flex flex-col gap-4",
        ),
        title="Or type its handle",
    )


def scan() -> rx.Component:
    return wallet_page(
        columns(7, _code()),
        columns(5, _handle()),
        title="Pay a shop",
        active="/p2ptransfer",
        on_focus=Scanning.come_back,
    )
