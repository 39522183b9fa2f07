"""The ledger: every movement of money goes through `post`, alone or with a crowd."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

import psycopg
from psycopg import AsyncConnection
from psycopg.rows import TupleRow

from money.movements import Movement, Posted, Posting
from runtime.batcher import Batcher, Unavailable
from runtime.logs import logger
from shared_db.connection import Database

Result = TypeVar("Result")
Connection = AsyncConnection[TupleRow]

log = logger(__name__)
_POST = """
SELECT outcome, transfer_id FROM post_transfers(
    %b::uuid[], %b::text[], %b::text[], %b::uuid[], %b::uuid[], %b::bigint[], %b::uuid[])
"""
_POSTINGS = {one.value: one for one in Posting}
_TRIES = 4
_FIRST_PAUSE_SECONDS = 0.05


async def post(connection: Connection, movements: Sequence[Movement]) -> list[Posted]:
    """Post a batch in one statement; one outcome each, in order.

    Each movement is decided alone: a refused or repeated one does not touch its neighbours.
    """
    if not movements:
        return []
    ids, references, kinds, *rest = (list(column) for column in zip(*movements, strict=True))
    columns = (ids, references, [kind.value for kind in kinds], *rest)
    cursor = await connection.execute(_POST, columns)
    return [Posted(_POSTINGS[outcome], transfer_id) for outcome, transfer_id in await cursor.fetchall()]


async def with_retries(database: Database, work: Callable[[Connection], Awaitable[Result]]) -> Result:
    """Run `work`, whose statements each commit by themselves, again when another try may succeed.

    Serialization failures, deadlocks and lost connections are tried again, so `work` must be safe to repeat:
    what a lost answer had already committed is found by its reference. Raises Unavailable when the database
    stays away.
    """
    pause = _FIRST_PAUSE_SECONDS
    for attempt in range(1, _TRIES + 1):
        try:
            async with database.plain() as connection:
                return await work(connection)
        except (psycopg.OperationalError, psycopg.InterfaceError) as error:
            # OperationalError covers SerializationFailure, DeadlockDetected, PoolTimeout and a lost connection.
            log.warning("database tried again", attempt=attempt, error=type(error).__name__)
            if attempt == _TRIES:
                raise Unavailable from error
        await asyncio.sleep(pause)
        pause *= 4
    raise AssertionError("the loop returns or raises")


class Ledger:
    """Posts single movements of many callers in shared transactions. One per process and event loop."""

    def __init__(self, database: Database, *, flushers: int = 2) -> None:
        self._database = database
        self._batcher: Batcher[Movement, Posted] = Batcher("ledger", self._flush, flushers=flushers)

    async def post(self, movement: Movement) -> Posted:
        """The outcome, once it is committed. Raises Busy or Unavailable when nothing is known to have happened."""
        return await self._batcher.submit(movement)

    async def drain(self) -> None:
        """Finish what was taken; take nothing more."""
        await self._batcher.drain()

    async def _flush(self, movements: Sequence[Movement]) -> Sequence[Posted]:
        async def work(connection: Connection) -> list[Posted]:
            return await post(connection, movements)

        return await with_retries(self._database, work)
