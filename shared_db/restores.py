"""A database that was brought back: held until its differences with the banks are decided, and then opened."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import NamedTuple

import psycopg
from psycopg.rows import args_row

from money.times import kolkata_day
from shared_db.begun_restores import end
from shared_db.command_connection import NO_BATUA, connected
from shared_db.connection import Connection
from shared_db.embedded.errors import DatabaseRefused
from shared_db.postgres_tools import libpq

# A backup says when it was made. Of a database that came back by other means a person says it, and of a backup of
# before nobody does: there the newest moment that was written down counts if it is the earlier one. A running worker
# writes one every second, also once the database is back.
# Whatever was on its way to a bank then may have been sent since: the bank is asked before anything is sent (again),
# and a payout it does not know counts as final only as long after now as after any other send.
# First the whole table of lanes: whoever changes a withdrawal has locked its lane before, so nobody is in the middle of
# one, no two of us block each other, and what was sent while we waited was sent before "now".
MARK = (
    "LOCK TABLE lanes IN EXCLUSIVE MODE",
    """
INSERT INTO restores (snapshot_at, restored_at)
SELECT coalesce(%(snapshot_at)s::timestamptz,
                least(%(as_of)s::timestamptz,
                      greatest((SELECT max(created_at) FROM transfers), (SELECT max(created_at) FROM accounts),
                               (SELECT followed_at FROM solvency WHERE id = 1)))), now()
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
# Without a row a backup was loaded and not marked, by hand or by a restore that was cut off: that is held as well.
_HELD_SINCE = """
SELECT CASE WHEN count(*) = 0 THEN 'epoch'::timestamptz + interval '1 second'
            ELSE min(restored_at) FILTER (WHERE opened_at IS NULL) END
  FROM restores
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

    @property
    def first_day(self) -> date:
        """The first that is compared: what a bank had booked before midnight may have been on its way to us then."""
        return kolkata_day(self.snapshot_at) - timedelta(days=1)


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


def hold(url: str, as_of: datetime) -> Held:
    """This database was brought back by other means, and is as of that moment: no money leaves until somebody lets it.

    Raises DatabaseRefused where there is no database, or no Batua in it.
    """
    with connected(url) as connection:
        for statement in MARK:
            connection.execute(statement.encode(), {"as_of": as_of, "snapshot_at": None})
        end(connection)
        with connection.cursor(row_factory=args_row(Held)) as cursor:
            found = cursor.execute(_HELD).fetchone()
    assert found is not None, "it was just written"
    return found


async def held(connection: Connection) -> Held | None:
    """The restore that still holds outgoing money; None: none does. Raises DatabaseRefused where there is no Batua."""
    async with connection.cursor(row_factory=args_row(Held)) as cursor:
        try:
            return await (await cursor.execute(_HELD)).fetchone()
        except psycopg.errors.UndefinedTable as error:
            raise DatabaseRefused(NO_BATUA) from error


async def held_since(connection: Connection) -> datetime | None:
    """Since when outgoing money is held; None: it is not. 1970 where one was loaded and nobody has said when."""
    cursor = await connection.execute(_HELD_SINCE)
    [(since,)] = await cursor.fetchall()
    return since


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
