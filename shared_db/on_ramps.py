"""The rows of adding money: opened once, seen, and settled in batches."""

from __future__ import annotations

import enum
import json
import uuid
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from psycopg.rows import args_row
from sqlalchemy.exc import IntegrityError
from sqlmodel import col, update
from sqlmodel.ext.asyncio.session import AsyncSession

from money.errors import WalletClosed
from money.on_ramp import Status
from shared_db.connection import Connection
from shared_db.models import OnRamp
from shared_db.people import is_held_open


class SeenOnRamp(NamedTuple):
    """A row as it stood when it was read, or as it shall stand. Ids are text here: they only travel on."""

    id: str
    """Empty in an assumed row."""
    bank: str
    token: str
    """Empty where the bank never gave us one."""
    user_identifier: str
    amount_paise: int
    correlation_id: str
    version: int
    created_at: datetime
    is_due: bool
    """Our 15 minutes are over."""
    now: datetime
    """The database's clock when it was read."""
    status: str
    bank_reference: str | None
    settled_at: datetime | None
    rejected_at: datetime | None
    late_success_at: datetime | None
    refund_decided_at: datetime | None
    refund_heard_at: datetime | None
    next_enquiry_at: datetime | None


_MAY_CHANGE = (
    "status",
    "bank_reference",
    "settled_at",
    "rejected_at",
    "late_success_at",
    "refund_decided_at",
    "refund_heard_at",
    "next_enquiry_at",
)


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
    """What shall happen to one payment, if it still stands as it was seen."""

    seen: SeenOnRamp | None
    """None: we know no such payment, there is only an event to keep."""
    after: SeenOnRamp | None = None
    """How the row shall stand; None leaves it as it is."""
    event: Event | None = None
    transfer_id: str | None = None
    """Credit the owner by a transfer of this id…"""
    source: str | None = None
    """…from this account."""


class StepOutcome(enum.StrEnum):
    """What became of one step."""

    DONE = "done"
    STALE = "stale"
    """The row has changed since: read and judge again. Nothing of the step was done."""
    CLOSED = "closed"
    """The wallet is closed and takes nothing. Nothing of the step was done."""


class Settled(NamedTuple):
    """What became of one step, and of which payment it was."""

    outcome: StepOutcome
    on_ramp_id: str | None
    correlation_id: str | None


class DueOnRamp(NamedTuple):
    """A payment the bank is to be asked about now; `token` is None where the bank never gave us one."""

    id: uuid.UUID
    token: str | None
    correlation_id: str
    version: int


_OUTCOMES = {one.value: one for one in StepOutcome}
_COLUMNS = """
SELECT id::text, bank, coalesce(token, ''), user_id::text, amount_paise, correlation_id, version, created_at,
       expires_at <= clock_timestamp(), clock_timestamp(), status, bank_reference, settled_at, rejected_at,
       late_success_at, refund_decided_at, refund_heard_at, next_enquiry_at
  FROM on_ramps
"""
_BY_TOKEN = _COLUMNS + " WHERE token = ANY(%b::text[])"
_BY_ID = _COLUMNS + " WHERE id = %s"
_SETTLE = """
SELECT place, outcome, on_ramp_id, correlation_id
  FROM settle_on_ramps(%b::text[]::uuid[], %b::text[], %s::jsonb)
"""
_CLAIM_DUE = "SELECT id, token, correlation_id, version FROM claim_enquiries(%s, %s, %s)"


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


def assumed(*, bank: str, token: str, user_identifier: str, amount_paise: int) -> SeenOnRamp:
    """A payment that nobody has spoken of yet, as an event describes it: the database checks that it is so.

    Nearly every event is the first one about its payment, and assuming it saves reading the row.
    """
    now = datetime.now(UTC)
    standing = (Status.PENDING.value, None, None, None, None, None, None, now)
    return SeenOnRamp("", bank, token, user_identifier, amount_paise, "", 0, now, False, now, *standing)  # noqa: FBT003


async def settle(connection: Connection, steps: Sequence[Step]) -> list[Settled]:
    """Carry the steps out in one transaction of their own; one outcome each, in order."""
    written = json.dumps(
        [_written(place, step) for place, step in enumerate(steps)], default=datetime.isoformat
    )
    on_ramps = [step.seen.id for step in steps if step.seen and step.seen.id]
    tokens = [step.seen.token for step in steps if step.seen and not step.seen.id]
    cursor = await connection.execute(_SETTLE, (on_ramps, tokens, written))
    settled = [Settled(StepOutcome.STALE, None, None)] * len(steps)
    for place, outcome, on_ramp_id, correlation_id in await cursor.fetchall():
        settled[place] = Settled(_OUTCOMES[outcome], on_ramp_id, correlation_id)
    return settled


def _written(place: int, step: Step) -> dict[str, object]:
    # Only what says something: the function reads what is missing as NULL.
    written: dict[str, object] = {"place": place}
    seen = step.seen
    if seen and seen.id:
        written |= {"on_ramp_id": seen.id, "version": seen.version}
    elif seen:
        written |= {
            "token": seen.token,
            "bank_asked": seen.bank,
            "version": seen.version,
            "amount_paise": seen.amount_paise,
            "user_identifier": seen.user_identifier,
        }
    if step.transfer_id:
        written |= {"transfer_id": step.transfer_id, "source": step.source}
    if step.after:
        for name in _MAY_CHANGE:
            value = getattr(step.after, name)
            if value is not None:
                written[name] = value
    if step.event:
        written |= step.event._asdict()
    return written


async def claim_due(connection: Connection, bank: str, *, most: int, lease_seconds: int) -> list[DueOnRamp]:
    """Payments to ask this bank about now. Each is ours for the lease; after that any worker may take it."""
    async with connection.cursor(row_factory=args_row(DueOnRamp)) as cursor:
        await cursor.execute(_CLAIM_DUE, (bank, most, timedelta(seconds=lease_seconds)))
        return await cursor.fetchall()


async def open_on_ramp(session: AsyncSession, on_ramp: OnRamp) -> None:
    """Write a pending row. Raises WalletClosed: what is opened before a wallet is closed keeps it open."""
    if not await is_held_open(session, on_ramp.user_id):
        raise WalletClosed
    session.add(on_ramp)
    await session.flush()


class TokenTaken(Exception):
    """The bank has given this token for another payment already."""


async def keep_token(session: AsyncSession, on_ramp_id: uuid.UUID, *, token: str, redirect_url: str) -> None:
    """What the bank answered: its token and where to send the browser. Raises TokenTaken."""
    statement = update(OnRamp).where(col(OnRamp.id) == on_ramp_id)
    try:
        await session.exec(statement.values(token=token, redirect_url=redirect_url))
    except IntegrityError as error:
        raise TokenTaken from error


async def mark_not_started(session: AsyncSession, on_ramp_id: uuid.UUID) -> None:
    """The bank gave no token, so nobody can pay: a failure from the start."""
    statement = update(OnRamp).where(col(OnRamp.id) == on_ramp_id, col(OnRamp.token).is_(None))
    await session.exec(
        statement.values(status=Status.FAILURE.value, next_enquiry_at=None, version=col(OnRamp.version) + 1)
    )


async def find_of_user(session: AsyncSession, on_ramp_id: uuid.UUID, user_id: uuid.UUID) -> OnRamp | None:
    """A person's own payment; another person's is None like one that never was."""
    row = await session.get(OnRamp, on_ramp_id)
    return row if row and row.user_id == user_id else None
