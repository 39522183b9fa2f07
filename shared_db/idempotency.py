"""The keys with which clients may repeat a request: what was asked, and what was answered."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import NamedTuple

from psycopg.rows import args_row

from shared_db.connection import Connection

_BEGIN = """
INSERT INTO idempotency_keys AS kept (user_id, route, key_hash, body_hash, begun_at)
VALUES (%(user_id)s, %(route)s, %(key_hash)s, %(body_hash)s, clock_timestamp())
    ON CONFLICT ON CONSTRAINT idempotency_keys_pkey DO UPDATE SET begun_at = clock_timestamp()
 WHERE kept.status IS NULL AND kept.body_hash = EXCLUDED.body_hash
   AND kept.begun_at < clock_timestamp() - %(lease)s::interval
RETURNING 1
"""
_KEPT = """
SELECT body_hash, status, answer FROM idempotency_keys WHERE (user_id, route, key_hash) = (%s, %s, %s)
"""
_ANSWER = """
UPDATE idempotency_keys SET status = %s, answer = %s
 WHERE (user_id, route, key_hash) = (%s, %s, %s) AND status IS NULL
"""
_FORGET = "DELETE FROM idempotency_keys WHERE (user_id, route, key_hash) = (%s, %s, %s) AND status IS NULL"


class Key(NamedTuple):
    """One key of one person on one route. `key_hash` is the SHA-256 of what the client sent, in hex."""

    user_id: uuid.UUID
    route: str
    key_hash: str


class Kept(NamedTuple):
    """What stands under a key; `status` and `answer` are None while the first request runs."""

    body_hash: str
    status: int | None
    answer: str | None


async def begin(connection: Connection, key: Key, body_hash: str, *, lease: timedelta) -> Kept | None:
    """None: it is ours to do, for the lease. Else what stands under this key already."""
    values = {**key._asdict(), "body_hash": body_hash, "lease": lease}
    while True:
        if await (await connection.execute(_BEGIN, values)).fetchone():
            return None
        async with connection.cursor(row_factory=args_row(Kept)) as cursor:
            await cursor.execute(_KEPT, key)
            kept = await cursor.fetchone()
        # It may have been forgotten in between: then it is ours to begin.
        if kept:
            return kept


async def answer(connection: Connection, key: Key, *, status: int, body: str) -> None:
    """Keep the answer for good."""
    await connection.execute(_ANSWER, (status, body, *key))


async def forget(connection: Connection, key: Key) -> None:
    """As if it had not been used: what came of it is nothing that should be repeated."""
    await connection.execute(_FORGET, key)
