"""When a shop's balance goes to its bank by itself: every day or every week, at an hour of Kolkata's clock."""

from __future__ import annotations

import enum
from datetime import date, datetime, timedelta
from typing import NamedTuple

from money.times import kolkata_day, kolkata_midnight

_DAYS_OF_A_WEEK = 7


class Rhythm(enum.StrEnum):
    OFF = "off"
    DAILY = "daily"
    WEEKLY = "weekly"


class Turn(enum.StrEnum):
    """What became of a plan whose hour had come."""

    SETTLED = "settled"
    NOTHING = "nothing"
    """There was no more than the shop keeps."""
    FROZEN = "frozen"
    NO_ACCOUNT = "no_account"
    """The account it went to had been removed."""
    MISSED = "missed"
    """We were away until that day was over."""
    CLOSED = "closed"


class Plan(NamedTuple):
    rhythm: Rhythm
    weekday: int
    """0 is Monday; of a weekly one."""
    hour: int
    """0 to 23."""


def next_settlement(plan: Plan, *, after: datetime, settled_on: date | None) -> datetime | None:
    """The first moment after this one that the plan names, on a later day than the last settlement's.

    None when the plan is off.
    """
    if plan.rhythm is Rhythm.OFF:
        return None
    first = kolkata_day(after)
    # Today's hour may be over, and today and later days may be settled: a week after the later of both is enough.
    last = max(first, settled_on or first) + timedelta(days=_DAYS_OF_A_WEEK)
    day = first
    while day <= last:
        moment = kolkata_midnight(day) + timedelta(hours=plan.hour)
        is_named = plan.rhythm is Rhythm.DAILY or day.weekday() == plan.weekday
        if is_named and moment > after and (settled_on is None or day > settled_on):
            return moment
        day += timedelta(days=1)
    raise AssertionError("every weekday comes within a week")


def is_still_that_day(due_at: datetime, now: datetime) -> bool:
    """Whether a settlement that was due then may be made now: late, and never on another day."""
    return kolkata_day(due_at) == kolkata_day(now)
