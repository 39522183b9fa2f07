"""Everything that happened to a shop's money, newest first: by day, filtered, searched, page by page, and as a file."""

from __future__ import annotations

from typing import Literal
from uuid import uuid4

import reflex as rx

from merchant_app.frame import shop_page
from merchant_app.history_words import history_row
from merchant_app.shop_state import show, show_first
from money.errors import DayRefused
from shared_db.history import Place
from shared_ui.choices import Choice
from shared_ui.frame import columns
from shared_ui.guarded import guard
from shared_ui.history_filter import Filter, FilterForm, count_of, wanted_of
from shared_ui.history_page import Folds, files_card, find_card, lines_card
from shared_ui.history_reading import AT_ONCE, MOST_SHOWN, read_on
from shared_ui.history_words import HistoryLine
from shared_ui.parts import second_link
from shared_ui.said import is_back
from shared_ui.statement_file import months_of
from shared_ui.states import empty_state
from wallet.caller import Caller

_TYPES = [
    ("", "Everything"),
    ("payment", "Payments"),
    ("refund", "Refunds"),
    ("withdrawal", "To your bank"),
    ("settlement", "Settlements"),
]


class Sales(rx.State):
    lines: list[HistoryLine] = []
    has_more: bool = False
    chosen: Filter = Filter()
    count: str = ""
    """How much of the filter is in use; empty: nothing."""
    problem: str = ""
    unfolded: str = ""
    """What a phone shows of `filter` and `files`; at most one."""
    visit: str = ""
    """Of this memory of ours: where it was lost, the form begins anew with it."""
    months: list[Choice] = []
    _place: Place | None = None

    async def _repaint(self, caller: Caller) -> None:
        """As many as are shown, at least one page."""
        as_many = max(AT_ONCE, min(len(self.lines), MOST_SHOWN))
        self.lines, self._place = [], Place()
        await self._read(caller, as_many)

    async def _read(self, caller: Caller, most: int) -> None:
        self.lines, self._place = await read_on(
            caller, self.chosen, shown=self.lines, place=self._place, most=most, row_of=history_row
        )
        self.has_more = self._place is not None and len(self.lines) < MOST_SHOWN

    @guard.signed_in
    async def open(self, caller: Caller) -> None:
        if not await is_back(self):
            self.chosen, self.count, self.problem, self.lines = Filter(), "", "", []
            self.unfolded, self.visit = "", self.visit or uuid4().hex
        self.months = await months_of(caller)
        await show_first(self, caller, Sales)

    @guard.signed_in
    async def come_back(self, caller: Caller) -> None:
        await show(self, caller, Sales)

    @guard.signed_in
    async def choose(self, caller: Caller, form_data: FilterForm) -> None:
        self.problem = ""
        try:
            wanted_of(asked := Filter(**form_data.model_dump()))
        except DayRefused as refusal:
            self.problem = refusal.sentence
            return
        self.chosen, self.count, self.unfolded = asked, count_of(asked), ""
        self.lines, self._place = [], Place()
        await self._read(caller, AT_ONCE)

    @guard.signed_in
    async def unfold(self, _caller: Caller, part: Literal["filter", "files"]) -> None:
        self.unfolded = "" if self.unfolded == part else part

    @guard.signed_in
    async def more(self, caller: Caller) -> None:
        await self._read(caller, AT_ONCE)


def transactions() -> rx.Component:
    folds = Folds(Sales.unfolded, Sales.unfold)
    return shop_page(
        columns(
            4,
            find_card(
                _TYPES,
                hint="A payer's name, a note, a reference or an amount.",
                problem=Sales.problem,
                count=Sales.count,
                visit=Sales.visit,
                folds=folds,
                on_choose=Sales.choose,
            ),
            files_card(Sales.chosen, Sales.months, folds=folds),
        ),
        columns(
            8,
            lines_card(
                Sales.lines,
                has_more=Sales.has_more,
                on_more=Sales.more,
                chosen=Sales.chosen,
                count=Sales.count,
                nothing_yet=empty_state(
                    "Nothing here yet",
                    "Payments, refunds and withdrawals stand here.",
                    second_link("Print your QR code", "/qr"),
                ),
            ),
        ),
        title="Payments",
        active="/transactions",
        on_focus=Sales.come_back,
    )
