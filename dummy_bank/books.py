"""The bank's books: one SQLite file, one thread, and a commit that is on the disk before anybody hears of it."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias, TypeVar, cast

from dummy_bank.customers import seed
from dummy_bank.refusals import Refusal
from dummy_bank.schema import prepare
from runtime.batcher import Batcher

Result = TypeVar("Result")
Act: TypeAlias = Callable[[sqlite3.Connection], Result]


@dataclass(frozen=True, slots=True)
class _Refused:
    refusal: Refusal


class Books:
    """Reads and writes as plain functions of a connection, run one after the other in a thread of their own.

    Writes that arrive together share one transaction, and so one wait for the disk; each stands or falls
    alone by its savepoint.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="books")
        self._batcher: Batcher[Act[object], object] = Batcher("bank_books", self._flush)
        self._open_connection: sqlite3.Connection | None = None

    async def open(self) -> None:
        await asyncio.get_running_loop().run_in_executor(self._thread, self._open)

    async def close(self) -> None:
        await self._batcher.drain()
        await asyncio.get_running_loop().run_in_executor(self._thread, self._connection.close)
        self._thread.shutdown()

    async def read(self, look: Act[Result]) -> Result:
        return await asyncio.get_running_loop().run_in_executor(self._thread, look, self._connection)

    async def write(self, act: Act[Result]) -> Result:
        """What `act` returns, once it is committed. Raises the Refusal that `act` raises; nothing stays then."""
        outcome = await self._batcher.submit(act)
        if isinstance(outcome, _Refused):
            raise outcome.refusal
        return cast("Result", outcome)

    async def is_ready(self) -> bool:
        return await self.read(
            lambda connection: connection.execute("SELECT 1 FROM collected").fetchone() is not None
        )

    @property
    def _connection(self) -> sqlite3.Connection:
        assert self._open_connection, "the books are opened before they are used"
        return self._open_connection

    def _open(self) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        connection = sqlite3.connect(self._path, isolation_level=None)
        connection.row_factory = sqlite3.Row
        connection.execute("PRAGMA busy_timeout = 5000")
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA foreign_keys = ON")
        prepare(connection)
        connection.execute("BEGIN IMMEDIATE")
        seed(connection)
        connection.execute("COMMIT")
        self._open_connection = connection

    async def _flush(self, acts: Sequence[Act[object]]) -> Sequence[object]:
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._commit, acts)

    def _commit(self, acts: Sequence[Act[object]]) -> list[object]:
        connection = self._connection
        connection.execute("BEGIN IMMEDIATE")
        try:
            outcomes = [_alone(connection, act) for act in acts]
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise
        return outcomes


def _alone(connection: sqlite3.Connection, act: Act[object]) -> object:
    connection.execute("SAVEPOINT one")
    try:
        return act(connection)
    except Refusal as refusal:
        connection.execute("ROLLBACK TO one")
        return _Refused(refusal)
    finally:
        connection.execute("RELEASE one")
