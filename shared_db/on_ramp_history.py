"""Adding money as its owner reads it: the attempts, newest first, and one of them."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime

from psycopg.rows import class_row

from shared_db.connection import Connection

_COLUMNS = """
SELECT id, bank, amount_paise, status, bank_reference, created_at, expires_at, settled_at,
       redirect_url, late_success_at IS NOT NULL AS is_being_checked, refund_decided_at IS NOT NULL AS is_refunded,
       refund_heard_at, token IS NOT NULL AS has_reached_bank
  FROM on_ramps
"""
_OF_OWNER = _COLUMNS + " WHERE user_id = %s ORDER BY user_id, id DESC LIMIT %s"
_ONE = _COLUMNS + " WHERE id = %s AND user_id = %s"


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt to add money."""

    id: uuid.UUID
    bank: str
    amount_paise: int
    status: str
    bank_reference: str | None
    created_at: datetime
    expires_at: datetime
    settled_at: datetime | None
    redirect_url: str | None
    """The bank's page for it."""
    is_being_checked: bool
    """The bank has said two things, and is being asked which one is true."""
    is_refunded: bool
    """The bank is to give the money back, or has done so."""
    refund_heard_at: datetime | None
    """The bank has told us that it has."""
    has_reached_bank: bool


async def attempts_of(connection: Connection, user_id: uuid.UUID, *, most: int) -> list[Attempt]:
    """A person's latest attempts, newest first."""
    async with connection.cursor(row_factory=class_row(Attempt)) as cursor:
        await cursor.execute(_OF_OWNER, (user_id, most))
        return await cursor.fetchall()


async def attempt_of(connection: Connection, on_ramp_id: str, user_id: uuid.UUID) -> Attempt | None:
    """A person's own attempt; another person's is None like one that never was, and so is what is no id."""
    try:
        wanted = uuid.UUID(on_ramp_id)
    except ValueError:
        return None
    async with connection.cursor(row_factory=class_row(Attempt)) as cursor:
        await cursor.execute(_ONE, (wanted, user_id))
        return await cursor.fetchone()


async def belongs_to(connection: Connection, on_ramp_id: str, user_id: uuid.UUID) -> bool:
    """Whether there is such an attempt and it is this person's."""
    return await attempt_of(connection, on_ramp_id, user_id) is not None
