"""How the dashboard puts an owner's figures into words: two charts, and the table that says the same."""

from __future__ import annotations

import enum
from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from money.balance_history import Figures, Span, days_until, months_until
from money.rupees import format_rupees
from money.times import day_words, month_words
from shared_ui.chart_scale import Chart, Point, drawn
from shared_ui.charts import TableRow

_DAYS_BETWEEN_LABELS, _MONTHS_BETWEEN_LABELS = 7, 2


class Range(enum.StrEnum):
    """How far back one looks."""

    WEEK = "days_7"
    MONTH = "days_30"
    YEAR = "months_12"


RANGES = [(Range.WEEK.value, "7 days"), (Range.MONTH.value, "30 days"), (Range.YEAR.value, "12 months")]


class Drawing(NamedTuple):
    """All that the page shows of them."""

    balance: Chart
    flow: Chart
    rows: list[TableRow]
    came_in: str
    went_out: str
    has_moved: bool


def spans_of(chosen: Range, today: date) -> list[Span]:
    match chosen:
        case Range.WEEK:
            return days_until(today, 7)
        case Range.MONTH:
            return days_until(today, 30)
        case Range.YEAR:
            return months_until(today, 12)


def drawing_of(chosen: Range, figures: Sequence[Figures]) -> Drawing:
    """`figures` are of `spans_of(chosen, today)`."""
    names = [_name(chosen, one.span, ago) for ago, one in _counted_back(figures)]
    labels = [_label(chosen, one.span, ago) for ago, one in _counted_back(figures)]
    came_in = format_rupees(sum(one.in_paise for one in figures))
    went_out = format_rupees(sum(one.out_paise for one in figures))
    since = f"from {_plain_name(chosen, figures[0].span)} to today"
    highest = format_rupees(max(one.closing_paise for one in figures))
    return Drawing(
        balance=drawn(
            [
                Point(name, label, format_rupees(one.closing_paise), one.closing_paise)
                for name, label, one in zip(names, labels, figures, strict=True)
            ],
            key=f"balance {chosen}",
            summary=f"Your balance {since}: {format_rupees(figures[-1].closing_paise)} now, {highest} at most.",
        ),
        flow=drawn(
            [
                Point(name, label, _in_and_out(one), one.in_paise, one.out_paise)
                for name, label, one in zip(names, labels, figures, strict=True)
            ],
            key=f"flow {chosen}",
            summary=f"Your money {since}: {came_in} came in, {went_out} went out.",
        ),
        rows=[
            TableRow(
                _short_name(chosen, one.span),
                [format_rupees(paise) for paise in (one.in_paise, one.out_paise, one.closing_paise)],
            )
            for one in reversed(figures)
        ],
        came_in=came_in,
        went_out=went_out,
        has_moved=any(one.closing_paise or one.in_paise or one.out_paise for one in figures),
    )


def _counted_back(figures: Sequence[Figures]) -> list[tuple[int, Figures]]:
    return [(len(figures) - 1 - place, one) for place, one in enumerate(figures)]


def _plain_name(chosen: Range, span: Span) -> str:
    return month_words(span.first_day) if chosen is Range.YEAR else day_words(span.first_day)


def _short_name(chosen: Range, span: Span) -> str:
    return f"{span.first_day:%b %Y}" if chosen is Range.YEAR else day_words(span.first_day)


def _name(chosen: Range, span: Span, ago: int) -> str:
    name = _plain_name(chosen, span)
    if ago:
        return name
    return f"{name}, so far" if chosen is Range.YEAR else f"Today, {name}"


def _label(chosen: Range, span: Span, ago: int) -> str:
    """As many as a narrow phone has room for."""
    match chosen:
        case Range.WEEK:
            return f"{span.first_day:%a}" if ago else "Today"
        case Range.MONTH:
            is_said = ago % _DAYS_BETWEEN_LABELS == 0
            return (f"{span.first_day.day} {span.first_day:%b}" if ago else "Today") if is_said else ""
        case Range.YEAR:
            return f"{span.first_day:%b}" if ago % _MONTHS_BETWEEN_LABELS == 0 else ""


def _in_and_out(one: Figures) -> str:
    return f"{format_rupees(one.in_paise)} in, {format_rupees(one.out_paise)} out"
