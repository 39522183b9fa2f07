"""How a wallet stands: frozen, unfrozen, closed for good."""

from __future__ import annotations

import uuid
from typing import Literal

from sqlmodel import col, func, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

from shared_db.connection import Connection
from shared_db.models import Balance

Obstacle = Literal["balance", "hold", "on_ramp", "withdrawal"]
"""What keeps a wallet open."""
_OBSTACLES = "SELECT closing_obstacles(%s)"


async def freeze(session: AsyncSession, user_id: uuid.UUID) -> None:
    """From now on nothing leaves it; one that is frozen stays so since then."""
    frozen = update(Balance).where(col(Balance.account_id) == user_id, col(Balance.frozen_at).is_(None))
    await session.exec(frozen.values(frozen_at=func.clock_timestamp()))


async def unfreeze(session: AsyncSession, user_id: uuid.UUID) -> None:
    """What waits may leave again, within seconds."""
    await session.exec(update(Balance).where(col(Balance.account_id) == user_id).values(frozen_at=None))


async def close(session: AsyncSession, user_id: uuid.UUID) -> list[Obstacle]:
    """Close it unless something keeps it open; what does. The caller holds the person's row (`people.held`)."""
    return (await session.exec(select(func.close_wallet(user_id)))).one()


async def obstacles(connection: Connection, user_id: uuid.UUID) -> list[Obstacle]:
    """What would keep it open if it were to be closed now."""
    cursor = await connection.execute(_OBSTACLES, (user_id,))
    row = await cursor.fetchone()
    assert row is not None, "a function without a table has one row"
    return row[0]
