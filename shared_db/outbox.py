"""The outbox of development as rows: what would have been sent, kept and read."""

from __future__ import annotations

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from shared_db.models import OutboxMessage


async def put(session: AsyncSession, message: OutboxMessage) -> None:
    session.add(message)
    await session.flush()


async def oldest_first(session: AsyncSession, *, recipient: str | None) -> list[OutboxMessage]:
    """All of them, or those to one recipient."""
    statement = select(OutboxMessage).order_by(col(OutboxMessage.created_at), col(OutboxMessage.id))
    if recipient is not None:
        statement = statement.where(col(OutboxMessage.recipient) == recipient)
    return list((await session.exec(statement)).all())
