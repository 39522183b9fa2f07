"""The rows of adding money: opened once, seen, and settled in batches."""

from __future__ import annotations

import enum
import json
import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from psycopg.rows import args_row
from sqlmodel import col, update
from sqlmodel.ext.asyncio.session import AsyncSession

from money.on_ramp import Status
from shared_db.ledger import Connection
from shared_db.models import OnRamp


class SeenOnRamp(NamedTuple):
    """What settling needs of a row, as it stood when it was read. Ids are text here: they only travel on."""

    id: str
    bank: str
    token: str
    user_identifier: str
    amount_paise: int
    status: str
    was_rejected: bool
    late_success: bool
    is_due: bool
    """Our 15 minutes are over."""
    created_at: datetime
    now: datetime
    correlation_id: str


class Event(NamedTuple):
    """One word of a bank for the inbox, and what we made of it. `body` is the signed text, unchanged."""

    bank: str
    event_id: str
    type: str
    subject: str
    body: str
    verdict: str
    reason: str | None


class Step(NamedTuple):
    """What shall happen to one payment, if it still stands as it was seen. None and False leave things as they are."""

    seen: SeenOnRamp | None
    """None: we know no such payment, there is only an event to keep."""
    event: Event | None = None
    transfer_id: str | None = None
    """Credit the owner by a transfer of this id…"""
    source: str | None = None
    """…from this account."""
    touches: bool = False
    """Whether the row changes at all; then the fields below are written, `next_enquiry_at` in any case."""
    status: str = ""
    bank_reference: str | None = None
    settled: bool = False
    rejected: bool = False
    late_success: bool | None = None
    refund_requested: bool = False
    next_enquiry_at: datetime | None = None


class StepOutcome(enum.StrEnum):
    """What became of one step."""

    DONE = "done"
    STALE = "stale"
    """The row stands differently by now: read and judge again. Nothing of the step was done."""
    CLOSED = "closed"
    """The wallet is closed and takes nothing. Nothing of the step was done."""


class DueOnRamp(NamedTuple):
    """A payment the bank is to be asked about now; `token` is None where the bank never gave us one."""

    id: uuid.UUID
    bank: str
    token: str | None
    correlation_id: str


_COLUMNS = """
SELECT id::text, bank, coalesce(token, ''), user_id::text, amount_paise, status, rejected_at IS NOT NULL,
       late_success_at IS NOT NULL, expires_at <= clock_timestamp(), created_at, clock_timestamp(), correlation_id
  FROM on_ramps
"""
_BY_TOKEN = _COLUMNS + " WHERE token = ANY(%b::text[])"
_BY_ID = _COLUMNS + " WHERE id = %s"
_SETTLE = "SELECT place, outcome FROM settle_on_ramps(%b::text[]::uuid[], %s::jsonb)"
_CLAIM_DUE = """
WITH due AS (
    SELECT id FROM on_ramps WHERE next_enquiry_at <= clock_timestamp()
     ORDER BY next_enquiry_at LIMIT %s FOR UPDATE SKIP LOCKED)
UPDATE on_ramps o SET next_enquiry_at = clock_timestamp() + %s FROM due WHERE o.id = due.id
RETURNING o.id, o.bank, o.token, o.correlation_id
"""


async def see_by_token(connection: Connection, tokens: Sequence[str]) -> list[SeenOnRamp]:
    """Every payment with one of these tokens, at any bank, as it stands now."""
    async with connection.cursor(row_factory=args_row(SeenOnRamp)) as cursor:
        await cursor.execute(_BY_TOKEN, (list(tokens),))
        return await cursor.fetchall()


async def see_by_id(connection: Connection, on_ramp_id: uuid.UUID) -> SeenOnRamp:
    """One payment as it stands now. It exists: rows are never deleted."""
    async with connection.cursor(row_factory=args_row(SeenOnRamp)) as cursor:
        await cursor.execute(_BY_ID, (on_ramp_id,))
        row = await cursor.fetchone()
    assert row is not None, "on-ramps are never deleted"
    return row


async def settle(connection: Connection, steps: Sequence[Step]) -> list[StepOutcome]:
    """Carry the steps out in one transaction of their own; one outcome each, in order."""
    on_ramps = [step.seen.id for step in steps if step.seen]
    written = json.dumps([_written(place, step) for place, step in enumerate(steps)])
    cursor = await connection.execute(_SETTLE, (on_ramps, written))
    outcomes = [StepOutcome.DONE] * len(steps)
    for place, outcome in await cursor.fetchall():
        outcomes[place] = StepOutcome(outcome)
    return outcomes


def _written(place: int, step: Step) -> dict[str, object]:
    # Only what says something: the function reads what is missing as NULL.
    written: dict[str, object] = {"place": place}
    if step.seen:
        written |= {
            "on_ramp_id": step.seen.id,
            "seen_status": step.seen.status,
            "seen_rejected": step.seen.was_rejected,
        }
    if step.transfer_id:
        written |= {"transfer_id": step.transfer_id, "source": step.source}
    if step.touches:
        written |= {
            "touches": True,
            "status": step.status,
            "bank_reference": step.bank_reference,
            "settled": step.settled,
            "rejected": step.rejected,
            "late_success": step.late_success,
            "refund_requested": step.refund_requested,
            "next_enquiry_at": step.next_enquiry_at.isoformat() if step.next_enquiry_at else None,
        }
    if step.event:
        written |= step.event._asdict()
    return written


async def claim_due(connection: Connection, *, most: int, lease_seconds: int) -> list[DueOnRamp]:
    """Payments to ask about now. Each is ours for the lease; after that any worker may take it."""
    async with connection.cursor(row_factory=args_row(DueOnRamp)) as cursor:
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
