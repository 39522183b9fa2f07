"""Movements of other days: the ledger itself posts them, at moments that a test names.

Its clock is one of ours, found before PostgreSQL's own, on a connection of the tables' owner.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime

import psycopg

from money.movements import Movement, Posting
from shared_db.connection import Connection
from shared_db.ledger import post

_A_CLOCK_OF_OURS = """
CREATE SCHEMA IF NOT EXISTS told;
CREATE TABLE IF NOT EXISTS told.now (moment timestamptz);
CREATE OR REPLACE FUNCTION told.clock_timestamp() RETURNS timestamptz LANGUAGE sql AS 'SELECT moment FROM told.now';
SET search_path = told, public, pg_catalog;
"""


class Clerk:
    """Posts at the moments it is told, which follow one another."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def posts(self, moment: datetime, *movements: Movement) -> list[Posting]:
        await self._connection.execute("DELETE FROM told.now")
        await self._connection.execute("INSERT INTO told.now VALUES (%s)", (moment,))
        return [one.outcome for one in await post(self._connection, movements)]


@asynccontextmanager
async def clerk_of(url: str) -> AsyncIterator[Clerk]:
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
        await connection.execute(_A_CLOCK_OF_OURS)
        yield Clerk(connection)
