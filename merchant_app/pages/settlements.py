"""Settlements: the plan by which a shop's balance goes to its bank by itself, and what became of each of them."""

from __future__ import annotations

import reflex as rx

from merchant_app.frame import shop_page
from merchant_app.plan_card import SettlementPlan, plan_card
from merchant_app.settlement_words import settlement_row
from merchant_app.settling import NextSettlement, next_settlement_lines
from merchant_app.shop_state import show, show_first
from shared_db.connection import with_retries
from shared_db.settlement_screens import settlements_of
from shared_ui.fields import quiet_button
from shared_ui.frame import columns
from shared_ui.guarded import guard
from shared_ui.history import MoneyRow, transactions
from shared_ui.in_browser import PRESS_WHEN_SEEN, Sentinel
from shared_ui.parts import card
from shared_ui.said import is_back
from shared_ui.services import the_services
from shared_ui.states import empty_state
from wallet.caller import Caller

_AT_ONCE = 20
_MOST_SHOWN = 1_000


class Settlements(rx.State):
    rows: list[MoneyRow] = []
    has_more: bool = False
    _next: int | None = None

    async def _repaint(self, caller: Caller) -> None:
        """As many as are shown, at least one page."""
        as_many = max(_AT_ONCE, min(len(self.rows), _MOST_SHOWN))
        self.rows, self._next = [], None
        await self._read(caller, as_many)

    async def _read(self, caller: Caller, most: int) -> None:
        before = self._next
        found = await with_retries(
            the_services().database,
            lambda connection: settlements_of(connection, caller.owner_id, most=most, before=before),
        )
        self.rows = [*self.rows, *map(settlement_row, found)]
        self._next = found[-1].first_number if len(found) == most else None
        self.has_more = self._next is not None and len(self.rows) < _MOST_SHOWN

    @guard.signed_in
    async def open(self, caller: Caller) -> None:
        if not await is_back(self):
            self.rows = []
            (await self.get_state(SettlementPlan))._begin()
        await show_first(self, caller, Settlements, SettlementPlan, NextSettlement)

    @guard.signed_in
    async def come_back(self, caller: Caller) -> None:
        await show(self, caller, Settlements, SettlementPlan, NextSettlement)

    @guard.signed_in
    async def more(self, caller: Caller) -> None:
        if self.has_more:
            await self._read(caller, _AT_ONCE)


def _list() -> rx.Component:
    return card(
        rx.cond(
            Settlements.rows,
            transactions(Settlements.rows),
            empty_state(
                "No settlement yet",
                "Each one stands here with its payments, its sum and your bank's reference.",
            ),
        ),
        rx.cond(
            Settlements.has_more,
            Sentinel.create(
                quiet_button("Show more", on_click=Settlements.more), custom_attrs={"ref": PRESS_WHEN_SEEN}
            ),
        ),
        title="Settlements",
    )


def settlements() -> rx.Component:
    return shop_page(
        columns(5, card(next_settlement_lines(), title="Next settlement"), plan_card()),
        columns(7, _list()),
        title="Settlements",
        lead="Your balance goes to your bank by itself, once a day at most.",
        active="/withdraw",
        on_focus=Settlements.come_back,
    )
