"""A database that was brought back: held until its differences with the banks are decided, and then opened."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import NamedTuple

import psycopg
from psycopg.rows import args_row

from shared_db.connection import Connection
from shared_db.postgres_tools import libpq

# The newest moment that was written down is not later than the snapshot, and a running worker writes every second.
# Whatever was on its way to a bank then may have been sent since: the bank is asked before anything is sent (again),
# and a payout it does not know counts as final only as long after now as after any other send.
# First the whole table of lanes: whoever changes a withdrawal has locked its lane before, so nobody is in the middle of
# one, no two of us block each other, and what was sent while we waited was sent before "now".
MARK = (
    "LOCK TABLE lanes IN EXCLUSIVE MODE",
    """
INSERT INTO restores (snapshot_at, restored_at)
SELECT greatest((SELECT max(created_at) FROM transfers), (SELECT max(created_at) FROM accounts),
                (SELECT followed_at FROM solvency WHERE id = 1)), now()
""",
    """
UPDATE withdrawals w
   SET status = CASE w.status WHEN 'queued' THEN 'unknown' ELSE w.status END, next_call = 'enquire',
       sends = greatest(w.sends, 1), first_sent_at = coalesce(w.first_sent_at, r.snapshot_at),
       last_sent_at = clock_timestamp(), version = w.version + 1
  FROM (SELECT snapshot_at FROM restores ORDER BY number DESC LIMIT 1) r
 WHERE w.status IN ('queued', 'sending', 'unknown', 'needs_attention')
""",
    "UPDATE lanes SET next_at = clock_timestamp(), token = token + 1, worker = NULL WHERE pending > 0",
)
_HELD = """
SELECT (SELECT max(number) FROM restores), snapshot_at, restored_at FROM restores
 WHERE opened_at IS NULL ORDER BY snapshot_at LIMIT 1
"""
_OPEN = "UPDATE restores SET opened_at = clock_timestamp(), opened_by = %s WHERE opened_at IS NULL AND number <= %s"
_STOPPED = "SELECT outgoing_is_stopped()"
_DIFFERENCES = """
SELECT e.id::text, e.bank, e.day, e.type, e.kind, e.reference, e.utr, e.ours_paise, e.theirs_paise,
       EXISTS (SELECT FROM resolutions r WHERE r.kind = 'exception' AND r.item = e.id::text)
  FROM reconciliation_exceptions e
 WHERE e.gone_at IS NULL AND e.day BETWEEN %s AND %s
 ORDER BY e.bank, e.day, e.type, e.kind, e.reference, e.number
"""


class Held(NamedTuple):
    """A restore after which nobody has let money out yet; of several, the one with the oldest snapshot."""

    number: int
    """Of the newest restore there is: what is held later was not seen yet."""
    snapshot_at: datetime
    restored_at: datetime


class TellingDifference(NamedTuple):
    """One difference with a bank's statement, and whether somebody has decided about it."""

    id: str
    bank: str
    day: date
    type: str
    kind: str
    reference: str
    utr: str | None
    ours_paise: int | None
    theirs_paise: int | None
    is_decided: bool


def hold(url: str) -> None:
    """This database was brought back by other means: no money leaves it until somebody lets it."""
    with psycopg.connect(libpq(url)) as connection:
        for statement in MARK:
            connection.execute(statement.encode())


async def held(connection: Connection) -> Held | None:
    """The restore that still holds outgoing money; None: none does."""
    async with connection.cursor(row_factory=args_row(Held)) as cursor:
        return await (await cursor.execute(_HELD)).fetchone()


async def differences(connection: Connection, first: date, last: date) -> Sequence[TellingDifference]:
    """What the last comparisons of these days found, of all banks."""
    async with connection.cursor(row_factory=args_row(TellingDifference)) as cursor:
        return await (await cursor.execute(_DIFFERENCES, (first, last))).fetchall()


def let_out(url: str, by: str, *, up_to: int) -> bool:
    """Every difference has been decided, says whoever is named, of the restores up to this number.

    Whether money leaves now: not where the database was held once more since, or where our books do not add up.
    """
    with psycopg.connect(libpq(url)) as connection:
        connection.execute(_OPEN, (by, up_to))
        [(is_stopped,)] = connection.execute(_STOPPED).fetchall()
    return not is_stopped
