"""A payment as the shop sees it, and what was given back of it; the payer by first name and initial, and no more."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import NamedTuple

from psycopg.rows import args_row

from shared_db.connection import Connection

# Of the last name no more than its first letter leaves the database.
_PAYMENT = """
SELECT t.id, t.amount_paise, coalesce(p.refunded_paise, 0), t.created_at, t.note,
       u.first_name || coalesce(' ' || nullif(left(u.last_name, 1), '') || '.', ''),
       payer.closed_at IS NOT NULL, shop.balance_paise
  FROM transfers t
  JOIN users u ON u.id = t.source_id
  JOIN balances payer ON payer.account_id = t.source_id
  JOIN balances shop ON shop.account_id = t.target_id
  LEFT JOIN refunded_payments p ON p.payment_id = t.id
 WHERE t.id = %s AND t.kind = 'payment' AND t.target_id = %s
"""
_REFUNDS = """
SELECT r.id, r.payment_id, r.amount_paise, r.reason, r.created_at FROM refunds r
 WHERE r.payment_id = %s ORDER BY r.created_at, r.id LIMIT %s
"""
_PAYMENT_OF_REFUND = "SELECT payment_id FROM refunds WHERE id = %s"
_REFUND_OF_STATE = """
SELECT r.id, r.payment_id, r.amount_paise, r.reason, r.created_at
  FROM transfers t JOIN refunds r ON r.id = t.id
 WHERE t.reference = 'refund:' || %s::uuid || ':' || %s::bigint AND t.source_id = %s
"""
_MOST_REFUNDS = 500
"""Of one payment on its page; more than that nobody reads."""


class ShopPayment(NamedTuple):
    """One payment to a shop, and what the shop has to give back from, in paise."""

    id: uuid.UUID
    paid_paise: int
    refunded_paise: int
    at: datetime
    note: str | None
    payer: str
    """`Asha R.`"""
    payer_is_gone: bool
    """Their wallet is closed and takes nothing."""
    available_paise: int

    @property
    def left_paise(self) -> int:
        """What can still be given back of it."""
        return self.paid_paise - self.refunded_paise


class GivenBack(NamedTuple):
    """One refund of a payment."""

    id: uuid.UUID
    payment_id: uuid.UUID
    amount_paise: int
    reason: str
    at: datetime


async def payment_of(
    connection: Connection, merchant_id: uuid.UUID, payment_id: uuid.UUID
) -> ShopPayment | None:
    """A merchant's own; another's is None like one that never was."""
    async with connection.cursor(row_factory=args_row(ShopPayment)) as cursor:
        await cursor.execute(_PAYMENT, (payment_id, merchant_id))
        return await cursor.fetchone()


async def refunds_of(connection: Connection, payment_id: uuid.UUID) -> list[GivenBack]:
    """All that was given back of it, the oldest first. Whose payment it is has been asked."""
    async with connection.cursor(row_factory=args_row(GivenBack)) as cursor:
        await cursor.execute(_REFUNDS, (payment_id, _MOST_REFUNDS))
        return await cursor.fetchall()


async def refund_of_state(
    connection: Connection, merchant_id: uuid.UUID, payment_id: uuid.UUID, before_paise: int
) -> GivenBack | None:
    """The merchant's refund that was made when so much of the payment had been given back."""
    async with connection.cursor(row_factory=args_row(GivenBack)) as cursor:
        await cursor.execute(_REFUND_OF_STATE, (payment_id, before_paise, merchant_id))
        return await cursor.fetchone()


async def payment_of_refund(connection: Connection, refund_id: uuid.UUID) -> uuid.UUID | None:
    """Which payment a refund belongs to. Whose refund it is has been asked."""
    row = await (await connection.execute(_PAYMENT_OF_REFUND, (refund_id,))).fetchone()
    return row[0] if row else None
