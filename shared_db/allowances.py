"""What an owner may still send, and what has been sent: what stands in the way is said before anybody confirms."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from typing import NamedTuple

from psycopg.rows import args_row

from money.movements import Kind
from shared_db.connection import Connection

_ALLOWANCE = """
SELECT b.balance_paise, coalesce(d.debits_paise, 0), b.frozen_at IS NOT NULL
  FROM balances b
  LEFT JOIN daily_totals d ON d.account_id = b.account_id AND d.day = %s AND d.kind = %s
 WHERE b.account_id = %s
"""
_SENT_UNDER = "SELECT id FROM transfers WHERE reference = %s AND source_id = %s"
_LOOKED_THROUGH = 50
_SENT_ALIKE = """
SELECT max(t.created_at)
  FROM (SELECT transfer_id FROM entries WHERE account_id = %(owner)s
         ORDER BY number DESC LIMIT %(most)s) e
  JOIN transfers t ON t.id = e.transfer_id
 WHERE t.kind = ANY ('{send,payment}') AND t.source_id = %(owner)s AND t.target_id = %(to)s
   AND t.amount_paise = %(amount)s
   AND t.created_at > clock_timestamp() - interval '15 minutes'
"""


class Allowance(NamedTuple):
    """As it stands now; the ledger decides again when the money moves."""

    balance_paise: int
    sent_today_paise: int
    """Of this kind."""
    is_frozen: bool


async def allowance_of(
    connection: Connection, owner_id: uuid.UUID, *, today: date, kind: Kind = Kind.SEND
) -> Allowance:
    """Of what one sends, or of what one pays; `today` is Kolkata's."""
    async with connection.cursor(row_factory=args_row(Allowance)) as cursor:
        await cursor.execute(_ALLOWANCE, (today, kind.value, owner_id))
        found = await cursor.fetchone()
    assert found is not None, "sign-up writes the row"
    return found


async def sent_under(connection: Connection, owner_id: uuid.UUID, reference: str) -> uuid.UUID | None:
    """The owner's transfer that stands under this reference."""
    row = await (await connection.execute(_SENT_UNDER, (reference, owner_id))).fetchone()
    return row[0] if row else None


async def sent_alike(
    connection: Connection, owner_id: uuid.UUID, to: uuid.UUID, amount_paise: int
) -> datetime | None:
    """When the owner last sent or paid the same account the same amount, within a quarter of an hour."""
    values = {"owner": owner_id, "to": to, "amount": amount_paise, "most": _LOOKED_THROUGH}
    row = await (await connection.execute(_SENT_ALIKE, values)).fetchone()
    return row[0] if row else None
