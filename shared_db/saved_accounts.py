"""The bank accounts that people keep for the next withdrawal."""

from __future__ import annotations

import uuid
from typing import NamedTuple

from psycopg.rows import args_row

from shared_db.connection import Connection
from shared_db.ids import new_id

MOST_SAVED = 10
_SAVE = """
INSERT INTO saved_accounts (id, owner_id, bank, account_number, ifsc, registered_name, last_used_at)
VALUES (%s, %s, %s, %s, %s, %s, clock_timestamp())
ON CONFLICT (owner_id, account_number, ifsc, bank) DO UPDATE
   SET registered_name = coalesce(EXCLUDED.registered_name, saved_accounts.registered_name),
       last_used_at = EXCLUDED.last_used_at
"""
_COLUMNS = "SELECT id, bank, account_number, ifsc, registered_name FROM saved_accounts WHERE owner_id = %s"
_OF_OWNER = _COLUMNS + " ORDER BY last_used_at DESC, id LIMIT %s"
_ONE = _COLUMNS + " AND id = %s"
_FORGET = "DELETE FROM saved_accounts WHERE owner_id = %s AND id = %s"


class Saved(NamedTuple):
    """An account as it was used last."""

    id: uuid.UUID
    bank: str
    account_number: str
    ifsc: str
    registered_name: str | None


async def save(
    connection: Connection,
    owner_id: uuid.UUID,
    *,
    bank: str,
    account_number: str,
    ifsc: str,
    registered_name: str | None,
) -> None:
    """Keep it for this owner; one that is kept already was used now. A name that is not known now stays."""
    values = (new_id(), owner_id, bank, account_number, ifsc, registered_name)
    await connection.execute(_SAVE, values)


async def saved_by(connection: Connection, owner_id: uuid.UUID) -> list[Saved]:
    """The owner's last ten, the last used first."""
    async with connection.cursor(row_factory=args_row(Saved)) as cursor:
        await cursor.execute(_OF_OWNER, (owner_id, MOST_SAVED))
        return await cursor.fetchall()


async def saved_one(connection: Connection, owner_id: uuid.UUID, saved_id: str) -> Saved | None:
    """An owner's own; another owner's is None like one that never was, and so is what is no id."""
    try:
        wanted = uuid.UUID(saved_id)
    except ValueError:
        return None
    async with connection.cursor(row_factory=args_row(Saved)) as cursor:
        await cursor.execute(_ONE, (owner_id, wanted))
        return await cursor.fetchone()


async def forget(connection: Connection, owner_id: uuid.UUID, saved_id: uuid.UUID) -> None:
    """Keep it no longer; withdrawals that went there stay what they are."""
    await connection.execute(_FORGET, (owner_id, saved_id))
