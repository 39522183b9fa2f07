"""Sign-ins as rows: begun, looked up on every call, ended."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Literal, NamedTuple

from psycopg.rows import args_row
from sqlmodel import col, func, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

from money.errors import SignedOut
from shared_db import merchants, people
from shared_db.connection import Connection
from shared_db.models import Merchant, Session, User

Browser = Literal["user_app", "merchant_app"]
"""The web app whose cookie it is; a session of one is nothing to the other."""

_LIVE_OF_API = """
SELECT one.id, one.owner_id
  FROM unnest(%b::uuid[], %b::uuid[]) AS asked (id, owner_id)
  JOIN sessions one USING (id, owner_id)
 WHERE one.audience = 'api' AND one.ended_at IS NULL AND one.expires_at > clock_timestamp()
"""
_OF_BROWSER = """
SELECT id, owner_id, last_seen_at < clock_timestamp() - interval '1 minute' FROM sessions
 WHERE token_hash = %s AND audience = %s AND ended_at IS NULL AND expires_at > clock_timestamp()
   AND last_seen_at > clock_timestamp() - %s
"""
_SEEN_NOW = "UPDATE sessions SET last_seen_at = clock_timestamp() WHERE id = %s AND ended_at IS NULL"
_LIVE_ONES = """
SELECT id FROM sessions
 WHERE id = ANY(%b) AND ended_at IS NULL AND expires_at > clock_timestamp() AND last_seen_at > clock_timestamp() - %s
"""


class BrowserSession(NamedTuple):
    """A browser's session that still counts."""

    id: uuid.UUID
    owner_id: uuid.UUID
    is_stale: bool
    """Seen more than a minute ago, as far as the row says."""


async def begin(
    session: AsyncSession,
    session_id: uuid.UUID,
    owner_id: uuid.UUID,
    *,
    expires_at: datetime,
    device: str = "",
) -> None:
    """Write the row of a new API session."""
    row = Session(id=session_id, owner_id=owner_id, audience="api", expires_at=expires_at, device=device)
    session.add(row)
    await session.flush()


async def begin_in_browser(
    session: AsyncSession,
    session_id: uuid.UUID,
    owner_id: uuid.UUID,
    *,
    browser: Browser,
    token_hash: str,
    expires_at: datetime,
    device: str = "",
) -> None:
    """Write the row of a new browser session."""
    row = Session(
        id=session_id,
        owner_id=owner_id,
        audience=browser,
        token_hash=token_hash,
        expires_at=expires_at,
        device=device,
    )
    session.add(row)
    await session.flush()


async def live_of_api(
    connection: Connection, asked: Sequence[tuple[uuid.UUID, uuid.UUID]]
) -> set[tuple[uuid.UUID, uuid.UUID]]:
    """Those of these sessions of the API, each with its user, that still count."""
    session_ids, owner_ids = ([pair[place] for pair in asked] for place in (0, 1))
    cursor = await connection.execute(_LIVE_OF_API, (session_ids, owner_ids))
    return {(row[0], row[1]) for row in await cursor.fetchall()}


async def of_browser(
    connection: Connection, token_hash: str, *, browser: Browser, idle: timedelta
) -> BrowserSession | None:
    """The session with this cookie, unless it has ended, expired or been idle for too long."""
    async with connection.cursor(row_factory=args_row(BrowserSession)) as cursor:
        await cursor.execute(_OF_BROWSER, (token_hash, browser, idle))
        return await cursor.fetchone()


async def seen_now(connection: Connection, session_id: uuid.UUID) -> None:
    """Somebody has used this session just now."""
    await connection.execute(_SEEN_NOW, (session_id,))


async def still_live(
    connection: Connection, session_ids: list[uuid.UUID], *, idle: timedelta
) -> set[uuid.UUID]:
    """Those of these browser sessions that still count. Asking does not keep them alive."""
    cursor = await connection.execute(_LIVE_ONES, (session_ids, idle))
    return {row[0] for row in await cursor.fetchall()}


async def is_live_within(session: AsyncSession, session_id: uuid.UUID) -> bool:
    """Whether this session has not ended, as this transaction sees it."""
    live = select(Session.id).where(col(Session.id) == session_id, col(Session.ended_at).is_(None))
    return (await session.exec(live)).first() is not None


async def held_from(session: AsyncSession, owner_id: uuid.UUID, session_id: uuid.UUID) -> User:
    """A person whom nobody else changes until this transaction ends. Raises SignedOut when their session has ended."""
    user = await people.held(session, owner_id)
    # Under the row's lock: a session that another change has ended meanwhile changes nothing.
    if not await is_live_within(session, session_id):
        raise SignedOut
    return user


async def shop_held_from(session: AsyncSession, merchant_id: uuid.UUID, session_id: uuid.UUID) -> Merchant:
    """The same for a merchant."""
    merchant = await merchants.held(session, merchant_id)
    if not await is_live_within(session, session_id):
        raise SignedOut
    return merchant


async def has_begun_within(session: AsyncSession, session_id: uuid.UUID, time: timedelta) -> bool:
    """Whether this session was begun so short a time ago."""
    young = select(Session.id).where(
        col(Session.id) == session_id, col(Session.created_at) > func.clock_timestamp() - time
    )
    return (await session.exec(young)).first() is not None


async def end_one(
    session: AsyncSession, owner_id: uuid.UUID, session_id: uuid.UUID, *, but: uuid.UUID
) -> bool:
    """End one session of a person, unless it is `but`; whether there was one. Another person's is no such one."""
    one = update(Session).where(
        col(Session.id) == session_id,
        col(Session.id) != but,
        col(Session.owner_id) == owner_id,
        col(Session.ended_at).is_(None),
    )
    ended = await session.exec(one.values(ended_at=func.now()).returning(col(Session.id)))
    return ended.first() is not None


async def end_others(session: AsyncSession, owner_id: uuid.UUID, *, but: uuid.UUID) -> None:
    """End every other session of a person, as a new password must."""
    others = update(Session).where(
        col(Session.owner_id) == owner_id, col(Session.id) != but, col(Session.ended_at).is_(None)
    )
    await session.exec(others.values(ended_at=func.now()))


async def end_all(session: AsyncSession, owner_id: uuid.UUID) -> None:
    """End every session of a person, in browsers and of the API."""
    all_of_them = update(Session).where(col(Session.owner_id) == owner_id, col(Session.ended_at).is_(None))
    await session.exec(all_of_them.values(ended_at=func.now()))


async def end_of_browser(session: AsyncSession, token_hash: str, *, browser: Browser) -> uuid.UUID | None:
    """End the session with this cookie; whose it was."""
    one = update(Session).where(
        col(Session.token_hash) == token_hash,
        col(Session.audience) == browser,
        col(Session.ended_at).is_(None),
    )
    ended = await session.exec(one.values(ended_at=func.now()).returning(col(Session.owner_id)))
    return ended.scalars().first()
