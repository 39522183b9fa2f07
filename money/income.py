"""What a shop took in, by Kolkata days: what was paid, what was given back, each on its own day, and the difference."""

from __future__ import annotations

import enum
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from datetime import date, timedelta
from typing import NamedTuple

from money.balance_history import Span, days_until, months_until

DAYS, MONTHS = 30, 12
"""As many of each as a dashboard draws."""
_MONTHS_A_QUARTER = 3
_YEAR_BEGINS_IN_MONTH = 4


class DayIncome(NamedTuple):
    """The ledger's totals of one day, in paise; no figure is negative."""

    day: date
    gross_paise: int
    refunded_paise: int
    payments: int
    refunds: int


class Income(NamedTuple):
    """The same of a stretch of days."""

    span: Span
    gross_paise: int
    refunded_paise: int
    payments: int
    refunds: int

    @property
    def net_paise(self) -> int:
        """Negative where more was given back than was paid."""
        return self.gross_paise - self.refunded_paise

    @property
    def average_paise(self) -> int:
        """Of one payment, to the nearest paisa; 0 where there was none."""
        return (2 * self.gross_paise + self.payments) // (2 * self.payments) if self.payments else 0


class Stretch(enum.StrEnum):
    """What a shop's books are looked through by; each of them lasts until today."""

    WEEK = "week"
    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"


class Spans(NamedTuple):
    """All that a dashboard of one day shows; read together, so that its figures belong together."""

    today: Span
    yesterday: Span
    month: Span
    month_before: Span
    stretch: Span
    days: list[Span]
    months: list[Span]

    def all(self) -> list[Span]:
        return [
            self.today,
            self.yesterday,
            self.month,
            self.month_before,
            self.stretch,
            *self.days,
            *self.months,
        ]


def income_of(days: Sequence[DayIncome], spans: Sequence[Span]) -> list[Income]:
    """Of each span, in their order; `days` stand in theirs, and those without a movement may be left out."""
    dates = [one.day for one in days]
    found: list[Income] = []
    for span in spans:
        within = days[bisect_left(dates, span.first_day) : bisect_right(dates, span.last_day)]
        found.append(
            Income(
                span,
                sum(one.gross_paise for one in within),
                sum(one.refunded_paise for one in within),
                sum(one.payments for one in within),
                sum(one.refunds for one in within),
            )
        )
    return found


def stretch_until(today: date, stretch: Stretch) -> Span:
    """Weeks begin on Monday, quarters in April, July, October and January, years on 1 April."""
    match stretch:
        case Stretch.WEEK:
            first = today - timedelta(days=today.weekday())
        case Stretch.MONTH:
            first = today.replace(day=1)
        case Stretch.QUARTER:
            first = today.replace(month=today.month - (today.month - 1) % _MONTHS_A_QUARTER, day=1)
        case Stretch.YEAR:
            begins = date(today.year, _YEAR_BEGINS_IN_MONTH, 1)
            first = begins if begins <= today else date(today.year - 1, _YEAR_BEGINS_IN_MONTH, 1)
    return Span(first, today)


def same_days_of_last_month(today: date) -> Span:
    """From the first to this day of the month before, or to its last one where it is shorter."""
    last_of_it = today.replace(day=1) - timedelta(days=1)
    first = last_of_it.replace(day=1)
    return Span(first, min(last_of_it, first + timedelta(days=today.day - 1)))


def spans_of(today: date, stretch: Stretch) -> Spans:
    yesterday, now = days_until(today, 2)
    return Spans(
        today=now,
        yesterday=yesterday,
        month=stretch_until(today, Stretch.MONTH),
        month_before=same_days_of_last_month(today),
        stretch=stretch_until(today, stretch),
        days=days_until(today, DAYS),
        months=months_until(today, MONTHS),
    )
