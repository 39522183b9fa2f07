"""Clocks and days are Kolkata's, wherever the server stands."""

from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from money.times import greeting, ist, ist_clock, kolkata_day


def utc(day: int, hour: int, minute: int) -> datetime:
    return datetime(2026, 11, day, hour, minute, 59, tzinfo=UTC)


@pytest.mark.parametrize(
    ("moment", "shown"),
    [
        (utc(20, 8, 35), "20 Nov 2026, 14:05"),
        (utc(5, 0, 0), "5 Nov 2026, 05:30"),
        (utc(30, 18, 30), "1 Dec 2026, 00:00"),
        (datetime(2026, 12, 31, 23, 0, tzinfo=timezone(-timedelta(hours=8))), "1 Jan 2027, 12:30"),
    ],
)
def test_a_time_is_shown_as_a_clock_in_kolkata_shows_it(moment: datetime, shown: str) -> None:
    assert ist(moment) == shown


def test_where_the_day_is_known_the_clock_tells_the_second() -> None:
    assert ist_clock(utc(30, 18, 30)) == "00:00:59"


@pytest.mark.parametrize(
    ("hour", "minute", "said"),
    [
        (3, 59, "Good evening"),
        (4, 0, "Good morning"),
        (11, 59, "Good morning"),
        (12, 0, "Good afternoon"),
        (16, 59, "Good afternoon"),
        (17, 0, "Good evening"),
        (0, 0, "Good evening"),
    ],
)
def test_asha_is_greeted_by_the_hour_she_lives_in(hour: int, minute: int, said: str) -> None:
    here = datetime(2026, 11, 20, hour, minute, tzinfo=timezone(timedelta(hours=5, minutes=30)))

    assert greeting(here) == greeting(here.astimezone(UTC)) == said


def test_a_day_begins_at_midnight_in_kolkata() -> None:
    assert kolkata_day(utc(20, 18, 29)) == date(2026, 11, 20)
    assert kolkata_day(utc(20, 18, 30)) == date(2026, 11, 21)


@pytest.mark.parametrize("read", [ist, greeting, kolkata_day])
def test_a_time_without_a_zone_is_a_mistake_of_ours(read) -> None:
    with pytest.raises(AssertionError):
        read(datetime(2026, 11, 20, 14, 5))  # noqa: DTZ001 # that is the mistake
