"""The ledger: every movement of money goes through `post`, alone or with a crowd."""

from __future__ import annotations

from collections.abc import Sequence

from money.movements import Movement, Posted, Posting
from runtime.batcher import Batcher
from shared_db.connection import Connection, Database, with_retries

_POST = """
SELECT outcome, transfer_id FROM post_transfers(
    %b::uuid[], %b::text[], %b::text[], %b::uuid[], %b::uuid[], %b::bigint[], %b::uuid[], %b::text[], %b::bigint[])
"""
_POSTINGS = {one.value: one for one in Posting}


async def post(connection: Connection, movements: Sequence[Movement]) -> list[Posted]:
    """Post a batch in one statement; one outcome each, in order.

    Each movement is decided alone: a refused or repeated one does not touch its neighbours.
    """
    if not movements:
        return []
    ids, references, kinds, *rest, day_limits = (list(column) for column in zip(*movements, strict=True))
    # Only a batch with a limit in it reads the day's totals.
    limits = day_limits if any(limit is not None for limit in day_limits) else None
    columns = (ids, references, [kind.value for kind in kinds], *rest, limits)
    cursor = await connection.execute(_POST, columns)
    return [Posted(_POSTINGS[outcome], transfer_id) for outcome, transfer_id in await cursor.fetchall()]


class Ledger:
    """Posts single movements of many callers in shared transactions. One per process and event loop."""

    def __init__(self, database: Database, *, flushers: int = 2) -> None:
        self._database = database
        self._batcher: Batcher[Movement, Posted] = Batcher(
            "ledger", self._flush, flushers=flushers, divides=True
        )

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
