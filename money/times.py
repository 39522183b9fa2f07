"""Times as people in India read them: every clock and every day here is Kolkata's."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

_KOLKATA = ZoneInfo("Asia/Kolkata")
_MORNING = range(4, 12)
_AFTERNOON = range(12, 17)


def ist(moment: datetime) -> str:
    """`20 Nov 2026, 14:05`."""
    local = _in_kolkata(moment)
    return f"{local.day} {local:%b %Y, %H:%M}"


def greeting(moment: datetime) -> str:
    """`Good morning`, `Good afternoon` or `Good evening`."""
    hour = _in_kolkata(moment).hour
    if hour in _MORNING:
        return "Good morning"
    return "Good afternoon" if hour in _AFTERNOON else "Good evening"


def kolkata_day(moment: datetime) -> date:
    """The day it is in Kolkata."""
    return _in_kolkata(moment).date()


def _in_kolkata(moment: datetime) -> datetime:
    assert moment.utcoffset() is not None, "a time says of which zone it is"
    return moment.astimezone(_KOLKATA)
