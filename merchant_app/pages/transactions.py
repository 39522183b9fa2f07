"""Everything that happened to a shop's money, newest first: by day, filtered, searched, page by page, and as a file."""

from __future__ import annotations

import reflex as rx

from merchant_app.frame import shop_page
from merchant_app.history_words import history_row
from merchant_app.shop_state import show, show_first
from money.errors import DayRefused
from shared_db.history import Place
from shared_ui.choices import Choice
from shared_ui.frame import columns
from shared_ui.guarded import guard
from shared_ui.history_filter import Filter, FilterForm, wanted_of
from shared_ui.history_page import files_card, find_card, lines_card
from shared_ui.history_reading import AT_ONCE, MOST_SHOWN, read_on
from shared_ui.history_words import HistoryLine
from shared_ui.statement_file import months_of
from wallet.caller import Caller

_TYPES = [
    ("", "Everything"),
    ("payment", "Payments"),
    ("refund", "Refunds"),
    ("withdrawal", "To your bank"),
]


class Sales(rx.State):
    lines: list[HistoryLine] = []
    has_more: bool = False
    chosen: Filter = Filter()
    problem: str = ""
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
        self.chosen, self.problem, self.lines = Filter(), "", []
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
        self.chosen, self.lines, self._place = asked, [], Place()
        await self._read(caller, AT_ONCE)

    @guard.signed_in
    async def more(self, caller: Caller) -> None:
        await self._read(caller, AT_ONCE)


def transactions() -> rx.Component:
    return shop_page(
        columns(
            4,
            find_card(
                _TYPES,
                hint="A payer's name, a note, a reference or an amount.",
                problem=Sales.problem,
                on_choose=Sales.choose,
            ),
            files_card(Sales.chosen, Sales.months),
        ),
        columns(
            8,
            lines_card(
                Sales.lines,
                has_more=Sales.has_more,
                on_more=Sales.more,
                nothing="Payments, refunds and withdrawals stand here; choose less to see more.",
            ),
        ),
        title="Payments",
        active="/transactions",
        on_focus=Sales.come_back,
    )
