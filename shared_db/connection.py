"""How a process reaches its database: sessions for rows, and a small pool of plain connections for batches."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from psycopg import AsyncConnection
from psycopg.rows import TupleRow
from psycopg_pool import AsyncConnectionPool
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import create_async_engine
from sqlmodel.ext.asyncio.session import AsyncSession

_APPLICATION = "batua"
_CONNECT_SECONDS = 5
# The batches look rows up by key and nothing else, and their plans are made once. A plan made while a table was
# small reads all of it, and goes on doing so while the table grows, until the next ANALYZE (measured: 360 us a
# payment for one foreign key, not 4); and planning a batch anew each time costs as much as running it.
_KEY_LOOKUPS_ONLY = (
    "-c plan_cache_mode=force_generic_plan -c enable_seqscan=off -c enable_hashjoin=off -c enable_mergejoin=off "
    "-c jit=off"
)


class Database:
    """One per process and event loop. Connections are opened when first needed."""

    def __init__(self, url: str, *, largest_pool: int = 8) -> None:
        self._engine = create_async_engine(
            make_url(url).set(drivername="postgresql+psycopg"),
            pool_size=largest_pool,
            max_overflow=largest_pool,
            pool_pre_ping=True,
            connect_args={"connect_timeout": _CONNECT_SECONDS, "application_name": _APPLICATION},
        )
        self._pool = AsyncConnectionPool(
            # libpq knows nothing of SQLAlchemy's driver names.
            url.replace("postgresql+psycopg://", "postgresql://", 1),
            min_size=1,
            max_size=largest_pool,
            open=False,
            timeout=_CONNECT_SECONDS,
            reconnect_timeout=0,
            kwargs={
                "autocommit": True,
                "connect_timeout": _CONNECT_SECONDS,
                "application_name": _APPLICATION,
                "prepare_threshold": 1,
                "options": _KEY_LOOKUPS_ONLY,
            },
        )

    @asynccontextmanager
    async def transaction(self) -> AsyncGenerator[AsyncSession]:
        """A session whose work is committed at the end of the block, or rolled back when it raises."""
        async with AsyncSession(self._engine, expire_on_commit=False) as session, session.begin():
            yield session

    @asynccontextmanager
    async def plain(self) -> AsyncGenerator[AsyncConnection[TupleRow]]:
        """An autocommit connection for the batches and single statements of the hot paths."""
        await self._pool.open()
        async with self._pool.connection() as connection:
            yield connection

    async def is_reachable(self) -> bool:
        """Whether it answers now."""
        async with self.plain() as connection:
            await connection.execute("SELECT 1")
        return True

    async def close(self) -> None:
        await self._engine.dispose()
        await self._pool.close()
