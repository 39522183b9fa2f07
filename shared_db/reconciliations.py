"""The comparisons with the banks as rows: claimed by one worker a night, their exceptions filed once and kept."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import NamedTuple

from money.reconciliation import Difference, Reconciliation
from shared_db.connection import Connection

_NAMESPACE = uuid.UUID("0b8a7a3e-5d0e-5c55-9b1f-3a1f0c2d6e71")
MOST_NIGHTS = 7
"""So many nights are made up for, after the workers were away."""

_NIGHTS = """
INSERT INTO reconciliation_runs (bank, day, next_at, tries)
SELECT %(bank)s, night::date, %(now)s, 0
  FROM generate_series(greatest(
           coalesce((SELECT max(day) FROM reconciliation_runs WHERE bank = %(bank)s AND finished_at IS NOT NULL),
                    %(day)s::date - 1) + 1,
           %(day)s::date - %(nights)s::integer)::timestamp, %(day)s::date::timestamp, '1 day') night
ON CONFLICT DO NOTHING
"""
_CLAIM = """
UPDATE reconciliation_runs r SET next_at = %(now)s + %(lease)s, tries = r.tries + 1
  FROM (SELECT day FROM reconciliation_runs
         WHERE bank = %(bank)s AND day <= %(day)s AND day >= %(day)s::date - %(nights)s::integer
           AND finished_at IS NULL AND next_at <= %(now)s
         ORDER BY day LIMIT 1 FOR NO KEY UPDATE SKIP LOCKED) due
 WHERE r.bank = %(bank)s AND r.day = due.day
RETURNING r.day, r.tries
"""
_OPEN_RUN = """
INSERT INTO reconciliation_runs (bank, day, next_at, tries) VALUES (%s, %s, %s, 0) ON CONFLICT DO NOTHING
"""
_TAKE_TURN = """
UPDATE reconciliation_runs SET asked_at = %s, matched = %s
 WHERE bank = %s AND day = %s AND (asked_at IS NULL OR asked_at <= %s)
"""
_FILE = """
INSERT INTO reconciliation_exceptions
       (id, bank, day, type, kind, reference, utr, ours_paise, theirs_paise, number, found_at)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
ON CONFLICT (id) DO UPDATE SET gone_at = NULL WHERE reconciliation_exceptions.gone_at IS NOT NULL
"""
_GONE = """
UPDATE reconciliation_exceptions SET gone_at = %s
 WHERE bank = %s AND day = %s AND gone_at IS NULL AND id <> ALL(%s)
"""
_FINISH = """
UPDATE reconciliation_runs SET finished_at = %s, words = NULL WHERE bank = %s AND day = %s AND tries = %s
"""
_PUT_OFF = """
UPDATE reconciliation_runs SET next_at = %s, words = %s
 WHERE bank = %s AND day = %s AND tries = %s AND finished_at IS NULL
"""
_COUNT = """
SELECT count(*) FROM reconciliation_exceptions e
 WHERE e.bank = %s AND e.gone_at IS NULL
   AND NOT EXISTS (SELECT FROM resolutions r WHERE r.kind = 'exception' AND r.item = e.id::text)
"""


class Night(NamedTuple):
    """A day that is this worker's to compare, until its lease ends."""

    day: date
    tries: int


async def claim_night(
    connection: Connection, bank: str, latest: date, *, now: datetime, lease: timedelta
) -> Night | None:
    """The oldest day up to `latest` that nobody has compared and nobody is comparing, now this worker's."""
    asked = {"bank": bank, "day": latest, "now": now, "lease": lease, "nights": MOST_NIGHTS - 1}
    async with connection.transaction():
        await connection.execute(_NIGHTS, asked)
        row = await (await connection.execute(_CLAIM, asked)).fetchone()
    return Night(*row) if row else None


async def finish_night(connection: Connection, bank: str, night: Night, *, now: datetime) -> None:
    """It is compared, and whoever claimed it earlier can no longer put it off."""
    await connection.execute(_FINISH, (now, bank, night.day, night.tries))


async def put_off_night(
    connection: Connection, bank: str, night: Night, *, until: datetime, words: str
) -> None:
    """It could not be compared; any worker may try again then."""
    await connection.execute(_PUT_OFF, (until, words, bank, night.day, night.tries))


async def file(
    connection: Connection, bank: str, day: date, found: Reconciliation, *, asked_at: datetime
) -> None:
    """Keep what was found, each once, and mark what is gone; nothing where a later statement was filed already."""
    rows = _rows(bank, day, found.differences, asked_at)
    async with connection.transaction():
        await connection.execute(_OPEN_RUN, (bank, day, asked_at))
        turn = await connection.execute(_TAKE_TURN, (asked_at, found.matched, bank, day, asked_at))
        if not turn.rowcount:
            return
        async with connection.cursor() as cursor:
            await cursor.executemany(_FILE, rows)
        await connection.execute(_GONE, (asked_at, bank, day, [row[0] for row in rows]))


async def count_open(connection: Connection, bank: str) -> int:
    """Exceptions that were not gone in the last run of their day, and that nobody has decided about."""
    cursor = await connection.execute(_COUNT, (bank,))
    row = await cursor.fetchone()
    assert row is not None, "a count is a row"
    return row[0]


def _rows(
    bank: str, day: date, differences: Sequence[Difference], found_at: datetime
) -> list[tuple[object, ...]]:
    rows: list[tuple[object, ...]] = []
    alike: Counter[Difference] = Counter()
    for one in differences:
        alike[one] += 1
        said = (bank, day, one.type.value, one.kind.value, *one[2:], alike[one])
        rows.append((uuid.uuid5(_NAMESPACE, repr([str(word) for word in said])), *said, found_at))
    return rows
