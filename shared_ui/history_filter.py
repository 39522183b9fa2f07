"""Which part of a history somebody wants to see, as the page's form and the files' addresses say it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal

from money.activity import Activity, Result
from money.errors import DayRefused
from shared_db.history import FIRST_DAY, LAST_DAY, Wanted
from shared_db.history_search import Sought
from shared_ui.guard import FormData

_LONGEST_WORDS = 100
_SETTLEMENT = "settlement"
"""A shop's withdrawals by plan, which are no activity of their own."""


@dataclass(frozen=True)
class Filter:
    """All of it as text; empty says nothing. Days are Kolkata's and inclusive."""

    type: str = ""
    result: str = ""
    since: str = ""
    until: str = ""
    words: str = ""


def count_of(chosen: Filter) -> str:
    """How much is chosen besides the words; empty where nothing is."""
    count = sum(map(bool, (chosen.type, chosen.result, chosen.since, chosen.until)))
    return str(count) if count else ""


class FilterForm(FormData):
    """The same as it comes from a browser."""

    type: Literal["", "on_ramp", "withdrawal", "settlement", "transfer", "payment", "refund", "promotion"] = (
        ""
    )
    result: Literal["", "done", "waiting", "refused"] = ""
    since: str = ""
    until: str = ""
    words: str = ""


def wanted_of(chosen: Filter) -> tuple[Wanted, Sought]:
    """Raises DayRefused for what is no day."""
    are_settlements = chosen.type == _SETTLEMENT
    activity = Activity.WITHDRAWAL if are_settlements else chosen.type
    wanted = Wanted(
        frozenset({Activity(activity)} if activity else Activity),
        max(_day(chosen.since, FIRST_DAY), FIRST_DAY),
        min(_day(chosen.until, LAST_DAY), LAST_DAY),
    )
    results = frozenset({Result(chosen.result)} if chosen.result else Result)
    return wanted, Sought(chosen.words.strip()[:_LONGEST_WORDS], results, are_settlements)


def _day(text: str, otherwise: date) -> date:
    if not text:
        return otherwise
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise DayRefused from error
