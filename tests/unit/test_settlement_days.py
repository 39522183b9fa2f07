"""When a plan's next settlement is: Kolkata's days and hours, once a day, never in the past."""

from __future__ import annotations

import random
import sys
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from money.settlements import Plan, Rhythm, is_still_that_day, next_settlement
from money.times import kolkata_day

KOLKATA = ZoneInfo("Asia/Kolkata")
SUNDAY = 6


def at(text: str) -> datetime:
    """A moment of Kolkata's clock."""
    return datetime.fromisoformat(text).replace(tzinfo=KOLKATA)


def daily(hour: int) -> Plan:
    return Plan(Rhythm.DAILY, 0, hour)


@pytest.mark.parametrize(
    ("hour", "now", "due"),
    [
        (6, "2026-11-28 05:59:59", "2026-11-28 06:00"),
        (6, "2026-11-28 06:00:00", "2026-11-29 06:00"),
        (0, "2026-11-28 00:00:00", "2026-11-29 00:00"),
        (0, "2026-11-27 23:59:59", "2026-11-28 00:00"),
        (23, "2026-11-28 22:59:59", "2026-11-28 23:00"),
        (23, "2026-12-31 23:30:00", "2027-01-01 23:00"),
        (6, "2028-02-28 07:00:00", "2028-02-29 06:00"),
        (6, "2027-02-28 07:00:00", "2027-03-01 06:00"),
    ],
)
def test_a_daily_one_is_at_the_next_such_hour_in_kolkata(hour: int, now: str, due: str) -> None:
    assert next_settlement(daily(hour), after=at(now), settled_on=None) == at(due)


@pytest.mark.parametrize(
    ("weekday", "now", "due"),
    [
        (0, "2026-11-28 12:00", "2026-11-30 06:00"),
        (5, "2026-11-28 05:00", "2026-11-28 06:00"),
        (5, "2026-11-28 06:00", "2026-12-05 06:00"),
        (1, "2028-02-23 12:00", "2028-02-29 06:00"),  # a Tuesday that exists every fourth year
        (1, "2028-02-29 12:00", "2028-03-07 06:00"),
    ],
)
def test_a_weekly_one_is_on_its_weekday(weekday: int, now: str, due: str) -> None:
    plan = Plan(Rhythm.WEEKLY, weekday, 6)

    assert next_settlement(plan, after=at(now), settled_on=None) == at(due)


def test_a_day_that_has_its_settlement_gets_no_second_one_when_the_hour_is_moved() -> None:
    settled = date(2026, 11, 28)

    moved = next_settlement(daily(18), after=at("2026-11-28 12:00"), settled_on=settled)
    weekly = next_settlement(Plan(Rhythm.WEEKLY, 5, 18), after=at("2026-11-28 12:00"), settled_on=settled)

    assert (moved, weekly) == (at("2026-11-29 18:00"), at("2026-12-05 18:00"))


def test_a_clock_that_was_put_back_waits_until_after_the_last_settlement() -> None:
    ahead = date(2026, 12, 10)

    assert next_settlement(daily(6), after=at("2026-11-28 05:00"), settled_on=ahead) == at("2026-12-11 06:00")


def test_a_plan_that_is_off_has_no_next_one() -> None:
    assert next_settlement(Plan(Rhythm.OFF, 0, 6), after=at("2026-11-28 05:00"), settled_on=None) is None


def test_what_is_late_is_made_up_for_on_the_same_day_of_kolkata_only() -> None:
    due = at("2026-11-28 06:00")

    assert is_still_that_day(due, datetime(2026, 11, 28, 18, 29, 59, tzinfo=UTC))
    assert not is_still_that_day(due, datetime(2026, 11, 28, 18, 30, tzinfo=UTC))


def test_whatever_the_moment_the_next_one_is_within_reach_and_as_the_plan_says() -> None:
    seed = 20261128
    sys.stdout.write(f"seed {seed}\n")
    chance = random.Random(seed)
    for _ in range(2_000):
        now = datetime(2024, 1, 1, tzinfo=UTC) + timedelta(seconds=chance.randrange(5 * 366 * 86_400))
        plan = Plan(chance.choice([Rhythm.DAILY, Rhythm.WEEKLY]), chance.randrange(7), chance.randrange(24))
        settled = chance.choice([None, kolkata_day(now), kolkata_day(now) - timedelta(days=1)])

        due = next_settlement(plan, after=now, settled_on=settled)

        assert due is not None
        local = due.astimezone(KOLKATA)
        assert now < due <= now + timedelta(days=1 if plan.rhythm is Rhythm.DAILY else SUNDAY + 1, hours=24)
        assert (local.hour, local.minute, local.second) == (plan.hour, 0, 0)
        assert plan.rhythm is Rhythm.DAILY or local.weekday() == plan.weekday
        assert settled is None or local.date() > settled
