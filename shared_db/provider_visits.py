"""Browsers on their way to a provider and back, and newcomers from there, each known by the hash of a cookie."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import NamedTuple

from psycopg.rows import args_row
from sqlmodel import col, delete, select
from sqlmodel.ext.asyncio.session import AsyncSession

from shared_db.connection import Connection
from shared_db.models import Newcomer

_CLEARED_AT_ONCE = 100
_CLEAR = """
DELETE FROM {table} WHERE token_hash IN (
    SELECT token_hash FROM {table} WHERE expires_at < clock_timestamp() ORDER BY expires_at LIMIT %s
       FOR UPDATE SKIP LOCKED)
"""
_CLEAR_VISITS = _CLEAR.format(table="provider_visits")
_CLEAR_NEWCOMERS = _CLEAR.format(table="newcomers")
_SEND = """
INSERT INTO provider_visits
    (token_hash, state, provider, nonce, code_verifier, session_id, next_page, expires_at)
VALUES (%s, %s, %s, %s, %s, %s, %s, clock_timestamp() + %s)
"""
_COME_BACK = """
DELETE FROM provider_visits WHERE token_hash = %s AND state = %s
RETURNING provider, nonce, code_verifier, session_id, next_page, expires_at > clock_timestamp()
"""
_RECEIVE = """
INSERT INTO newcomers (token_hash, issuer, subject, shown_as, name, email, expires_at)
VALUES (%s, %s, %s, %s, %s, %s, clock_timestamp() + %s)
"""


class Visit(NamedTuple):
    """What a browser took along to a provider."""

    provider: str
    nonce: str
    code_verifier: str
    session_id: uuid.UUID | None
    """The session that connects what it comes back with; None: somebody logs in."""
    next_page: str
    is_in_time: bool = True


async def send_off(
    connection: Connection, token_hash: str, state: str, visit: Visit, *, life: timedelta
) -> None:
    """A browser goes; those that never came back are forgotten."""
    await connection.execute(_CLEAR_VISITS, (_CLEARED_AT_ONCE,))
    values = (visit.provider, visit.nonce, visit.code_verifier, visit.session_id, visit.next_page, life)
    await connection.execute(_SEND, (token_hash, state, *values))


async def come_back(connection: Connection, token_hash: str, state: str) -> Visit | None:
    """What this browser took along, once; None: it never went with this state, or has been back."""
    async with connection.cursor(row_factory=args_row(Visit)) as cursor:
        await cursor.execute(_COME_BACK, (token_hash, state))
        return await cursor.fetchone()


async def receive(connection: Connection, newcomer: Newcomer, *, life: timedelta) -> None:
    """Somebody came back who has no shop yet; its `expires_at` is set here."""
    await connection.execute(_CLEAR_NEWCOMERS, (_CLEARED_AT_ONCE,))
    values = (newcomer.issuer, newcomer.subject, newcomer.shown_as, newcomer.name, newcomer.email, life)
    await connection.execute(_RECEIVE, (newcomer.token_hash, *values))


async def newcomer(session: AsyncSession, token_hash: str) -> Newcomer | None:
    """Who waits under this cookie; the caller looks at the time."""
    return (await session.exec(select(Newcomer).where(col(Newcomer.token_hash) == token_hash))).first()


async def has_arrived(session: AsyncSession, token_hash: str) -> bool:
    """They have a shop now; whether they waited still."""
    gone = delete(Newcomer).where(col(Newcomer.token_hash) == token_hash).returning(col(Newcomer.token_hash))
    return (await session.exec(gone)).first() is not None
