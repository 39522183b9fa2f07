"""What an owner sees of their withdrawals."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from psycopg.rows import args_row

from shared_db.connection import Connection

_OPEN = "status IN ('queued', 'sending', 'unknown', 'needs_attention')"
_COLUMNS = f"""
SELECT w.id, w.bank, w.account_number, w.ifsc, w.amount_paise, w.status, w.utr, w.reason, w.created_at, w.settled_at,
       CASE WHEN w.{_OPEN} THEN
            (SELECT count(*) FROM withdrawals before
              WHERE before.owner_id = w.owner_id AND before.number <= w.number AND before.{_OPEN})
       END,
       w.correction, w.doubted_at IS NOT NULL,
       CASE WHEN l.worker IS NULL THEN l.next_at END, b.frozen_at IS NOT NULL,
       (SELECT head.status FROM withdrawals head
         WHERE head.owner_id = w.owner_id AND (head.{_OPEN} OR head.doubted_at IS NOT NULL)
         ORDER BY head.number LIMIT 1)
  FROM withdrawals w JOIN lanes l ON l.owner_id = w.owner_id JOIN balances b ON b.account_id = w.owner_id
 WHERE w.owner_id = %s
"""  # noqa: S608 # nothing of a caller's in it
_ONE = _COLUMNS + " AND w.id = %s"
_OF_OWNER = _COLUMNS + " ORDER BY w.number DESC LIMIT %s"
_ATTEMPTS = """
SELECT began_at, call, outcome, latency_ms, words FROM withdrawal_attempts
 WHERE withdrawal_id = %s ORDER BY began_at DESC LIMIT %s
"""
_WAITING = f"SELECT id FROM withdrawals WHERE id = ANY(%b) AND {_OPEN}"  # noqa: S608 # the same
MOST_ATTEMPTS = 100


class Attempted(NamedTuple):
    """One call to the bank."""

    at: datetime
    call: str
    outcome: str
    latency_ms: int
    words: str | None


class OwnWithdrawal(NamedTuple):
    """One withdrawal. `position` counts from 1 while it is open: how many of the owner's are before it, and itself."""

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
    position: int | None
    correction: str
    is_doubted: bool
    """The bank has said two things, and is being asked which one is true."""
    next_call_at: datetime | None
    """Of the first in the queue: when the bank is called next, where nobody is calling it this moment."""
    wallet_is_frozen: bool
    head_status: str | None
    """How the first in the owner's queue stands, which may be this one."""


async def withdrawal_of(
    connection: Connection, withdrawal_id: uuid.UUID, owner_id: uuid.UUID
) -> OwnWithdrawal | None:
    """An owner's own; another owner's is None like one that never was."""
    async with connection.cursor(row_factory=args_row(OwnWithdrawal)) as cursor:
        await cursor.execute(_ONE, (owner_id, withdrawal_id))
        return await cursor.fetchone()


async def is_of(connection: Connection, withdrawal_id: str, owner_id: uuid.UUID) -> bool:
    """Whether there is such a withdrawal and it is this owner's; what is no id is none."""
    try:
        wanted = uuid.UUID(withdrawal_id)
    except ValueError:
        return False
    return await withdrawal_of(connection, wanted, owner_id) is not None


async def withdrawals_of(connection: Connection, owner_id: uuid.UUID, *, most: int) -> list[OwnWithdrawal]:
    """An owner's latest, the newest first."""
    async with connection.cursor(row_factory=args_row(OwnWithdrawal)) as cursor:
        await cursor.execute(_OF_OWNER, (owner_id, most))
        return await cursor.fetchall()


async def attempts_of(connection: Connection, withdrawal_id: uuid.UUID) -> list[Attempted]:
    """The last hundred calls about it, oldest first."""
    async with connection.cursor(row_factory=args_row(Attempted)) as cursor:
        await cursor.execute(_ATTEMPTS, (withdrawal_id, MOST_ATTEMPTS))
        return (await cursor.fetchall())[::-1]


async def still_open(connection: Connection, withdrawal_ids: Sequence[uuid.UUID]) -> set[uuid.UUID]:
    """Those of these whose outcome is not known yet."""
    cursor = await connection.execute(_WAITING, (list(withdrawal_ids),))
    return {row[0] for row in await cursor.fetchall()}
