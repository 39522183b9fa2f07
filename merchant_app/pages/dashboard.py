"""What came in: today and this month, over days and months, in any stretch of them, and the newest payments."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Literal

import reflex as rx

from merchant_app.at_midnight import at_midnight
from merchant_app.frame import shop_page
from merchant_app.history_words import history_row
from merchant_app.income_cards import book_card, charts_card, figure_card, newest_card, nothing_card
from merchant_app.income_words import (
    Book,
    Drawing,
    Figure,
    book_of,
    days_drawn,
    month_of,
    months_drawn,
    today_of,
)
from merchant_app.shop_state import Shop, show, show_first
from money.activity import Activity
from money.income import DAYS, Spans, Stretch, spans_of
from money.income import Income as Took
from money.times import ist, kolkata_day
from shared_db.connection import Connection, with_retries
from shared_db.history import Page, Place, Wanted, page_of
from shared_db.income import income_of
from shared_ui.balance import balance_card, on_card_link
from shared_ui.chart_scale import Chart
from shared_ui.charts import TableRow
from shared_ui.frame import columns
from shared_ui.guarded import guard
from shared_ui.history import MoneyRow
from shared_ui.said import is_back
from shared_ui.services import the_services
from wallet.caller import Caller

_NEWEST = 5
_PAYMENTS = Wanted(activities=frozenset({Activity.PAYMENT}))


class Income(rx.State):
    has_income: bool = False
    today: Figure = Figure()
    month: Figure = Figure()
    chosen: str = Stretch.MONTH
    book: Book = Book()
    newest: list[MoneyRow] = []
    days: Chart = Chart()
    months: Chart = Chart()
    day_rows: list[TableRow] = []
    month_rows: list[TableRow] = []
    sums: list[str] = ["", "", "", ""]
    """Paid and refunded in all of the days, and of the months."""

    async def _repaint(self, caller: Caller) -> None:
        spans = spans_of(kolkata_day(datetime.now(UTC)), Stretch(self.chosen))
        figures, page = await with_retries(
            the_services().database, lambda connection: read(connection, caller, spans)
        )
        self._draw(figures)
        self.newest = [replace(history_row(one), when=ist(one.at)) for one in page.rows]
        self.has_income = bool(page.rows)

    def _draw(self, figures: list[Took]) -> None:
        today, yesterday, month, month_before, stretch, *drawn = figures
        self.today, self.month = today_of(today, yesterday), month_of(month, month_before)
        self.book = book_of(stretch)
        days, months = days_drawn(drawn[:DAYS]), months_drawn(drawn[DAYS:])
        self.days, self.day_rows = days.chart, days.rows
        self.months, self.month_rows = months.chart, months.rows
        self.sums = [*_sums(days), *_sums(months)]

    @guard.signed_in
    async def open(self, caller: Caller) -> None:
        if not await is_back(self):
            self.chosen = Stretch.MONTH
        await show_first(self, caller, Income)

    @guard.signed_in
    async def read_again(self, caller: Caller) -> None:
        await show(self, caller, Income)

    @guard.signed_in
    async def choose(self, caller: Caller, chosen: Literal["week", "month", "quarter", "year"]) -> None:
        self.chosen = chosen
        await self._repaint(caller)


async def read(connection: Connection, caller: Caller, spans: Spans) -> tuple[list[Took], Page]:
    """All that the page shows of the shop's income, and its newest payments."""
    figures = await income_of(connection, caller.owner_id, spans.all())
    page = await page_of(connection, caller.owner_id, wanted=_PAYMENTS, begin=Place(), most=_NEWEST)
    return figures, page


def _sums(drawing: Drawing) -> tuple[str, str]:
    return drawing.gross, drawing.refunded


def dashboard() -> rx.Component:
    return shop_page(
        at_midnight(Income.read_again),
        columns(
            5,
            balance_card(
                Shop.balance,
                Shop.on_hold,
                is_ready=Shop.is_ready,
                actions=(on_card_link("Open the counter", "/counter"),),
                class_name="grow",
            ),
        ),
        columns(
            7,
            rx.el.div(
                figure_card("Today", Income.today, test_id="income-today"),
                figure_card("This month", Income.month, test_id="income-month"),
                class_name="grid grow gap-4 tablet:grid-cols-2",
            ),
        ),
        rx.cond(
            Income.has_income,
            rx.fragment(
                columns(
                    5,
                    newest_card(Income.newest),
                    book_card(Income.book, chosen=Income.chosen, on_choose=Income.choose),
                ),
                columns(
                    7,
                    charts_card(
                        Income.days, Income.day_rows, Income.months, Income.month_rows, sums=Income.sums
                    ),
                ),
            ),
            columns(12, nothing_card()),
        ),
        title="Income",
        active="/dashboard",
        on_focus=Income.read_again,
    )
