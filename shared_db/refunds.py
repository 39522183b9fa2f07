"""Giving back what was paid: a refund's rows and its money in one transaction."""

from __future__ import annotations

import enum
import uuid
from typing import NamedTuple

from psycopg import Rollback
from psycopg.rows import args_row

from shared_db.connection import Connection

_REFUND = """
SELECT outcome, refund_id, payer_id, left_paise, available_paise
  FROM refund_payment(%b::uuid, %b::uuid, %b::uuid, %b::bigint, %b::bigint, %b::text)
"""


class Wanted(NamedTuple):
    """A refund as it is asked for, on a payment of which `before_paise` had been given back by then."""

    id: uuid.UUID
    merchant_id: uuid.UUID
    payment_id: uuid.UUID
    before_paise: int
    amount_paise: int
    reason: str


class RefundOutcome(enum.StrEnum):
    """What became of it. Whatever is not REFUNDED has changed nothing."""

    REFUNDED = "refunded"
    DUPLICATE = "duplicate"
    """This very refund stands already."""
    CHANGED = "changed"
    """Another refund stands there: what had been given back by then is not what the caller saw."""
    UNKNOWN = "unknown"
    """The shop has no such payment."""
    ABOVE_LEFT = "above_left"
    INSUFFICIENT = "insufficient"
    CLOSED = "closed"
    UNKNOWN_ACCOUNT = "unknown_account"


class Refunded(NamedTuple):
    """The outcome; `refund_id` is the refund that stands there under this key, if it is the one that was asked for."""

    outcome: RefundOutcome
    refund_id: uuid.UUID | None
    payer_id: uuid.UUID | None
    left_paise: int
    """Of the payment, by now."""
    available_paise: int
    """To the shop, by now."""


async def refund(connection: Connection, wanted: Wanted) -> Refunded:
    """Give it back, or say why not; again: the same."""
    async with (
        connection.transaction() as transaction,
        connection.cursor(row_factory=args_row(_told)) as cursor,
    ):
        await cursor.execute(_REFUND, wanted)
        found = await cursor.fetchone()
        assert found is not None, "the function answers with one row"
        if found.outcome is not RefundOutcome.REFUNDED:
            raise Rollback(transaction)
    return found


def _told(outcome: str, *rest: object) -> Refunded:
    return Refunded(RefundOutcome(outcome), *rest)  # pyright: ignore[reportArgumentType] # as _REFUND has them
