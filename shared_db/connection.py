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
                # These connections look rows up by key and nothing else. A plan that was made while a table was
                # empty would scan it row by row until the next ANALYZE (measured: 360 us a payment, not 4).
                "options": "-c enable_seqscan=off",
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
