"""What people have, read for many callers in one statement."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import NamedTuple

from runtime.batcher import Batcher
from shared_db.connection import Connection, Database, with_retries

_BALANCES = "SELECT account_id, balance_paise, held_paise FROM balances WHERE account_id = ANY(%b)"


class WalletBalance(NamedTuple):
    """In paise: to spend, and on hold for withdrawals. Both stood so at one moment."""

    balance_paise: int
    held_paise: int


class Balances:
    """Reads the balances that many callers ask for at once. One per process and event loop."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._batcher: Batcher[uuid.UUID, WalletBalance] = Batcher(
            "balances", self._read, flushers=2, divides=True
        )

    async def of(self, user_id: uuid.UUID) -> WalletBalance:
        """As it stands after this call has begun. Raises Busy or Unavailable."""
        return await self._batcher.submit(user_id)

    async def drain(self) -> None:
        """Answer whoever has asked; take nothing more."""
        await self._batcher.drain()

    async def _read(self, user_ids: Sequence[uuid.UUID]) -> list[WalletBalance]:
        async def ask(connection: Connection) -> dict[uuid.UUID, WalletBalance]:
            cursor = await connection.execute(_BALANCES, (list(user_ids),))
            return {row[0]: WalletBalance(row[1], row[2]) for row in await cursor.fetchall()}

        found = await with_retries(self._database, ask)
        return [found[one] for one in user_ids]  # sign-up writes the row
