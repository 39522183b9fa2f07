"""How a process reaches its database: sessions for rows, and a small pool of plain connections for batches."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import TypeVar

import psycopg
import sqlalchemy.exc
from psycopg import AsyncConnection
from psycopg.conninfo import make_conninfo
from psycopg.rows import TupleRow
from psycopg_pool import AsyncConnectionPool
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import create_async_engine
from sqlmodel.ext.asyncio.session import AsyncSession

from runtime.batcher import Unavailable
from runtime.logs import logger

Connection = AsyncConnection[TupleRow]
Result = TypeVar("Result")

CONNECTION_ERRORS = (psycopg.OperationalError, sqlalchemy.exc.OperationalError, sqlalchemy.exc.InterfaceError)
"""What the database's absence looks like to whoever calls us from outside `with_retries`."""

log = logger(__name__)
_TRIES = 4
_FIRST_PAUSE_SECONDS = 0.05
APPLICATION = "batua"
"""How our connections call themselves."""
_CONNECT_SECONDS = 2
_WAIT_FOR_CONNECTION_SECONDS = 1
# The ledger cannot be rewritten in it: shared_db/sql/roles.sql.
_IN_OUR_ROLE = "-c role=batua_app"
# The batches look rows up by key and nothing else, and their plans are made once. A plan made while a table was
# small reads all of it, and goes on doing so while the table grows, until the next ANALYZE (measured: 360 us a
# payment for one foreign key, not 4); and planning a batch anew each time costs as much as running it.
_KEY_LOOKUPS_ONLY = (
    "-c plan_cache_mode=force_generic_plan -c enable_seqscan=off -c enable_hashjoin=off -c enable_mergejoin=off "
    "-c jit=off -c lock_timeout=5s -c statement_timeout=15s"
)
# A process that is frozen between two statements holds its locks, and whoever needs those rows waits or is refused:
# within less than a lease its session is ended, and it begins anew when it wakes up.
_LETS_GO = "-c idle_in_transaction_session_timeout=10s"
_ATTENTIVE = {
    "connect_timeout": _CONNECT_SECONDS,
    "application_name": APPLICATION,
    # A peer that vanished without a word is noticed within seconds, not hours.
    "keepalives_idle": 10,
    "keepalives_interval": 3,
    "keepalives_count": 3,
    "tcp_user_timeout": 15_000,
}


class Database:
    """One per process and event loop. Connections are opened when first needed."""

    def __init__(self, url: str, *, largest_pool: int = 8) -> None:
        self._engine = create_async_engine(
            make_url(url).set(drivername="postgresql+psycopg"),
            pool_size=largest_pool,
            max_overflow=largest_pool,
            pool_pre_ping=True,
            # An unexpected error is logged in full; what was to be stored must not be in it.
            hide_parameters=True,
            connect_args={
                "connect_timeout": _CONNECT_SECONDS,
                "application_name": APPLICATION,
                "options": _IN_OUR_ROLE,
            },
        )
        self._pool = AsyncConnectionPool(
            _for_libpq(url),
            min_size=1,
            max_size=largest_pool,
            open=False,
            timeout=_WAIT_FOR_CONNECTION_SECONDS,
            reconnect_timeout=0,
            kwargs={
                "autocommit": True,
                "prepare_threshold": 1,
                "options": f"{_IN_OUR_ROLE} {_KEY_LOOKUPS_ONLY} {_LETS_GO}",
                **_ATTENTIVE,
            },
        )

    @asynccontextmanager
    async def transaction(self) -> AsyncGenerator[AsyncSession]:
        """A session whose work is committed at the end of the block, or rolled back when it raises."""
        async with AsyncSession(self._engine, expire_on_commit=False) as session, session.begin():
            yield session

    @asynccontextmanager
    async def plain(self) -> AsyncGenerator[Connection]:
        """An autocommit connection for the batches and single statements of the hot paths."""
        if self._pool.closed:
            await self._pool.open()
        async with self._pool.connection() as connection:
            yield connection

    async def forget_broken(self) -> None:
        """Replace idle connections that have died, so that the next try does not meet one of them."""
        with contextlib.suppress(psycopg.OperationalError):
            await self._pool.check()

    async def is_reachable(self) -> bool:
        """Whether it answers now."""
        async with self.plain() as connection:
            await connection.execute("SELECT 1")
        return True

    async def close(self) -> None:
        try:
            await self._engine.dispose()
        finally:
            await self._pool.close()


async def connect_alone(url: str) -> Connection:
    """An autocommit connection outside every pool, for whoever keeps it for good and closes it."""
    conninfo = make_conninfo(_for_libpq(url), options=_IN_OUR_ROLE, **_ATTENTIVE)
    return await AsyncConnection.connect(conninfo, autocommit=True)


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
        except (
            psycopg.OperationalError,
            psycopg.InterfaceError,
            psycopg.errors.IdleInTransactionSessionTimeout,
        ) as error:
            # OperationalError covers SerializationFailure, DeadlockDetected, PoolTimeout and a lost connection.
            log.warning("database tried again", attempt=attempt, error=type(error).__name__)
            if attempt == _TRIES:
                raise Unavailable from error
        await database.forget_broken()
        await asyncio.sleep(pause)
        pause *= 4
    raise AssertionError("the loop returns or raises")


def _for_libpq(url: str) -> str:
    # It knows nothing of SQLAlchemy's driver names.
    return url.replace("postgresql+psycopg://", "postgresql://", 1)
