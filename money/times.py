"""Times as people in India read them: every clock and every day here is Kolkata's."""

from __future__ import annotations

from datetime import date, datetime, time
from zoneinfo import ZoneInfo

_KOLKATA = ZoneInfo("Asia/Kolkata")
_MORNING = range(4, 12)
_AFTERNOON = range(12, 17)


def ist(moment: datetime) -> str:
    """`20 Nov 2026, 14:05`."""
    local = _in_kolkata(moment)
    return f"{local.day} {local:%b %Y, %H:%M}"


def ist_clock(moment: datetime) -> str:
    """`14:05:09`, where the day is known."""
    return f"{_in_kolkata(moment):%H:%M:%S}"


def ist_minute(moment: datetime) -> str:
    """`14:05`, where the day is known."""
    return f"{_in_kolkata(moment):%H:%M}"


def long_day(moment: datetime) -> str:
    """`Friday, 20 November 2026`."""
    local = _in_kolkata(moment)
    return f"{local:%A}, {local.day} {local:%B %Y}"


def day_words(day: date) -> str:
    """`20 Nov 2026`."""
    return f"{day.day} {day:%b %Y}"


def month_words(day: date) -> str:
    """`November 2026`."""
    return f"{day:%B %Y}"


def iso_in_kolkata(moment: datetime) -> str:
    """`2026-11-20 14:05:09`, as spreadsheets read it."""
    return f"{_in_kolkata(moment):%Y-%m-%d %H:%M:%S}"


def greeting(moment: datetime) -> str:
    """`Good morning`, `Good afternoon` or `Good evening`."""
    hour = _in_kolkata(moment).hour
    if hour in _MORNING:
        return "Good morning"
    return "Good afternoon" if hour in _AFTERNOON else "Good evening"


def kolkata_day(moment: datetime) -> date:
    """The day it is in Kolkata."""
    return _in_kolkata(moment).date()


def kolkata_midnight(day: date) -> datetime:
    """When this day begins in Kolkata."""
    return datetime.combine(day, time(), _KOLKATA)


def _in_kolkata(moment: datetime) -> datetime:
    assert moment.utcoffset() is not None, "a time says of which zone it is"
    return moment.astimezone(_KOLKATA)
