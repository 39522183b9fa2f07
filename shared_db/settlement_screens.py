"""What a shop sees of its settlements: the plan, each one with its sums, and the payments it covers."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import date, datetime
from typing import NamedTuple

from psycopg.rows import args_row

from money.settlements import Rhythm
from money.withdrawal import Booking
from shared_db.connection import Connection

_PLAN = """
SELECT p.rhythm, p.weekday, p.hour, p.saved_account_id, p.keep_paise, p.next_at, p.last_turn, p.last_turn_at,
       b.balance_paise, b.frozen_at IS NOT NULL, a.bank, a.account_number
  FROM settlement_plans p JOIN balances b ON b.account_id = p.merchant_id
  LEFT JOIN saved_accounts a ON a.id = p.saved_account_id AND a.owner_id = p.merchant_id
 WHERE p.merchant_id = %s
"""
_COLUMNS = """
SELECT s.id, s.day, s.first_number, s.last_number, s.carried_paise, s.amount_paise, s.kept_paise, s.created_at,
       s.payments, s.gross_paise, s.refunded_paise, s.withdrawn_paise, s.came_back_paise, s.other_paise,
       w.status, w.utr, w.bank, w.account_number, w.doubted_at IS NOT NULL, w.correction
  FROM settlements s JOIN withdrawals w ON w.id = s.id
 WHERE s.merchant_id = %s
"""
_SOME = _COLUMNS + " AND s.first_number < %s ORDER BY s.first_number DESC LIMIT %s"
_ONE = _COLUMNS + " AND s.id = %s"
_COVERED = """
SELECT e.number, t.id, e.created_at, e.amount_paise, t.note, u.first_name || ' ' || left(u.last_name, 1) || '.'
  FROM entries e JOIN transfers t ON t.id = e.transfer_id AND t.kind = 'payment'
  JOIN users u ON u.id = t.source_id
 WHERE e.account_id = %s AND e.number >= %s AND e.number < %s AND e.amount_paise > 0
 ORDER BY e.number DESC LIMIT %s
"""
# Which settlement holds the money that came back from another one, whichever way it came.
_CAME_BACK_IN = """
SELECT e.created_at,
       (SELECT s.id FROM settlements s WHERE s.merchant_id = e.account_id AND s.first_number <= e.number
           AND s.last_number >= e.number ORDER BY s.first_number DESC LIMIT 1)
  FROM transfers t JOIN entries e ON e.transfer_id = t.id AND e.account_id = %s
 WHERE t.reference = ANY (%s) AND e.amount_paise > 0
 ORDER BY e.number DESC LIMIT 1
"""
_WAYS_BACK = (Booking.RELEASE, Booking.REVERSE, Booking.GIVE_BACK)
_SETTLEMENTS_AMONG = "SELECT id FROM settlements WHERE merchant_id = %s AND id = ANY (%s)"
_FROM_THE_NEWEST = 2**63 - 1


class PlanSeen(NamedTuple):
    """A shop's plan, and what it has to settle."""

    rhythm: Rhythm
    weekday: int
    hour: int
    saved_account_id: uuid.UUID | None
    keep_paise: int
    next_at: datetime | None
    last_turn: str | None
    last_turn_at: datetime | None
    balance_paise: int
    is_frozen: bool
    bank: str | None
    account_number: str | None
    """None where the account has been removed."""


class OwnSettlement(NamedTuple):
    """One settlement and how its withdrawal stands. The sums are None until they are counted, all of them."""

    id: uuid.UUID
    day: date
    first_number: int
    last_number: int
    carried_paise: int
    amount_paise: int
    kept_paise: int
    created_at: datetime
    payments: int | None
    gross_paise: int | None
    refunded_paise: int | None
    withdrawn_paise: int | None
    came_back_paise: int | None
    other_paise: int | None
    status: str
    utr: str | None
    bank: str
    account_number: str
    is_doubted: bool
    correction: str


class Covered(NamedTuple):
    """A payment that a settlement covers."""

    number: int
    id: uuid.UUID
    at: datetime
    amount_paise: int
    note: str | None
    payer: str
    """A first name and an initial, and no more."""


class CameBack(NamedTuple):
    """When the money of a settlement that did not arrive came back, and which settlement holds it; None: none yet."""

    at: datetime
    settlement_id: uuid.UUID | None


async def plan_of(connection: Connection, merchant_id: uuid.UUID) -> PlanSeen | None:
    """None where the shop has never had one."""
    async with connection.cursor(row_factory=args_row(PlanSeen)) as cursor:
        await cursor.execute(_PLAN, (merchant_id,))
        found = await cursor.fetchone()
    return found._replace(rhythm=Rhythm(found.rhythm)) if found else None


async def settlements_of(
    connection: Connection, merchant_id: uuid.UUID, *, most: int, before: int | None = None
) -> list[OwnSettlement]:
    """A shop's, the newest first; those whose first entry comes before this one."""
    async with connection.cursor(row_factory=args_row(OwnSettlement)) as cursor:
        await cursor.execute(_SOME, (merchant_id, before or _FROM_THE_NEWEST, most))
        return await cursor.fetchall()


async def settlement_of(
    connection: Connection, settlement_id: str, merchant_id: uuid.UUID
) -> OwnSettlement | None:
    """A shop's own; another's is None like one that never was, and so is what is no id."""
    try:
        wanted = uuid.UUID(settlement_id)
    except ValueError:
        return None
    async with connection.cursor(row_factory=args_row(OwnSettlement)) as cursor:
        await cursor.execute(_ONE, (merchant_id, wanted))
        return await cursor.fetchone()


async def settlements_among(
    connection: Connection, merchant_id: uuid.UUID, withdrawals: Sequence[uuid.UUID]
) -> set[uuid.UUID]:
    """Which of these withdrawals a plan has made."""
    cursor = await connection.execute(_SETTLEMENTS_AMONG, (merchant_id, list(withdrawals)))
    return {row[0] for row in await cursor.fetchall()}


async def is_settlement_of(connection: Connection, settlement_id: str, merchant_id: uuid.UUID) -> bool:
    return await settlement_of(connection, settlement_id, merchant_id) is not None


async def covered_by(
    connection: Connection,
    merchant_id: uuid.UUID,
    settlement: OwnSettlement,
    *,
    most: int,
    before: int | None = None,
) -> list[Covered]:
    """The payments it covers, the newest first; those before this entry."""
    until = before or settlement.last_number
    async with connection.cursor(row_factory=args_row(Covered)) as cursor:
        await cursor.execute(_COVERED, (merchant_id, settlement.first_number, until, most))
        return await cursor.fetchall()


async def came_back(
    connection: Connection, merchant_id: uuid.UUID, settlement_id: uuid.UUID
) -> CameBack | None:
    """None while its money has not come back."""
    references = [f"withdrawal:{settlement_id}:{way}" for way in _WAYS_BACK]
    async with connection.cursor(row_factory=args_row(CameBack)) as cursor:
        await cursor.execute(_CAME_BACK_IN, (merchant_id, references))
        return await cursor.fetchone()
