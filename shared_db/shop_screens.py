"""What every signed-in page of a merchant reads."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from psycopg.rows import class_row

from shared_db.connection import Connection

_WHO_HAS = """
SELECT m.name, m.handle, m.email, m.password_hash IS NOT NULL AS has_password, b.balance_paise, b.held_paise
  FROM merchants m JOIN balances b ON b.account_id = m.id WHERE m.id = %s
"""


@dataclass(frozen=True, slots=True)
class ShopOwner:
    """A merchant and what it has, in paise; read in one statement, so all of it belongs together."""

    name: str
    handle: str
    email: str
    has_password: bool
    balance_paise: int
    held_paise: int


async def shop_owner(connection: Connection, merchant_id: uuid.UUID) -> ShopOwner:
    """A merchant who is signed in, and so exists."""
    async with connection.cursor(row_factory=class_row(ShopOwner)) as cursor:
        await cursor.execute(_WHO_HAS, (merchant_id,))
        found = await cursor.fetchone()
    assert found is not None, "merchants are never deleted"
    return found
