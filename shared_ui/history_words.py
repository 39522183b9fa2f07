"""What both apps say of what happened to an owner's money, and what each of them has to say in words of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from money.activity import Result
from money.rupees import format_rupees
from money.times import ist, long_day
from shared_db.history_rows import Happened
from shared_ui.history import MoneyRow

HOUSE = "Batua"


class HistoryWords(NamedTuple):
    """One app's own: the other side, what it was, and how it stands."""

    who_of: Callable[[Happened], str]
    kind_of: Callable[[Happened], str]
    standing_of: Callable[[Happened], str]


@dataclass(frozen=True)
class HistoryLine:
    """`day` is a heading above the first row of its day, empty on the others."""

    day: str
    row: MoneyRow


def lines_of(
    rows: Iterable[Happened], row_of: Callable[[Happened], MoneyRow], *, day_before: str = ""
) -> list[HistoryLine]:
    """Grouped by the days of Kolkata. `day_before` is the day of the line that stands above the first."""
    found: list[HistoryLine] = []
    for one in rows:
        day = long_day(one.at)
        found.append(HistoryLine("" if day == day_before else day, row_of(one)))
        day_before = day
    return found


def signed(one: Happened) -> str:
    """With its sign where it moved; what came to nothing has none."""
    amount = format_rupees(abs(one.amount_paise))
    if one.balance_after_paise is None and one.result is Result.REFUSED:
        return amount
    if one.result is Result.WAITING and one.amount_paise > 0:
        return amount
    return f"+{amount}" if one.amount_paise > 0 else f"-{amount}"


def balance_after(one: Happened) -> str:
    """`Balance ₹379.50`, empty where nothing moved in the end."""
    return "" if one.balance_after_paise is None else f"Balance {format_rupees(one.balance_after_paise)}"


def time_of(moment: datetime) -> str:
    return f"{ist(moment)} IST"
