"""Say that this database was brought back by other means than `restore`: no money leaves it before `catch-up`."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime

from money.desk_errors import NotAMoment, NotYet
from money.times import kolkata_midnight
from shared_db.restores import hold

_DAY = re.compile(r"\d{4}-\d\d-\d\d")


def held_as_of(url: str, text: str) -> dict[str, object]:
    """What `manage.py hold` prints: also the first day that `catch-up` will compare from.

    Raises NotAMoment, NotYet, and DatabaseRefused where there is no database, or no Batua in it.
    """
    as_of = _parse(text)
    if as_of > datetime.now(UTC):
        raise NotYet
    held = hold(url, as_of)
    return {
        "as_of": as_of.isoformat(),
        "snapshot_not_before": held.snapshot_at.isoformat(),
        "restored_at": held.restored_at.isoformat(),
        "first_day": held.first_day.isoformat(),
        "outgoing": "held",
    }


def _parse(text: str) -> datetime:
    """`2026-11-27T21:00:00+05:30`, or `2026-11-27` for its beginning in India."""
    try:
        if _DAY.fullmatch(text):
            return kolkata_midnight(date.fromisoformat(text))
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise NotAMoment from None
    if moment.utcoffset() is None:
        raise NotAMoment
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise NotAMoment from None
