"""What happened to an owner's money, newest first: one row for each thing, whatever it took the ledger to do it.

What moved is read from the owner's entries by their running number, so a page costs the same at the first entry and at
the five-millionth. What moved nothing, attempts to add money that came to no credit, is put between by its time; a
page looks only among the attempts of the time that it covers.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple

from psycopg.rows import args_row

from money.activity import KIND_OF, Activity
from money.times import kolkata_midnight
from shared_db.connection import Connection
from shared_db.history_rows import (
    DAYS_WITH,
    MADE_AT,
    MOVED,
    ONE_MOVED,
    ONE_UNMOVED,
    UNMOVED,
    Happened,
    Moved,
    Unmoved,
    happened,
    tried,
)

LAST_ID = uuid.UUID(int=2**128 - 1)
LAST_NUMBER = 2**62
FIRST_DAY, LAST_DAY = date(1970, 1, 2), date(9999, 12, 1)
_EPOCH = datetime.fromtimestamp(0, UTC)
# Most look for what happens every day: a few days hold a page of it. Only who does not find it there looks wider.
_DAYS_AT_FIRST, _DAYS_AT_ONCE = 10, 100
# Reading over so many entries of other kinds takes less than asking once more.
_LITTLE = 200
# An id says when it was made by the clock of the process that made it.
_CLOCKS_DIFFER = timedelta(minutes=10)

# The running number of the newest entry at the end of a day.
_NUMBER_AT_END_OF = """
SELECT coalesce(max(last_number), 0) FROM daily_totals
 WHERE account_id = %(owner)s
   AND day = (SELECT max(day) FROM daily_totals WHERE account_id = %(owner)s AND day <= %(day)s)
"""


class Place(NamedTuple):
    """Where a page begins: below this running number, and before this attempt."""

    number: int = LAST_NUMBER
    attempt: uuid.UUID = LAST_ID


class Wanted(NamedTuple):
    """Which of them; days are Kolkata's and inclusive."""

    activities: frozenset[Activity] = frozenset(Activity)
    first_day: date = FIRST_DAY
    last_day: date = LAST_DAY


class Page(NamedTuple):
    """`next` is None at the end."""

    rows: list[Happened]
    next: Place | None


async def page_of(
    connection: Connection, owner_id: uuid.UUID, *, wanted: Wanted, begin: Place, most: int
) -> Page:
    """At most so many rows from `begin` on."""
    first, last = await _numbers(connection, owner_id, wanted)
    moved = await _moved(
        connection, owner_id, wanted, before=min(begin.number, last + 1), after=first, most=most + 1
    )
    unmoved: list[Happened] = []
    if Activity.ON_RAMP in wanted.activities:
        # Only among the time that the moved ones cover: what is older is for the next page.
        since = moved[-1].at if len(moved) > most else None
        before = min(begin.attempt, await _shown_until(connection, owner_id, begin.number))
        unmoved = await _unmoved(connection, owner_id, wanted, before, since=since, most=most + 1)
    together = sorted([*moved, *unmoved], key=_when, reverse=True)
    rows = together[:most]
    if len(together) <= most:
        return Page(rows, None)
    return Page(rows, place_after(rows, begin))


async def one_of(connection: Connection, owner_id: uuid.UUID, happened_id: uuid.UUID) -> Happened | None:
    """One of the owner's own, without running number and balance; another owner's is None like one that never was."""
    async with connection.cursor(row_factory=args_row(Moved)) as cursor:
        await cursor.execute(
            ONE_MOVED, {"owner": owner_id, "id": happened_id, "kinds": _kinds(frozenset(Activity))}
        )
        moved = await cursor.fetchone()
    if moved:
        return happened(moved)._replace(number=None, balance_after_paise=None)
    async with connection.cursor(row_factory=args_row(Unmoved)) as cursor:
        await cursor.execute(ONE_UNMOVED, {"owner": owner_id, "id": happened_id})
        unmoved = await cursor.fetchone()
    return tried(unmoved) if unmoved else None


async def is_owners(connection: Connection, happened_id: str, owner_id: uuid.UUID) -> bool:
    """Whether there is such a thing and it is this owner's; what is no id is none."""
    try:
        wanted = uuid.UUID(happened_id)
    except ValueError:
        return False
    return await one_of(connection, owner_id, wanted) is not None


async def _shown_until(connection: Connection, owner_id: uuid.UUID, number: int) -> uuid.UUID:
    """Attempts from this id on stood above the entry of this number, and so on the pages before.

    Without it, a page deep in a long history would look through all attempts since.
    """
    if number == LAST_NUMBER:
        return LAST_ID
    cursor = await connection.execute(MADE_AT, {"owner": owner_id, "number": number})
    row = await cursor.fetchone()
    return _made_at(row[0], timedelta(milliseconds=1)) if row else LAST_ID


