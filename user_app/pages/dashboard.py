"""Home: what one has, how it got there day by day, what happened last, and where to go from here."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Literal

import reflex as rx

from money.times import ist, kolkata_day
from shared_db.balance_history import balance_history
from shared_db.connection import Connection, with_retries
from shared_db.history import Page, Place, Wanted, page_of
from shared_ui.balance import balance_card
from shared_ui.chart_scale import Chart
from shared_ui.charts import TableRow, bar_chart, choices, figures_table, legend
from shared_ui.frame import columns
from shared_ui.guarded import guard
from shared_ui.history import MoneyRow, transactions
from shared_ui.icons import icon
from shared_ui.parts import card, main_link
from shared_ui.said import is_back
from shared_ui.services import the_services
from shared_ui.states import empty_state
from user_app.dashboard_words import RANGES, Drawing, Range, drawing_of, spans_of
from user_app.frame import wallet_page
from user_app.history_words import history_row
from user_app.wallet_state import Wallet, show, show_first
from wallet.caller import Caller

_NEWEST = 5
_SHORTCUTS = (
    ("Add money", "/transfer", "add"),
    ("Send money", "/p2ptransfer", "send"),
    ("Withdraw", "/transfer", "withdraw"),
    ("History", "/transactions", "history"),
)


class Dashboard(rx.State):
    chosen: str = Range.MONTH
    balance: Chart = Chart()
    flow: Chart = Chart()
    rows: list[TableRow] = []
    came_in: str = ""
    went_out: str = ""
    has_moved: bool = False
    newest: list[MoneyRow] = []

    async def _repaint(self, caller: Caller) -> None:
        chosen = Range(self.chosen)
        drawing, page = await with_retries(
            the_services().database, lambda connection: _read(connection, caller, chosen)
        )
        self._draw(drawing)
        self.newest = [replace(history_row(one), when=ist(one.at)) for one in page.rows]

    def _draw(self, drawing: Drawing) -> None:
        self.balance, self.flow, self.rows = drawing.balance, drawing.flow, drawing.rows
        self.came_in, self.went_out, self.has_moved = drawing.came_in, drawing.went_out, drawing.has_moved

    @guard.signed_in
    async def open(self, caller: Caller) -> None:
        if not await is_back(self):
            self.chosen = Range.MONTH
        await show_first(self, caller, Dashboard)

    @guard.signed_in
    async def come_back(self, caller: Caller) -> None:
        await show(self, caller, Dashboard)

    @guard.signed_in
    async def choose(self, caller: Caller, chosen: Literal["days_7", "days_30", "months_12"]) -> None:
        self.chosen = chosen
        await self._repaint(caller)


async def _read(connection: Connection, caller: Caller, chosen: Range) -> tuple[Drawing, Page]:
    spans = spans_of(chosen, kolkata_day(datetime.now(UTC)))
    figures = await balance_history(connection, caller.owner_id, spans)
    page = await page_of(connection, caller.owner_id, wanted=Wanted(), begin=Place(), most=_NEWEST)
    return drawing_of(chosen, figures), page


def _shortcuts() -> rx.Component:
    return rx.el.nav(
        rx.el.ul(
            *(
                rx.el.li(
                    rx.el.a(
                        rx.el.span(
                            icon(sign),
                            class_name="grid size-12 place-items-center rounded-chip bg-accent-soft text-accent",
                        ),
                        word,
                        href=href,
                        class_name="flex flex-col items-center gap-2 rounded-card py-2 text-center text-note "
                        "font-medium transition-colors hover:bg-accent-soft",
                    )
                )
                for word, href, sign in _SHORTCUTS
            ),
            class_name="grid grid-cols-4 gap-1",
        ),
        aria_label="Shortcuts",
    )


def _over_time() -> rx.Component:
    return card(
        rx.cond(
            Dashboard.has_moved | (Dashboard.chosen != Range.MONTH),
            rx.el.div(
                choices(RANGES, chosen=Dashboard.chosen, on_choose=Dashboard.choose, label="How far back"),
                _chart(
                    "Balance at the end of each day",
                    "Balance at the end of each month",
                    bar_chart(Dashboard.balance, name="Balance over time"),
                ),
                _chart(
                    "In and out, day by day",
                    "In and out, month by month",
                    legend(("In", Dashboard.came_in, False), ("Out", Dashboard.went_out, True)),
                    bar_chart(Dashboard.flow, name="Money in and out over time"),
                ),
                figures_table(
                    Dashboard.rows,
                    caption="Your money over time",
                    headings=("When", "In", "Out", "Balance"),
                ),
                class_name="flex flex-col gap-6",
            ),
            empty_state(
                "Nothing to draw yet",
                "Once money comes in, you see here how your balance changes from day to day.",
                main_link("Add your first money", "/transfer"),
                sign="income",
            ),
        ),
        title="Your money over time",
    )


def _chart(of_days: str, of_months: str, *content: rx.Component) -> rx.Component:
    return rx.el.div(
        rx.el.h3(rx.cond(Dashboard.chosen == Range.YEAR, of_months, of_days), class_name="font-strong"),
        *content,
        class_name="flex min-w-0 flex-col gap-3",
    )


def _newest() -> rx.Component:
    return card(
        rx.cond(
            Dashboard.newest,
            rx.fragment(
                transactions(Dashboard.newest),
                rx.el.a(
                    "All that happened",
                    href="/transactions",
                    class_name="mt-2 inline-flex min-h-hit items-center rounded-card font-medium text-accent "
                    "underline-offset-4 hover:underline",
                ),
            ),
            empty_state("Nothing yet", "What happens to your money stands here, the newest first."),
        ),
        title="Recently",
    )


def dashboard() -> rx.Component:
    return wallet_page(
        columns(
            12,
            rx.el.div(
                rx.el.div(
                    balance_card(
                        Wallet.balance, Wallet.on_hold, is_ready=Wallet.is_ready, hold_href="/transfer"
                    ),
                    _shortcuts(),
                    class_name="flex min-w-0 flex-col gap-4 wide:col-span-5",
                ),
                rx.el.div(_over_time(), class_name="min-w-0 wide:col-span-7 wide:row-span-2"),
                rx.el.div(_newest(), class_name="min-w-0 wide:col-span-5"),
                class_name="grid items-start gap-4 wide:grid-cols-12 wide:grid-rows-[auto_1fr] wide:gap-6",
            ),
        ),
        title=rx.cond(Wallet.is_ready, Wallet.greeting, "Home"),
        active="/dashboard",
        on_focus=Dashboard.come_back,
    )
