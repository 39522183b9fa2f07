"""The counter on a shop's table: the last payment as large as it goes, today's sum, the last few, and a voice."""

from __future__ import annotations

from datetime import UTC, datetime

import reflex as rx

from merchant_app.announcing import AnnounceSelect, CounterScreen, PaymentList, ScreenButton, SwitchButton
from merchant_app.at_midnight import at_midnight
from merchant_app.counter_words import CounterRow, Largest, counter_row, largest
from merchant_app.income_words import payments_words
from merchant_app.shop_state import Shop, show, show_first
from money.activity import Activity
from money.balance_history import days_until
from money.income import Income
from money.rupees import format_rupees
from money.times import kolkata_day
from shared_db.connection import Connection, with_retries
from shared_db.history import Page, Place, Wanted, page_of
from shared_db.income import income_of
from shared_ui.guarded import guard
from shared_ui.icons import icon, mark
from shared_ui.said import Said
from shared_ui.services import the_services
from shared_ui.states import ended_cover, loading
from wallet.caller import Caller

_KEPT = 30
"""So many may arrive at once, or while there is no connection, and each is still announced."""
_PAYMENTS = Wanted(activities=frozenset({Activity.PAYMENT}))
_ON_CARD = (
    "inline-flex min-h-hit items-center justify-center gap-2 rounded-card border border-hero-quiet px-4 text-label "
    "font-strong outline-hero-ink transition-opacity hover:opacity-80"
)


class Counter(rx.State):
    shop: str = ""
    newest: str = ""
    """The highest running number; empty until it is known."""
    last: Largest = Largest()
    today: str = ""
    count: str = ""
    rows: list[CounterRow] = []

    async def _repaint(self, caller: Caller) -> None:
        today, page = await with_retries(
            the_services().database, lambda connection: _read(connection, caller)
        )
        self.last = largest(page.rows[0]) if page.rows else Largest()
        self.today, self.count = format_rupees(today.gross_paise), payments_words(today.payments)
        self.rows = [counter_row(one) for one in page.rows]
        self.newest = self.rows[0].number if self.rows else "0"
        self.shop = (await self.get_state(Shop)).handle

    @guard.signed_in
    async def open(self, caller: Caller) -> None:
        await show_first(self, caller, Counter)

    @guard.signed_in
    async def read_again(self, caller: Caller) -> None:
        await show(self, caller, Counter)


async def _read(connection: Connection, caller: Caller) -> tuple[Income, Page]:
    [today] = await income_of(connection, caller.owner_id, days_until(kolkata_day(datetime.now(UTC)), 1))
    page = await page_of(connection, caller.owner_id, wanted=_PAYMENTS, begin=Place(), most=_KEPT)
    return today, page


def _top() -> rx.Component:
    return rx.el.header(
        rx.el.div(
            mark("size-8"),
            rx.el.h1(Shop.name, class_name="min-w-0 grow truncate text-title font-strong"),
            ScreenButton.create("Full screen", class_name=f"{_ON_CARD} max-[639px]:hidden"),
            rx.el.a("Leave", href="/dashboard", class_name=_ON_CARD),
            class_name="flex min-w-0 items-center gap-3",
        ),
        rx.el.div(
            rx.el.label("Announce", html_for="field-announce", class_name="sr-only"),
            rx.el.div(
                AnnounceSelect.create(
                    rx.el.option("In English", value="en-IN"),
                    rx.el.option("In Hindi (हिन्दी)", value="hi-IN"),
                    rx.el.option("By a sound only", value=""),
                    class_name=f"{_ON_CARD} w-full appearance-none bg-hero pr-12",
                ),
                icon("down", "pointer-events-none absolute right-3 top-3 size-5"),
                class_name="relative min-w-0 grow tablet:grow-0",
            ),
            SwitchButton.create(
                rx.el.span("Start announcing", class_name="[[data-counter=on]_&]:hidden"),
                rx.el.span("Stop announcing", class_name="hidden [[data-counter=on]_&]:inline"),
                class_name=f"{_ON_CARD} shrink-0 bg-hero-ink text-hero",
            ),
            class_name="mt-3 flex items-center gap-2 wide:justify-end",
        ),
    )


