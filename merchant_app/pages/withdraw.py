"""What a shop has, taken out to its bank by hand, and what became of each withdrawal."""

from __future__ import annotations

from dataclasses import replace

import reflex as rx

from merchant_app.frame import shop_page
from merchant_app.settlement_words import SHOP_PURSE
from merchant_app.settling import NextSettlement, next_settlement_card
from merchant_app.shop_state import Shop, show, show_first
from shared_db.connection import Connection, with_retries
from shared_db.settlement_screens import settlements_among
from shared_db.withdrawal_history import OwnWithdrawal, withdrawals_of
from shared_ui.balance import balance_card
from shared_ui.bank_accounts_card import KeptAccounts, bank_accounts_card
from shared_ui.frame import columns
from shared_ui.guarded import guard
from shared_ui.history import MoneyRow, transactions
from shared_ui.parts import card
from shared_ui.said import is_back
from shared_ui.services import the_services
from shared_ui.states import empty_state
from shared_ui.withdraw_card import withdraw_card
from shared_ui.withdraw_state import TakingOut
from shared_ui.withdrawal_words import withdrawal_row
from wallet.caller import Caller

_SHOWN = 20


class TakeOut(TakingOut, rx.State):
    """A shop's."""


class BankAccounts(KeptAccounts, rx.State):
    """A shop's."""


class Withdraw(rx.State):
    rows: list[MoneyRow] = []

    async def _repaint(self, caller: Caller) -> None:
        self.rows = await with_retries(
            the_services().database, lambda connection: _latest(connection, caller)
        )

    @guard.signed_in
    async def open(self, caller: Caller) -> None:
        taking_out = await self.get_state(TakeOut)
        taking_out.is_busy = False
        if not await is_back(self):
            taking_out._begin()
        await show_first(self, caller, Withdraw, TakeOut, BankAccounts, NextSettlement)

    @guard.signed_in
    async def come_back(self, caller: Caller) -> None:
        await show(self, caller, Withdraw, TakeOut, BankAccounts, NextSettlement)


async def _latest(connection: Connection, caller: Caller) -> list[MoneyRow]:
    """The newest first; a settlement leads to what it covers."""
    found = await withdrawals_of(connection, caller.owner_id, most=_SHOWN)
    settled = await settlements_among(connection, caller.owner_id, [one.id for one in found])
    return [_row(one, is_settlement=one.id in settled) for one in found]


def _row(one: OwnWithdrawal, *, is_settlement: bool) -> MoneyRow:
    row = withdrawal_row(one, purse=SHOP_PURSE)
    if not is_settlement:
        return row
    return replace(row, note=f"Settlement: {row.note}", href=f"/settlements/{one.id}")


def _history() -> rx.Component:
    return card(
        rx.cond(
            Withdraw.rows,
            transactions(Withdraw.rows),
            empty_state(
                "Nothing yet", "What you take out, and every settlement, stands here with what became of it."
            ),
        ),
        title="To your bank",
    )


def withdraw() -> rx.Component:
    return shop_page(
        columns(5, balance_card(Shop.balance, Shop.on_hold, is_ready=Shop.is_ready), next_settlement_card()),
        columns(
            7,
            withdraw_card(TakeOut, has=Shop.balance, purse=SHOP_PURSE, removed="below"),
            _history(),
            bank_accounts_card(BankAccounts),
        ),
        title="Withdraw",
        active="/withdraw",
        on_focus=Withdraw.come_back,
    )
