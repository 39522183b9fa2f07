"""The rows of adding money: opened once, locked in id order, changed in batches."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from psycopg.rows import class_row
from sqlmodel import col, update
from sqlmodel.ext.asyncio.session import AsyncSession

from money.on_ramp import Status
from shared_db.ledger import Connection
from shared_db.models import OnRamp


@dataclass(frozen=True, slots=True)
class LockedOnRamp:
    """What settling needs of a row whose lock we hold."""

    id: uuid.UUID
    bank: str
    token: str
    user_id: uuid.UUID
    amount_paise: int
    status: str
    was_rejected: bool
    late_success: bool
    is_due: bool
    """Our 15 minutes are over."""
    created_at: datetime
    now: datetime
    correlation_id: str


@dataclass(frozen=True, slots=True)
class OnRampChange:
    """How a row shall stand. What is None or False stays as it was; `next_enquiry_at` is always written."""

    id: uuid.UUID
    status: Status
    bank_reference: str | None = None
    settled: bool = False
    rejected: bool = False
    late_success: bool | None = None
    refund_requested: bool = False
    next_enquiry_at: datetime | None = None


_COLUMNS = """
id, bank, token, user_id, amount_paise, status, rejected_at IS NOT NULL AS was_rejected,
late_success_at IS NOT NULL AS late_success, expires_at <= clock_timestamp() AS is_due, created_at,
clock_timestamp() AS now, correlation_id
"""
_LOCK_BY_TOKEN = f"SELECT {_COLUMNS} FROM on_ramps WHERE token = ANY(%s) ORDER BY id FOR NO KEY UPDATE"  # noqa: S608
_LOCK_BY_ID = f"SELECT {_COLUMNS} FROM on_ramps WHERE id = %s FOR NO KEY UPDATE"  # noqa: S608
_CHANGE = """
UPDATE on_ramps o
   SET status = u.status,
       bank_reference = coalesce(u.bank_reference, o.bank_reference),
       settled_at = CASE WHEN u.settled THEN clock_timestamp() ELSE o.settled_at END,
       rejected_at = CASE WHEN u.rejected THEN clock_timestamp() ELSE o.rejected_at END,
       late_success_at = CASE WHEN u.late_success THEN clock_timestamp()
                              WHEN NOT u.late_success THEN NULL ELSE o.late_success_at END,
       refund_requested_at = CASE WHEN u.refunded THEN clock_timestamp() ELSE o.refund_requested_at END,
       next_enquiry_at = u.next_enquiry_at
  FROM unnest(%s::uuid[], %s::text[], %s::text[], %s::boolean[], %s::boolean[], %s::boolean[], %s::boolean[],
              %s::timestamptz[])
       AS u (id, status, bank_reference, settled, rejected, late_success, refunded, next_enquiry_at)
 WHERE o.id = u.id
"""
_CLAIM_DUE = """
WITH due AS (
    SELECT id FROM on_ramps WHERE next_enquiry_at <= clock_timestamp()
     ORDER BY next_enquiry_at LIMIT %s FOR UPDATE SKIP LOCKED)
UPDATE on_ramps o SET next_enquiry_at = clock_timestamp() + %s FROM due WHERE o.id = due.id
RETURNING o.id, o.bank, o.token, o.correlation_id
"""


@dataclass(frozen=True, slots=True)
class DueOnRamp:
    """A payment the bank is to be asked about now; `token` is None where the bank never gave us one."""

    id: uuid.UUID
    bank: str
    token: str | None
    correlation_id: str


async def lock_by_token(connection: Connection, tokens: Sequence[str]) -> list[LockedOnRamp]:
    """Every payment with one of these tokens, at any bank, locked in id order."""
    async with connection.cursor(row_factory=class_row(LockedOnRamp)) as cursor:
        await cursor.execute(_LOCK_BY_TOKEN, (list(tokens),))
        return await cursor.fetchall()


async def lock_by_id(connection: Connection, on_ramp_id: uuid.UUID) -> LockedOnRamp:
    """One payment, locked. It exists: rows are never deleted."""
    async with connection.cursor(row_factory=class_row(LockedOnRamp)) as cursor:
        await cursor.execute(_LOCK_BY_ID, (on_ramp_id,))
        row = await cursor.fetchone()
    assert row is not None, "on-ramps are never deleted"
    return row


async def change(connection: Connection, changes: Sequence[OnRampChange]) -> None:
    """Write how locked rows stand now, all in one statement."""
    if not changes:
        return
    columns = (
        [one.id for one in changes],
        [one.status.value for one in changes],
        [one.bank_reference for one in changes],
        [one.settled for one in changes],
        [one.rejected for one in changes],
        [one.late_success for one in changes],
        [one.refund_requested for one in changes],
        [one.next_enquiry_at for one in changes],
    )
    await connection.execute(_CHANGE, columns)


async def claim_due(connection: Connection, *, most: int, lease_seconds: int) -> list[DueOnRamp]:
    """Payments to ask about now. Each is ours for the lease; after that any worker may take it."""
    async with connection.cursor(row_factory=class_row(DueOnRamp)) as cursor:
        await cursor.execute(_CLAIM_DUE, (most, timedelta(seconds=lease_seconds)))
        return await cursor.fetchall()


async def open_on_ramp(session: AsyncSession, on_ramp: OnRamp) -> None:
    """Write a pending row."""
    session.add(on_ramp)
    await session.flush()


async def keep_token(session: AsyncSession, on_ramp_id: uuid.UUID, *, token: str, redirect_url: str) -> None:
    """What the bank answered: its token and where to send the browser."""
    statement = update(OnRamp).where(col(OnRamp.id) == on_ramp_id)
    await session.exec(statement.values(token=token, redirect_url=redirect_url))


async def mark_not_started(session: AsyncSession, on_ramp_id: uuid.UUID) -> None:
    """The bank gave no token, so nobody can pay: a failure from the start."""
    statement = update(OnRamp).where(col(OnRamp.id) == on_ramp_id, col(OnRamp.token).is_(None))
    await session.exec(statement.values(status=Status.FAILURE.value, next_enquiry_at=None))


async def find_of_user(session: AsyncSession, on_ramp_id: uuid.UUID, user_id: uuid.UUID) -> OnRamp | None:
    """A person's own payment; another person's is None like one that never was."""
    row = await session.get(OnRamp, on_ramp_id)
    return row if row and row.user_id == user_id else None
