"""Sign-ins as rows: begun, looked up on every call, ended."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlmodel import col, func, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

from shared_db.connection import Connection
from shared_db.models import Session

_IS_LIVE = """
SELECT 1 FROM sessions
 WHERE id = %s AND user_id = %s AND audience = 'api' AND ended_at IS NULL AND expires_at > clock_timestamp()
"""


async def begin(
    session: AsyncSession, session_id: uuid.UUID, user_id: uuid.UUID, *, expires_at: datetime
) -> None:
    """Write the row of a new API session."""
    session.add(Session(id=session_id, user_id=user_id, audience="api", expires_at=expires_at))
    await session.flush()


async def is_live(connection: Connection, session_id: uuid.UUID, user_id: uuid.UUID) -> bool:
    """Whether this API session of this user still counts."""
    cursor = await connection.execute(_IS_LIVE, (session_id, user_id))
    return await cursor.fetchone() is not None


async def is_live_within(session: AsyncSession, session_id: uuid.UUID) -> bool:
    """The same, as this transaction sees it."""
    live = select(Session.id).where(col(Session.id) == session_id, col(Session.ended_at).is_(None))
    return (await session.exec(live)).first() is not None


async def end_others(session: AsyncSession, user_id: uuid.UUID, *, but: uuid.UUID) -> None:
    """End every other session of a person, as a new password must."""
    others = update(Session).where(
        col(Session.user_id) == user_id, col(Session.id) != but, col(Session.ended_at).is_(None)
    )
    await session.exec(others.values(ended_at=func.now()))