def _newest_payment() -> rx.Component:
    return rx.el.div(
        rx.cond(
            Counter.last.amount != "",
            rx.el.div(
                rx.el.p("Last payment", class_name="text-title text-hero-quiet"),
                rx.el.p(
                    Counter.last.amount,
                    style={"fontSize": Counter.last.size},
                    class_name="font-strong leading-none",
                ),
                rx.el.p(
                    rx.el.span("from ", class_name="text-hero-quiet"),
                    Counter.last.who,
                    class_name="mt-2 max-w-full text-heading font-medium [overflow-wrap:anywhere]",
                ),
                rx.cond(
                    Counter.last.note != "",
                    rx.el.p(Counter.last.note, class_name="max-w-full text-title [overflow-wrap:anywhere]"),
                ),
                rx.el.p(Counter.last.when, class_name="text-title text-hero-quiet"),
                key=Counter.newest,
                class_name="arriving flex w-full flex-col items-center gap-2",
            ),
            rx.el.div(
                rx.el.p("Waiting for the first payment", class_name="text-heading font-strong"),
                rx.el.p(
                    "It appears here by itself as soon as somebody has paid.",
                    class_name="mt-1 text-hero-quiet",
                ),
                rx.el.a("Print your QR code", href="/qr", class_name=f"{_ON_CARD} mt-4"),
            ),
        ),
        role="status",
        aria_atomic="true",
        class_name="@container flex w-full grow flex-col items-center justify-center py-6 text-center",
    )


def _today() -> rx.Component:
    return rx.el.section(
        rx.el.h2("Paid today", class_name="text-label font-medium text-hero-quiet"),
        rx.el.p(
            rx.el.span(Counter.today, class_name="text-heading font-strong"),
            rx.el.span(Counter.count, class_name="text-hero-quiet"),
            class_name="flex flex-wrap items-baseline justify-between gap-x-4",
        ),
        PaymentList.create(
            rx.foreach(Counter.rows, _row),
            shop=Counter.shop,
            newest=Counter.newest,
            class_name="mt-2 [&>li:nth-child(n+6)]:hidden",
        ),
        class_name="w-full rounded-card border border-hero-quiet p-4 wide:w-96 wide:shrink-0",
    )


def _row(row: CounterRow) -> rx.Component:
    return rx.el.li(
        rx.el.span(
            rx.el.span(row.who, class_name="block truncate font-medium"),
            rx.el.span(row.when, class_name="block text-note text-hero-quiet"),
            class_name="min-w-0",
        ),
        rx.el.span(row.amount, class_name="shrink-0 font-strong"),
        key=row.number,
        custom_attrs={
            "data-testid": "transaction",
            "data-number": row.number,
            "data-english": row.english,
            "data-hindi": row.hindi,
        },
        class_name="flex items-center justify-between gap-4 border-t border-hero-glow py-3 first:border-t-0",
    )


def counter() -> rx.Component:
    return rx.fragment(
        rx.window_event_listener(on_focus=Counter.read_again),
        rx.cond(
            Said.has_ended,
            ended_cover("/login"),
            CounterScreen.create(
                at_midnight(Counter.read_again),
                rx.cond(
                    Shop.is_ready,
                    rx.fragment(
                        _top(),
                        rx.el.main(
                            _newest_payment(),
                            _today(),
                            id="main",
                            tab_index=-1,
                            class_name="flex grow flex-col items-center gap-6 outline-none wide:flex-row",
                        ),
                    ),
                    loading(rx.el.p("Opening the counter", class_name="text-hero-quiet")),
                ),
                class_name="flex min-h-dvh flex-col gap-4 bg-hero p-4 pb-[calc(16px+env(safe-area-inset-bottom))] "
                "pt-[calc(16px+env(safe-area-inset-top))] text-hero-ink wide:p-6",
            ),
        ),
    )
