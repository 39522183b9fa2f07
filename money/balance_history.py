"""Days and months of an owner's money, and what came in and went out in each of them, as a person understands it.

In is what others gave: added from a bank, received, refunded, a gift, made good. Out is what left for others: sent,
paid, taken to a bank, also while it is still on its way there. A withdrawal that came back was neither: what the bank
gives back is taken off what went to banks on the same day, and what is more than that off the days before, the latest
first. So over any time that holds both, all that came in less all that went out is what the balance grew by.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import NamedTuple

from money.movements import Kind

CAME_BACK = (Kind.RELEASE, Kind.REVERSAL)
"""Credits of these kinds are an owner's own money, back from a bank."""
TO_BANKS = (Kind.HOLD, Kind.REVERSAL)
"""Debits of these kinds went to a bank; a debit of a reversal takes back what a bank had paid after all."""
_MONTHS = 12


class Span(NamedTuple):
    """Both days are Kolkata's and belong to it."""

    first_day: date
    last_day: date


class Totals(NamedTuple):
    """What the ledger's totals of one span say, in paise."""

    span: Span
    closing_paise: int
    credits_paise: int
    debits_paise: int
    came_back_paise: int
    to_banks_paise: int


class Figures(NamedTuple):
    """What a person is shown of one span, in paise; no figure is negative."""

    span: Span
    closing_paise: int
    in_paise: int
    out_paise: int


def days_until(today: date, count: int) -> list[Span]:
    """So many days, today the last of them."""
    days = (today - timedelta(days=ago) for ago in reversed(range(count)))
    return [Span(day, day) for day in days]


def months_until(today: date, count: int) -> list[Span]:
    """So many months, the last of them up to today."""
    firsts = [_first_of_month(today, ago) for ago in reversed(range(count))]
    lasts = [*(first - timedelta(days=1) for first in firsts[1:]), today]
    return [Span(first, last) for first, last in zip(firsts, lasts, strict=True)]


def figures_of(totals: Sequence[Totals]) -> list[Figures]:
    """The spans follow one another, the oldest first, and so does what comes out."""
    found: list[Figures] = []
    came_back = 0
    for one in reversed(totals):
        came_back += one.came_back_paise
        taken_off = min(came_back, one.to_banks_paise)
        came_back -= taken_off
        found.append(
            Figures(
                one.span,
                one.closing_paise,
                one.credits_paise - one.came_back_paise,
                one.debits_paise - taken_off,
            )
        )
    return found[::-1]


def _first_of_month(today: date, months_ago: int) -> date:
    year, month = divmod(today.year * _MONTHS + today.month - 1 - months_ago, _MONTHS)
    return date(year, month + 1, 1)
