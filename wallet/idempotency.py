"""A request that may be repeated: under one key it is done once, and answered alike ever after."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import NamedTuple

from money.errors import KeyInUse, KeyUsedForAnother
from shared_db import idempotency
from shared_db.connection import Connection, Database, with_retries
from shared_db.idempotency import Kept, Key

_LEASE = timedelta(minutes=3)
"""Longer than any request can take: two flushes that are tried for as long as the database may keep us waiting. After
it, whoever asks again takes over: the first died on the way, and nothing of it can still succeed behind a refusal."""


class Answer(NamedTuple):
    """What a client gets, as it is kept: the status and the text of the body."""

    status: int
    body: str
    is_final: bool
    """Kept for good; else the key is as if it had never been used."""


class Answered(NamedTuple):
    """An answer, and whether it is one of old."""

    status: int
    body: str
    is_replayed: bool


async def once(
    database: Database,
    *,
    user_id: uuid.UUID,
    route: str,
    key: str,
    body: str,
    work: Callable[[str], Awaitable[Answer]],
) -> Answered:
    """Do `work` unless it was done under this key, and keep its answer.

    `body` says what is asked, in one spelling. A caller that is cancelled leaves the key in use until the lease is
    over. `work` gets the reference under which it posts, which is the same
    when it is done again after a crash. Raises KeyUsedForAnother, KeyInUse, Unavailable, and what `work` raises.
    """
    key_hash = hashlib.sha256(key.encode()).hexdigest()
    place = Key(user_id, route, key_hash)
    body_hash = hashlib.sha256(body.encode()).hexdigest()

    async def begin(connection: Connection) -> Kept | None:
        return await idempotency.begin(connection, place, body_hash, lease=_LEASE)

    kept = await with_retries(database, begin)
    if kept:
        return _replayed(kept, body_hash)
    try:
        answer = await work(f"api:{user_id}:{route}:{key_hash}")
    except Exception:
        await _forget(database, place)
        raise
    if not answer.is_final:
        await _forget(database, place)
        return Answered(answer.status, answer.body, is_replayed=False)

    async def keep(connection: Connection) -> None:
        await idempotency.answer(connection, place, status=answer.status, body=answer.body)

    await with_retries(database, keep)
    return Answered(answer.status, answer.body, is_replayed=False)


def _replayed(kept: Kept, body_hash: str) -> Answered:
    if kept.body_hash != body_hash:
        raise KeyUsedForAnother
    if kept.status is None or kept.answer is None:
        raise KeyInUse
    return Answered(kept.status, kept.answer, is_replayed=True)


async def _forget(database: Database, place: Key) -> None:
    await with_retries(database, lambda connection: idempotency.forget(connection, place))
