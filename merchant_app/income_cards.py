"""The cards of a shop's dashboard: two large figures, the newest payments, a stretch of days, and the charts."""

from __future__ import annotations

from typing import Any

import reflex as rx

from merchant_app.income_words import STRETCHES, Book, Figure
from shared_ui.chart_scale import Chart
from shared_ui.charts import TableRow, bar_chart, choices, figures_table, legend
from shared_ui.history import MoneyRow, transactions
from shared_ui.icons import icon
from shared_ui.parts import card, main_link
from shared_ui.states import empty_state
from shared_ui.texts import Text

_HIDDEN_AMOUNTS = "[[data-amounts=hidden]_&]:invisible"
_HEADINGS = ("When", "Payments", "Paid", "Refunded", "Income")


def figure_card(title: str, figure: Figure, *, test_id: str) -> rx.Component:
    """What came in, less what was given back; the change by sign and words."""
    return card(
        rx.el.div(
            rx.el.h2(title, class_name="text-label font-medium text-quiet"),
            rx.el.p(
                rx.el.span(figure.amount, custom_attrs={"data-testid": test_id}, class_name=_HIDDEN_AMOUNTS),
                style={"fontSize": figure.size},
                class_name="mt-1 flex h-12 items-center font-strong leading-none",
            ),
            rx.el.p(
                rx.match(
                    figure.direction,
                    ("more", icon("more", "mt-[2px] size-4 text-accent")),
                    ("less", icon("less", "mt-[2px] size-4 text-quiet")),
                    icon("same", "mt-[2px] size-4 text-quiet"),
                ),
                rx.el.span(figure.change, class_name=_HIDDEN_AMOUNTS),
                class_name="mt-2 flex gap-1 text-label",
            ),
            rx.el.p(figure.payments, class_name=f"mt-1 text-label text-quiet {_HIDDEN_AMOUNTS}"),
            class_name="@container",
        ),
        class_name="min-w-0",
    )


def newest_card(newest: list[MoneyRow]) -> rx.Component:
    return card(
        transactions(newest),
        rx.el.a(
            "All payments",
            href="/transactions",
            class_name="mt-2 inline-flex min-h-hit items-center rounded-card font-medium text-accent "
            "underline-offset-4 hover:underline",
        ),
        title="Newest payments",
    )


def book_card(book: Book, *, chosen: Text, on_choose: Any) -> rx.Component:  # noqa: ANN401 # Reflex's own type of an event
    """Paid, refunded and what is left, each for itself."""
    return card(
        choices(STRETCHES, chosen=chosen, on_choose=on_choose, label="Which days"),
        rx.el.p(book.days, role="status", class_name="mt-3 text-label text-quiet"),
        rx.el.dl(
            _line("Paid", book.gross, book.payments),
            _line("Refunded", book.refunded, book.refunds),
            _line("Income", book.net, "Paid less refunded", is_strong=True),
            _line("Average payment", book.average, ""),
            class_name="mt-1 divide-y divide-line",
        ),
        title="Over a longer time",
    )


def charts_card(
    days: Chart,
    day_rows: list[TableRow],
    months: Chart,
    month_rows: list[TableRow],
    *,
    sums: list[str],
) -> rx.Component:
    return card(
        rx.el.div(
            _chart(
                "Each of the last 30 days",
                legend(("Paid", sums[0], False), ("Refunded", sums[1], True)),
                bar_chart(days, name="Income by day"),
                figures_table(day_rows, caption="Income by day", headings=_HEADINGS),
            ),
            _chart(
                "Each of the last 12 months",
                legend(("Paid", sums[2], False), ("Refunded", sums[3], True)),
                bar_chart(months, name="Income by month"),
                figures_table(month_rows, caption="Income by month", headings=_HEADINGS),
            ),
            class_name="flex flex-col gap-8",
        ),
        title="Income over time",
    )


def nothing_card() -> rx.Component:
    return card(
        empty_state(
            "No payment yet",
            "Print your QR code and put it on the counter. The first payment appears here by itself.",
            main_link("Print your QR code", "/qr"),
            sign="income",
        )
    )


def _chart(title: str, *content: rx.Component) -> rx.Component:
    return rx.el.div(
        rx.el.h3(title, class_name="font-strong"), *content, class_name="flex min-w-0 flex-col gap-3"
    )


def _line(name: str, amount: str, note: str, *, is_strong: bool = False) -> rx.Component:
    weight = "font-strong" if is_strong else "font-medium"
    return rx.el.div(
        rx.el.dt(
            rx.el.span(name, class_name=f"block {weight}"),
            rx.el.span(note, class_name="block text-note text-quiet"),
        ),
        rx.el.dd(amount, class_name=f"{weight} {_HIDDEN_AMOUNTS}"),
        class_name="flex items-center justify-between gap-4 py-2",
    )
