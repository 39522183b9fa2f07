"""What a form for taking money out knows: the account, what is about to happen, and what is wrong with it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import reflex as rx

from money.errors import (
    AccountNumberRefused,
    IfscRefused,
    NotAnAmount,
    NotEnoughMoney,
    NotFound,
    Refusal,
)
from money.payout_accounts import masked, parse_account_number, parse_ifsc
from money.rupees import Paise, format_rupees, parse_typed_rupees
from money.words import in_words
from runtime.batcher import Busy, Unavailable
from shared_db.bank_health import health_of_banks
from shared_db.connection import Connection, with_retries
from shared_db.saved_accounts import Saved, saved_by, saved_one
from shared_db.solvency import outgoing_is_stopped
from shared_ui.bank_words import BANKS, health_note
from shared_ui.guard import FormData
from shared_ui.guarded import guard
from shared_ui.services import the_services
from shared_ui.taking_money_out import Order, ask_for, new_order, with_name
from wallet.caller import Caller

_NOT_KNOWN = (
    "We do not know whether it was taken. Press Confirm once more: it is taken once, however often you press."
)
_STOPPED = "Withdrawals are stopped for a moment while we check our books. Your money is safe."


class WithdrawForm(FormData):
    """The account's fields are missing where a saved one is chosen."""

    amount: str
    bank: Literal["hdfc", "axis"] = "hdfc"
    account_number: str = ""
    ifsc: str = ""


@dataclass(frozen=True)
class SavedRow:
    id: str
    label: str


@dataclass(frozen=True)
class Review:
    """What is about to happen, as it is read."""

    amount: str = ""
    words: str = ""
    bank: str = ""
    account: str = ""
    ifsc: str = ""
    name: str = ""
    balance_after: str = ""
    confirm: str = ""


class TakingOut(rx.State, mixin=True):
    """Each web app has a State of its own with it."""

    saved: list[SavedRow] = []
    chosen: str = ""
    """The saved account it goes to; empty: a new one."""
    bank_note: str = ""
    stopped: str = ""
    words: str = ""
    problem_at: str = ""
    """The field that is wrong; `form` where it is none of them."""
    problem: str = ""
    is_busy: bool = False
    is_reviewed: bool = False
    review: Review = Review()
    _order: Order | None = None
    _has_paise: int = 0

    async def _repaint(self, caller: Caller) -> None:
        the = the_services()
        has = await the.balances.of(caller.owner_id)
        saved, note, stopped = await with_retries(the.database, lambda one: _around(one, caller))
        self.saved = [SavedRow(str(one.id), label_of(one)) for one in saved]
        self.bank_note, self.stopped, self._has_paise = note, stopped, has.balance_paise
        if self.chosen not in {row.id for row in self.saved}:
            self.chosen = ""

    def _begin(self) -> None:
        """An empty form."""
        self.words, self.problem_at, self.problem, self.chosen = "", "", "", ""
        self.is_busy, self.is_reviewed, self._order = False, False, None

    def _refuse(self, at: str, refusal: Refusal) -> None:
        self.problem_at, self.problem, self.is_reviewed = at, refusal.sentence, False

    @guard.signed_in
    async def typed(self, _caller: Caller, amount: str) -> None:
        self.words = ""
        # An emptied field may be heard of after its form was sent, and refused: what was said about it stands.
        if not amount.strip():
            return
        if self.problem_at == "amount":
            self.problem_at = ""
        try:
            paise = _not_above(parse_typed_rupees(amount), self._has_paise)
        except (NotAnAmount, NotEnoughMoney) as refusal:
            self.problem_at, self.problem = "amount", refusal.sentence
        else:
            self.words = in_words(paise)

    @guard.signed_in
    async def choose(self, _caller: Caller, saved_id: str) -> None:
        self.chosen = saved_id if saved_id in {row.id for row in self.saved} else ""
        self.problem_at = ""

    @guard.signed_in
    async def look(self, caller: Caller, form_data: WithdrawForm) -> object:
        if self.is_busy or self.is_reviewed:
            return None
        self.problem_at = ""
        try:
            self._order = await _order(caller, form_data, self.chosen)
        except Refusal as refusal:
            self._refuse(_FIELDS.get(type(refusal), "form"), refusal)
            return None
        # The page says that it is busy before the bank is asked, which may take its time.
        self.is_busy = True
        return type(self).ask_whose_it_is

    @guard.signed_in
    async def ask_whose_it_is(self, caller: Caller) -> None:
        order = self._order
        if order is None or self.is_reviewed:
            return
        try:
            the = the_services()
            await the.throttle.money(str(caller.owner_id))
            self._order = await with_name(the, order)
            has = await the.balances.of(caller.owner_id)
            self.review = _review(self._order, has.balance_paise)
            self.is_reviewed = True
        finally:
            self.is_busy = False

    @guard.signed_in
    async def change(self, _caller: Caller) -> None:
        self.is_reviewed, self._order = False, None

    @guard.signed_in
    async def confirm(self, caller: Caller) -> object:
        if self._order is None or not self.is_reviewed:
            return None
        try:
            withdrawal_id = await ask_for(the_services(), caller, self._order)
        except Refusal as refusal:
            self._order = None
            self._refuse(_FIELDS.get(type(refusal), "form"), refusal)
            return None
        except (Busy, Unavailable):
            # The key is kept, so whatever became of it, the next press finds it.
            self.problem_at, self.problem = "confirm", _NOT_KNOWN
            return None
        self._begin()
        return rx.redirect(f"/withdrawal?id={withdrawal_id}")


