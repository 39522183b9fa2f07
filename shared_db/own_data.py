"""Everything that is kept of one person, a page at a time, for whoever wants it all."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from psycopg.rows import args_row

from shared_db.connection import Connection

_PROFILE = """
SELECT u.id, u.first_name, u.last_name, u.email, u.email_verified_at, u.phone, u.phone_verified_at, u.created_at,
       b.balance_paise, b.held_paise, b.frozen_at
  FROM users u JOIN balances b ON b.account_id = u.id WHERE u.id = %s
"""
_SESSIONS = """
SELECT id, audience = 'api', device, created_at, last_seen_at, expires_at, ended_at FROM sessions
 WHERE owner_id = %s AND id > %s ORDER BY id LIMIT %s
"""
_ON_RAMPS = """
SELECT id, bank, amount_paise, status, bank_reference, created_at, settled_at FROM on_ramps
 WHERE user_id = %s AND id > %s ORDER BY user_id, id LIMIT %s
"""
_WITHDRAWALS = """
SELECT number, id, bank, account_number, ifsc, amount_paise, status, utr, reason, created_at, settled_at
  FROM withdrawals WHERE owner_id = %s AND number > %s ORDER BY owner_id, number LIMIT %s
"""
# Of a withdrawal that was asked about for months, the first ones.
_ATTEMPTS = """
SELECT a.withdrawal_id, a.call, a.outcome, a.began_at, a.latency_ms, a.words
  FROM unnest(%b::uuid[]) AS asked (id)
 CROSS JOIN LATERAL (
       SELECT * FROM withdrawal_attempts x WHERE x.withdrawal_id = asked.id ORDER BY x.began_at LIMIT %s) a
"""
FIRST = uuid.UUID(int=0)
MOST_ATTEMPTS = 1_000


class Profile(NamedTuple):
    id: uuid.UUID
    first_name: str
    last_name: str
    email: str
    email_verified_at: datetime | None
    phone: str | None
    phone_verified_at: datetime | None
    created_at: datetime
    balance_paise: int
    held_paise: int
    frozen_at: datetime | None


class KeptSession(NamedTuple):
    id: uuid.UUID
    is_program: bool
    device: str
    begun_at: datetime
    last_seen_at: datetime
    expires_at: datetime
    ended_at: datetime | None


class KeptOnRamp(NamedTuple):
    id: uuid.UUID
    bank: str
    amount_paise: int
    status: str
    bank_reference: str | None
    created_at: datetime
    settled_at: datetime | None


class KeptWithdrawal(NamedTuple):
    number: int
    id: uuid.UUID
    bank: str
    account_number: str
    ifsc: str
    amount_paise: int
    status: str
    utr: str | None
    reason: str | None
    created_at: datetime
    settled_at: datetime | None


class KeptAttempt(NamedTuple):
    withdrawal_id: uuid.UUID
    call: str
    outcome: str
    began_at: datetime
    latency_ms: int
    words: str | None


async def profile_of(connection: Connection, user_id: uuid.UUID) -> Profile:
    """A person who is signed in, and so exists."""
    async with connection.cursor(row_factory=args_row(Profile)) as cursor:
        await cursor.execute(_PROFILE, (user_id,))
        found = await cursor.fetchone()
    assert found is not None, "people are never deleted"
    return found


async def sessions_after(
    connection: Connection, user_id: uuid.UUID, after: uuid.UUID, most: int
) -> list[KeptSession]:
    """All there ever were, by id."""
    async with connection.cursor(row_factory=args_row(KeptSession)) as cursor:
        await cursor.execute(_SESSIONS, (user_id, after, most))
        return await cursor.fetchall()


async def on_ramps_after(
    connection: Connection, user_id: uuid.UUID, after: uuid.UUID, most: int
) -> list[KeptOnRamp]:
    """By id, the oldest first."""
    async with connection.cursor(row_factory=args_row(KeptOnRamp)) as cursor:
        await cursor.execute(_ON_RAMPS, (user_id, after, most))
        return await cursor.fetchall()


async def withdrawals_after(
    connection: Connection, user_id: uuid.UUID, after: int, most: int
) -> list[KeptWithdrawal]:
    """By their number, the oldest first."""
    async with connection.cursor(row_factory=args_row(KeptWithdrawal)) as cursor:
        await cursor.execute(_WITHDRAWALS, (user_id, after, most))
        return await cursor.fetchall()


async def attempts_of_all(connection: Connection, withdrawal_ids: Sequence[uuid.UUID]) -> list[KeptAttempt]:
    """Each call to a bank about these, of each at most the first thousand."""
    async with connection.cursor(row_factory=args_row(KeptAttempt)) as cursor:
        await cursor.execute(_ATTEMPTS, (list(withdrawal_ids), MOST_ATTEMPTS))
        return await cursor.fetchall()
