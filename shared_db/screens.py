"""What every signed-in page reads."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from psycopg.rows import args_row, class_row

from shared_db.connection import Connection

_WHO_HAS = """
SELECT u.first_name, u.last_name, u.email, u.phone, u.email_verified_at, u.phone_verified_at,
       b.balance_paise, b.held_paise, b.frozen_at
  FROM users u JOIN balances b ON b.account_id = u.id WHERE u.id = %s
"""
_NEWEST_FROM_SOMEBODY = """
SELECT e.amount_paise, coalesce(u.first_name || ' ' || u.last_name, m.name), m.id IS NOT NULL
  FROM (SELECT amount_paise, transfer_id FROM entries WHERE account_id = %s ORDER BY number DESC LIMIT 1) e
  JOIN transfers t ON t.id = e.transfer_id AND t.kind = ANY ('{send,refund}')
  LEFT JOIN users u ON t.kind = 'send' AND u.id = t.source_id
  LEFT JOIN merchants m ON t.kind = 'refund' AND m.id = t.source_id
 WHERE e.amount_paise > 0
"""


@dataclass(frozen=True, slots=True)
class Owner:
    """A person and what they have, in paise; read in one statement, so all of it belongs together."""

    first_name: str
    last_name: str
    email: str
    phone: str | None
    email_verified_at: datetime | None
    phone_verified_at: datetime | None
    balance_paise: int
    held_paise: int
    frozen_at: datetime | None


async def owner(connection: Connection, user_id: uuid.UUID) -> Owner:
    """A person who is signed in, and so exists."""
    async with connection.cursor(row_factory=class_row(Owner)) as cursor:
        await cursor.execute(_WHO_HAS, (user_id,))
        found = await cursor.fetchone()
    assert found is not None, "people are never deleted"
    return found


class Came(NamedTuple):
    """Money that somebody has sent, or a shop has given back."""

    amount_paise: int
    name: str
    is_refund: bool


async def newest_from_somebody(connection: Connection, user_id: uuid.UUID) -> Came | None:
    """The newest thing that moved on this person's account, where it came from another person or a shop."""
    async with connection.cursor(row_factory=args_row(Came)) as cursor:
        await cursor.execute(_NEWEST_FROM_SOMEBODY, (user_id,))
        return await cursor.fetchone()