def _when(row: Happened) -> tuple[datetime, int]:
    """Attempts stand in the order of their ids, as they are paged, and an id tells when it was made."""
    if row.number is not None:
        return row.at, row.number
    return _EPOCH + timedelta(milliseconds=row.id.int >> 80), row.id.int


def place_after(rows: Sequence[Happened], begin: Place) -> Place:
    """Where the page after these rows begins, of which `begin` was the beginning."""
    numbers = [row.number for row in rows if row.number is not None]
    attempts = [row.id for row in rows if row.number is None]
    return Place(min(numbers, default=begin.number), min(attempts, default=begin.attempt))


async def _numbers(connection: Connection, owner_id: uuid.UUID, wanted: Wanted) -> tuple[int, int]:
    """The running numbers that these days hold: after the first, up to the last."""
    first, last = 0, LAST_NUMBER
    if wanted.first_day > FIRST_DAY:
        first = await _number_at_end_of(connection, owner_id, wanted.first_day - timedelta(days=1))
    if wanted.last_day < LAST_DAY:
        last = await _number_at_end_of(connection, owner_id, wanted.last_day)
    return first, last


async def _number_at_end_of(connection: Connection, owner_id: uuid.UUID, day: date) -> int:
    cursor = await connection.execute(_NUMBER_AT_END_OF, {"owner": owner_id, "day": day})
    row = await cursor.fetchone()
    assert row is not None, "an aggregate has one row"
    return row[0]


async def _moved(
    connection: Connection, owner_id: uuid.UUID, wanted: Wanted, *, before: int, after: int, most: int
) -> list[Happened]:
    if wanted.activities == frozenset(Activity):
        return await _between(connection, owner_id, wanted, before=before, after=after, most=most)
    # Whoever looks for the ten refunds among a million payments is led to their days.
    rows: list[Happened] = []
    last_day, at_once = wanted.last_day, _DAYS_AT_FIRST
    while len(rows) < most:
        days = await _days_with(connection, owner_id, wanted, last_day, most=at_once)
        for first, last in _stretches(days):
            if len(rows) < most and first + 1 < before:
                rows += await _between(
                    connection,
                    owner_id,
                    wanted,
                    before=min(before, last + 1),
                    after=first,
                    most=most - len(rows),
                )
        if len(days) < at_once:
            break
        last_day, at_once = days[-1][2] - timedelta(days=1), _DAYS_AT_ONCE
    return rows


def _stretches(days: Sequence[tuple[int, int, date]]) -> list[tuple[int, int]]:
    """Days, the newest first, as stretches of running numbers: with little in between, two are read as one."""
    found: list[tuple[int, int]] = []
    for first, last, _ in days:
        if found and found[-1][0] - last <= _LITTLE:
            found[-1] = (first, found[-1][1])
        else:
            found.append((first, last))
    return found


async def _days_with(
    connection: Connection, owner_id: uuid.UUID, wanted: Wanted, last_day: date, *, most: int
) -> list[tuple[int, int, date]]:
    values = {
        "owner": owner_id,
        "kinds": _kinds(wanted.activities),
        "first": wanted.first_day,
        "last": last_day,
        "most": most,
    }
    cursor = await connection.execute(DAYS_WITH, values)
    return [(row[0], row[1], row[2]) for row in await cursor.fetchall()]


async def _between(
    connection: Connection, owner_id: uuid.UUID, wanted: Wanted, *, before: int, after: int, most: int
) -> list[Happened]:
    values = {
        "owner": owner_id,
        "before": before,
        "after": after,
        "kinds": _kinds(wanted.activities),
        "most": most,
    }
    async with connection.cursor(row_factory=args_row(Moved)) as cursor:
        await cursor.execute(MOVED, values)
        return [happened(row) for row in await cursor.fetchall()]


async def _unmoved(
    connection: Connection,
    owner_id: uuid.UUID,
    wanted: Wanted,
    before: uuid.UUID,
    *,
    since: datetime | None,
    most: int,
) -> list[Happened]:
    begin, end = kolkata_midnight(wanted.first_day), kolkata_midnight(wanted.last_day + timedelta(days=1))
    values = {
        "owner": owner_id,
        "before": min(before, _made_at(end, _CLOCKS_DIFFER)),
        "after": _made_at(since, timedelta(0)) if since else _made_at(begin, -_CLOCKS_DIFFER),
        "since": begin,
        "until": end,
        "most": most,
    }
    async with connection.cursor(row_factory=args_row(Unmoved)) as cursor:
        await cursor.execute(UNMOVED, values)
        return [tried(row) for row in await cursor.fetchall()]


def _kinds(activities: frozenset[Activity]) -> list[str]:
    return [KIND_OF[one].value for one in activities]


def _made_at(moment: datetime, apart: timedelta) -> uuid.UUID:
    """The least id that a clock so far apart could have given at this moment (RFC 9562, version 7)."""
    milliseconds = max(0, int((moment - _EPOCH + apart) / timedelta(milliseconds=1)))
    return uuid.UUID(int=min(milliseconds, 2**48 - 1) << 80)
