"""Whether our books add up: looked at by one worker at a time, read by whoever lets money out."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import NamedTuple

from runtime.probes import Ready
from shared_db.connection import Connection, Database

_IS_STOPPED = "SELECT outgoing_is_stopped()"
_LOOK = """
SELECT w.looked, w.behind, (w.verdict).broken_since, (w.verdict).difference_paise, (w.verdict).followed_at,
       coalesce((w.verdict).postings_fault, (w.verdict).sums_fault, (w.verdict).rows_fault)
  FROM watch_books(%s) w
"""


class Verdict(NamedTuple):
    """What is known of our books."""

    looked: bool
    """Just now, and not by another worker a moment ago."""
    behind: bool
    """There is more that was posted and not looked at yet."""
    broken_since: datetime | None
    difference_paise: int
    """By how much owners and house differ; above 0, the owners have more than there is."""
    followed_at: datetime
    words: str | None
    """What is wrong: the first fault of each kind that was found."""


async def outgoing_is_stopped(connection: Connection) -> bool:
    """Whether withdrawals are stopped: our books do not add up, or they were restored and not yet compared."""
    cursor = await connection.execute(_IS_STOPPED)
    row = await cursor.fetchone()
    return bool(row and row[0])


async def look(connection: Connection, *, pause: timedelta) -> Verdict:
    """Look at what was posted since the last look, and at some of the rest when it is time.

    Nothing is done when anybody looked less than `pause` ago, or looks this moment.
    """
    async with connection.transaction():
        # What is compared must be one moment of all tables.
        await connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        cursor = await connection.execute(_LOOK, (pause,))
        row = await cursor.fetchone()
    assert row is not None, "the verdict's row is written by a migration and stays"
    return Verdict(*row)


def takes_money_in(database: Database) -> Callable[[], Awaitable[Ready]]:
    """The readiness of a process that may serve while outgoing money is stopped; it says so."""

    async def is_ready() -> Ready:
        return Ready(is_ready=True, outgoing=await _outgoing(database))

    return is_ready


def sends_money_out(database: Database) -> Callable[[], Awaitable[Ready]]:
    """The readiness of a process that cannot do its work while outgoing money is stopped."""

    async def is_ready() -> Ready:
        outgoing = await _outgoing(database)
        return Ready(is_ready=outgoing == "open", outgoing=outgoing)

    return is_ready


async def _outgoing(database: Database) -> str:
    async with database.plain() as connection:
        return "stopped" if await outgoing_is_stopped(connection) else "open"
