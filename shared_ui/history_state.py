"""What a page that shows a history knows: what was looked for, the rows so far, and where the next ones begin."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal
from uuid import uuid4

import reflex as rx

from money.errors import DayRefused
from shared_db.history import Place
from shared_db.history_rows import Happened
from shared_ui.choices import Choice
from shared_ui.guarded import guard
from shared_ui.history import MoneyRow
from shared_ui.history_filter import Filter, FilterForm, count_of, wanted_of
from shared_ui.history_reading import AT_ONCE, MOST_SHOWN, read_on
from shared_ui.history_words import HistoryLine
from shared_ui.said import is_back
from shared_ui.statement_file import months_of
from wallet.caller import Caller


class ReadingHistory(rx.State, mixin=True):
    """Each web app has a State of its own with it, and opens it."""

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

    def _row_of(self) -> Callable[[Happened], MoneyRow]:
        """How this app says what happened."""
        raise NotImplementedError

    async def _arrive(self, caller: Caller) -> None:
        if not await is_back(self):
            self.chosen, self.count, self.problem, self.lines = Filter(), "", "", []
            self.unfolded, self.visit = "", self.visit or uuid4().hex
        self.months = await months_of(caller)

    async def _repaint(self, caller: Caller) -> None:
        """As many as are shown, at least one page."""
        as_many = max(AT_ONCE, min(len(self.lines), MOST_SHOWN))
        self.lines, self._place = [], Place()
        await self._read(caller, as_many)

    async def _read(self, caller: Caller, most: int) -> None:
        self.lines, self._place = await read_on(
            caller, self.chosen, shown=self.lines, place=self._place, most=most, row_of=self._row_of()
        )
        self.has_more = self._place is not None and len(self.lines) < MOST_SHOWN

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
