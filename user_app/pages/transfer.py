"""Balance, adding money, taking it out, and what became of every attempt."""

from __future__ import annotations

import heapq
from typing import Literal

import reflex as rx

from money.errors import AmountAboveLimit, BankNotReachable, NotAnAmount
from money.rupees import Paise, format_rupees, parse_typed_rupees
from money.words import in_words
from settings import settings
from shared_db.connection import Connection, with_retries
from shared_db.on_ramp_history import attempts_of
from shared_db.withdrawal_history import withdrawals_of
from shared_ui.balance import balance_card
from shared_ui.bank_words import BANKS
from shared_ui.fields import amount_field, bank_picker, submit_button
from shared_ui.frame import columns
from shared_ui.guard import FormData
from shared_ui.guarded import guard
from shared_ui.history import MoneyRow, transactions
from shared_ui.parts import card
from shared_ui.said import is_back
from shared_ui.services import the_services
from shared_ui.states import empty_state
from shared_ui.withdraw_card import withdraw_card
from shared_ui.withdrawal_words import withdrawal_row
from user_app.adding_money import start_on_ramp_of
from user_app.frame import wallet_page
from user_app.wallet_state import Wallet, show, show_first
from user_app.withdraw_state import TakeOut
from user_app.words import attempt_row
from wallet.caller import Caller

_SHOWN = 20


class AddMoneyForm(FormData):
    amount: str
    bank: Literal["hdfc", "axis"]


class Transfer(rx.State):
    attempts: list[MoneyRow] = []
    words: str = ""
    problem: str = ""
    bank_problem: str = ""
    limit: str = ""
    is_busy: bool = False
    _asked: tuple[int, str] | None = None

    async def _repaint(self, caller: Caller) -> None:
        the = the_services()
        self.limit = f"Up to {format_rupees(the.settings.on_ramp_limit_paise)} at once."
        self.attempts = await with_retries(the.database, lambda connection: _latest(connection, caller))

    @guard.signed_in
    async def open(self, caller: Caller) -> None:
        taking_out = await self.get_state(TakeOut)
        # Whoever comes back from the bank by the browser's own button only connects again.
        self.is_busy = taking_out.is_busy = False
        if not await is_back(self):
            self.words, self.problem, self.bank_problem = "", "", ""
            taking_out._begin()
        await show_first(self, caller, Transfer, TakeOut)

    @guard.signed_in
    async def come_back(self, caller: Caller) -> None:
        await show(self, caller, Transfer, TakeOut)

    @guard.signed_in
    async def typed(self, _caller: Caller, amount: str) -> None:
        self.words = ""
        # An emptied field may be heard of after its form was sent, and refused: what was said about it stands.
        if amount.strip():
            self.words, self.problem = _read(amount)

    @guard.signed_in
    async def start(self, _caller: Caller, form_data: AddMoneyForm) -> object:
        self.bank_problem = ""
        self.words, self.problem = _read(form_data.amount)
        if self.problem or self.is_busy:
            return None
        # The page says that it is busy before the bank is asked, which may take its time.
        self._asked = (parse_typed_rupees(form_data.amount), form_data.bank)
        self.is_busy = True
        return Transfer.ask_the_bank

    @guard.signed_in
    async def ask_the_bank(self, caller: Caller) -> object:
        asked, self._asked = self._asked, None
        if asked is None:
            return None
        # Busy until the browser is at the bank: a second press that waits behind this one starts nothing.
        leaves = False
        try:
            await the_services().throttle.money(str(caller.owner_id))
            row = await start_on_ramp_of(the_services(), caller, bank=asked[1], amount_paise=Paise(asked[0]))
            leaves = True
        except BankNotReachable as refusal:
            self.bank_problem = refusal.sentence
            return None
        finally:
            self.is_busy = leaves
        assert row.redirect_url, "a started on-ramp has the bank's page"
        return rx.redirect(row.redirect_url)


async def _latest(connection: Connection, caller: Caller) -> list[MoneyRow]:
    """What came from banks and went to them, the newest first."""
    added = await attempts_of(connection, caller.owner_id, most=_SHOWN)
    taken_out = await withdrawals_of(connection, caller.owner_id, most=_SHOWN)
    rows = [(one.created_at, attempt_row(one)) for one in added]
    rows += [(one.created_at, withdrawal_row(one)) for one in taken_out]
    return [row for _, row in heapq.nlargest(_SHOWN, rows, key=lambda row: row[0])]


def _read(amount: str) -> tuple[str, str]:
    """An amount in words, and what is wrong with it."""
    limit_paise = settings().on_ramp_limit_paise
    try:
        paise = parse_typed_rupees(amount)
    except NotAnAmount as refusal:
        return "", refusal.sentence
    if paise > limit_paise:
        return "", f"{AmountAboveLimit(limit_paise).sentence} At most {format_rupees(limit_paise)}."
    return in_words(paise), ""


def _add_money() -> rx.Component:
    return card(
        rx.el.form(
            amount_field(
                words=Transfer.words, problem=Transfer.problem, limit=Transfer.limit, on_typed=Transfer.typed
            ),
            bank_picker(list(BANKS.items()), problem=Transfer.bank_problem),
            submit_button("Add money", is_busy=Transfer.is_busy),
            on_submit=Transfer.start,
            no_validate=True,
            class_name="flex flex-col gap-4",
        ),
        title="Add money",
    )


def _history() -> rx.Component:
    return card(
        rx.cond(
            Transfer.attempts,
            transactions(Transfer.attempts),
            empty_state("Nothing yet", "What you add and take out stands here, with what became of it."),
        ),
        title="From and to your banks",
    )


def transfer() -> rx.Component:
    return wallet_page(
        columns(
            5,
            balance_card(
                Wallet.balance,
                Wallet.on_hold,
                is_ready=Wallet.is_ready,
                note=rx.cond(Wallet.is_frozen, "Frozen: nothing leaves it", ""),
            ),
            _add_money(),
        ),
        columns(7, withdraw_card(TakeOut, has=Wallet.balance), _history()),
        title=rx.cond(Wallet.is_ready, Wallet.greeting, "Your wallet"),
        active="/transfer",
        on_focus=Transfer.come_back,
    )