def label_of(one: Saved) -> str:
    """A saved account as it is chosen."""
    name = f", {one.registered_name}" if one.registered_name else ""
    return f"{BANKS[one.bank]} {masked(one.account_number)}{name}"


_FIELDS: dict[type[Refusal], str] = {
    NotAnAmount: "amount",
    NotEnoughMoney: "amount",
    AccountNumberRefused: "account_number",
    IfscRefused: "ifsc",
}


async def _around(connection: Connection, caller: Caller) -> tuple[list[Saved], str, str]:
    note = health_note(await health_of_banks(connection))
    stopped = _STOPPED if await outgoing_is_stopped(connection) else ""
    return await saved_by(connection, caller.owner_id), note, stopped


async def _order(caller: Caller, form: WithdrawForm, chosen: str) -> Order:
    """What the form asks for. Raises NotAnAmount, NotEnoughMoney, AccountNumberRefused, IfscRefused or NotFound."""
    the = the_services()
    has = await the.balances.of(caller.owner_id)
    amount = _not_above(parse_typed_rupees(form.amount), has.balance_paise)
    if not chosen:
        return new_order(form.bank, parse_account_number(form.account_number), parse_ifsc(form.ifsc), amount)
    saved = await with_retries(
        the.database, lambda connection: saved_one(connection, caller.owner_id, chosen)
    )
    if saved is None:
        raise NotFound
    return new_order(saved.bank, saved.account_number, saved.ifsc, amount)


def _not_above(amount: Paise, has_paise: int) -> Paise:
    if amount > has_paise:
        raise NotEnoughMoney
    return amount


def _review(order: Order, balance_paise: int) -> Review:
    amount = format_rupees(order.amount_paise)
    bank = BANKS[order.bank]
    return Review(
        amount=amount,
        words=in_words(order.amount_paise),
        bank=bank,
        account=" ".join(_fours(order.account_number)),
        ifsc=order.ifsc,
        name=order.registered_name or "",
        balance_after=format_rupees(balance_paise - order.amount_paise),
        confirm=f"Confirm, {amount} to {bank} {masked(order.account_number)}",
    )


def _fours(digits: str) -> list[str]:
    return [digits[at : at + 4] for at in range(0, len(digits), 4)]
