"""What people decided about all that waited for one: written with what it moves, or by itself where nothing moves."""

from __future__ import annotations

import uuid
from collections.abc import Generator
from contextlib import contextmanager
from typing import NamedTuple

import psycopg

from money.desk_errors import ResolvedAlready
from shared_db.connection import Connection

_ONCE = "resolutions_once_key"
_WRITE = """
INSERT INTO resolutions (id, kind, item, outcome, words, decided_by, decided_at, carried_out)
VALUES (%s, %s, %s, %s, %s, %s, clock_timestamp(), %s)
ON CONFLICT (id) DO NOTHING
"""

_IS_THERE = "SELECT 1 FROM resolutions WHERE kind = %s AND item = %s LIMIT 1"

_FOLLOWED = "SELECT carried_out FROM resolutions WHERE id = %s"


class Resolution(NamedTuple):
    """One decision; the database adds its time, and the withdrawal that it settles."""

    id: uuid.UUID
    kind: str
    item: str
    outcome: str
    words: str
    decided_by: str
    carried_out: str


@contextmanager
def resolved_once() -> Generator[None]:
    """Turns the second decision about one item into ResolvedAlready."""
    try:
        yield
    except psycopg.errors.UniqueViolation as error:
        if error.diag.constraint_name != _ONCE:
            raise
        raise ResolvedAlready from error


async def write(connection: Connection, resolution: Resolution) -> None:
    """A decision that moves nothing. Raises ResolvedAlready."""
    with resolved_once():
        await connection.execute(_WRITE, tuple(resolution))


async def is_resolved(connection: Connection, kind: str, item: str) -> bool:
    """Whether somebody has decided about it."""
    row = await (await connection.execute(_IS_THERE, (kind, item))).fetchone()
    return row is not None


async def followed_from(connection: Connection, resolution_id: uuid.UUID) -> str | None:
    """What followed from this very decision; None where it does not stand."""
    row = await (await connection.execute(_FOLLOWED, (resolution_id,))).fetchone()
    return row[0] if row else None
