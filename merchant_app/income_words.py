"""How the dashboard puts a shop's income into words: two large figures, a stretch of days, and two charts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from money.balance_history import Span
from money.income import Income, Stretch
from money.rupees import format_rupees
from money.times import day_words, month_words
from shared_ui.chart_scale import Chart, Point, drawn
from shared_ui.charts import TableRow

STRETCHES = [
    (Stretch.WEEK.value, "This week"),
    (Stretch.MONTH.value, "This month"),
    (Stretch.QUARTER.value, "This quarter"),
    (Stretch.YEAR.value, "This financial year"),
]
_WIDTH_OF_DIGITS = 150
"""A digit is about two thirds as wide as high: so many hundredths of a width hold one as high as it is wide."""
_DAYS_BETWEEN_LABELS, _MONTHS_BETWEEN_LABELS = 7, 2


@dataclass(frozen=True)
class Figure:
    """What came in lately, and how that is against what came in before it."""

    amount: str = ""
    size: str = ""
    """Of its letters, so that it fits into the width it has."""
    direction: str = ""
    """`more`, `less` or `same`."""
    change: str = ""
    payments: str = ""


@dataclass(frozen=True)
class Book:
    """A stretch of days: what was paid, what was given back, and what is left of it."""

    days: str = ""
    gross: str = ""
    refunded: str = ""
    net: str = ""
    payments: str = ""
    refunds: str = ""
    average: str = ""


class Drawing(NamedTuple):
    """One chart, the sums of what it draws, and the table that says the same."""

    chart: Chart
    rows: list[TableRow]
    gross: str
    refunded: str


def today_of(today: Income, yesterday: Income) -> Figure:
    return _figure(today, yesterday, "yesterday in all")


def month_of(month: Income, before: Income) -> Figure:
    return _figure(month, before, days_of(before.span))


def days_of(span: Span) -> str:
    """`1 to 28 Oct 2026`, `1 Apr to 28 Nov 2026`; the year stands where it is needed."""
    first, last = span
    if first == last:
        return day_words(last)
    if first.year != last.year:
        return f"{day_words(first)} to {day_words(last)}"
    month = "" if first.month == last.month else f" {first:%b}"
    return f"{first.day}{month} to {day_words(last)}"


def book_of(one: Income) -> Book:
    return Book(
        days=days_of(one.span),
        gross=format_rupees(one.gross_paise),
        refunded=format_rupees(-one.refunded_paise),
        net=format_rupees(one.net_paise),
        payments=payments_words(one.payments),
        refunds=_counted(one.refunds, "refund"),
        average=format_rupees(one.average_paise),
    )


def days_drawn(figures: Sequence[Income]) -> Drawing:
    """The last of them is today."""
    labels = [_day_label(one.span.first_day, len(figures) - 1 - place) for place, one in enumerate(figures)]
    names = [day_words(one.span.first_day) for one in figures]
    return _drawn(figures, "day", names, [*names[:-1], f"Today, {names[-1]}"], labels)


def months_drawn(figures: Sequence[Income]) -> Drawing:
    """The last of them is this one, so far."""
    labels = [
        f"{one.span.first_day:%b}" if (len(figures) - 1 - place) % _MONTHS_BETWEEN_LABELS == 0 else ""
        for place, one in enumerate(figures)
    ]
    names = [month_words(one.span.first_day) for one in figures]
    short = [f"{one.span.first_day:%b %Y}" for one in figures]
    return _drawn(figures, "month", short, [*names[:-1], f"{names[-1]}, so far"], labels)


def payments_words(count: int) -> str:
    """`No payments`, `1 payment`, `12 payments`."""
    return _counted(count, "payment")


def size_within(amount: str, most: str) -> str:
    """A size of letters: this much at most, and no more than lets all of them stand in their `@container`."""
    return f"min({most}, calc({_WIDTH_OF_DIGITS}cqw / {len(amount)}))"


def _figure(now: Income, before: Income, when: str) -> Figure:
    than = f"{when} ({format_rupees(before.net_paise)})"
    apart = now.net_paise - before.net_paise
    if not apart:
        direction, change = "same", f"As much as {than}"
    else:
        direction = "more" if apart > 0 else "less"
        change = f"{format_rupees(abs(apart))} {direction} than {than}"
    average = f", {format_rupees(now.average_paise)} on average" if now.payments else ""
    amount = format_rupees(now.net_paise)
    return Figure(
        amount, size_within(amount, "2.75rem"), direction, change, payments_words(now.payments) + average
    )


def _drawn(
    figures: Sequence[Income],
    step: str,
    short_names: Sequence[str],
    names: Sequence[str],
    labels: Sequence[str],
) -> Drawing:
    gross = format_rupees(sum(one.gross_paise for one in figures))
    refunded = format_rupees(sum(one.refunded_paise for one in figures))
    net = format_rupees(sum(one.net_paise for one in figures))
    points = [
        Point(name, label, _told(one), one.gross_paise, one.refunded_paise)
        for name, label, one in zip(names, labels, figures, strict=True)
    ]
    summary = f"Income of each {step} from {short_names[0]} to today: {gross} paid, {refunded} refunded, {net} in all."
    rows = [
        TableRow(
            name,
            [
                str(one.payments),
                *(format_rupees(paise) for paise in (one.gross_paise, one.refunded_paise, one.net_paise)),
            ],
        )
        for name, one in zip(short_names, figures, strict=True)
    ]
    return Drawing(drawn(points, key=f"income by {step}", summary=summary), rows[::-1], gross, refunded)


def _told(one: Income) -> str:
    if not one.refunded_paise:
        return f"{format_rupees(one.gross_paise)} from {payments_words(one.payments).lower()}"
    return f"{format_rupees(one.gross_paise)} paid, {format_rupees(one.refunded_paise)} refunded"


def _day_label(day: date, ago: int) -> str:
    """As many as a narrow phone has room for."""
    if ago % _DAYS_BETWEEN_LABELS:
        return ""
    return f"{day.day} {day:%b}" if ago else "Today"


def _counted(count: int, thing: str) -> str:
    if not count:
        return f"No {thing}s"
    return f"{count} {thing}{'' if count == 1 else 's'}"
