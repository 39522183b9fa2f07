"""People whom somebody can send money to: found by what one knows of them, met before, or the first by name.

A name is found by its beginning. Both ends of the range are known when the statement runs, so an index finds them
under a plan that knows nothing of the text; and nothing in a text means anything but itself.
"""

from __future__ import annotations

import uuid
from typing import LiteralString, NamedTuple

from psycopg.rows import args_row

from shared_db.connection import Connection

MOST_FOUND = 20
MOST_RECENT = 8
_LOOKED_THROUGH = 200

_WHO = """
SELECT u.id, u.first_name, u.last_name, u.email FROM users u JOIN balances b ON b.account_id = u.id
 WHERE b.closed_at IS NULL AND u.id <> %(but)s
"""
_FULL_NAME = "lower((u.first_name || ' ') || u.last_name)"
_LAST_NAME = "lower(u.last_name)"
# In the order of characters, of which the largest stands behind every other.
_BEGINS_SO = "AND {0} ~>=~ lower(%(text)s) AND {0} ~<=~ (lower(%(text)s) || chr(1114111))"
# As many as MOST_FOUND: of a number that it does not know the planner thinks that it is large, and sorts everybody.
_IN_ORDER = "ORDER BY {0} USING ~<~, u.id LIMIT 20"
_FIRST_BY_NAME = f"{_WHO} {_IN_ORDER.format(_FULL_NAME)}"
_BY_FULL_NAME = f"{_WHO} {_BEGINS_SO.format(_FULL_NAME)} {_IN_ORDER.format(_FULL_NAME)}"
_BY_LAST_NAME = f"{_WHO} {_BEGINS_SO.format(_LAST_NAME)} {_IN_ORDER.format(_LAST_NAME)}"
_BY_EMAIL = _WHO + " AND u.email = %(text)s AND u.email_verified_at IS NOT NULL"
_BY_PHONE = _WHO + " AND u.phone = %(text)s AND u.phone_verified_at IS NOT NULL"
_BY_ID = _WHO + " AND u.id = %(id)s"
_RECENT = """
WITH met AS (
    SELECT CASE WHEN t.source_id = %(but)s THEN t.target_id ELSE t.source_id END AS other, max(e.number) AS last
      FROM (SELECT number, transfer_id FROM entries WHERE account_id = %(but)s
             ORDER BY number DESC LIMIT %(entries)s) e
      JOIN transfers t ON t.id = e.transfer_id AND t.kind = 'send'
     GROUP BY other)
SELECT u.id, u.first_name, u.last_name, u.email
  FROM met JOIN users u ON u.id = met.other JOIN balances b ON b.account_id = u.id
 WHERE b.closed_at IS NULL AND u.id <> %(but)s
 ORDER BY met.last DESC LIMIT %(most)s
"""


class Recipient(NamedTuple):
    """Somebody with an open wallet."""

    id: uuid.UUID
    first_name: str
    last_name: str
    email: str

    @property
    def name(self) -> str:
        return f"{self.first_name} {self.last_name}"


async def recipient(connection: Connection, recipient_id: uuid.UUID, *, but: uuid.UUID) -> Recipient | None:
    """None for oneself, a closed wallet, and an id of nobody."""
    found = await _ask(connection, _BY_ID, but=but, id=recipient_id)
    return found[0] if found else None


async def recent(connection: Connection, owner_id: uuid.UUID) -> list[Recipient]:
    """Whom the owner has sent to or received from lately, the last first."""
    return await _ask(connection, _RECENT, but=owner_id, entries=_LOOKED_THROUGH, most=MOST_RECENT)


async def first_by_name(connection: Connection, *, but: uuid.UUID) -> list[Recipient]:
    return await _ask(connection, _FIRST_BY_NAME, but=but)


async def named(connection: Connection, text: str, *, but: uuid.UUID) -> list[Recipient]:
    """Whose name, and after them whose last name, begins with this text, in any case; at most 20."""
    found = await _ask(connection, _BY_FULL_NAME, but=but, text=text)
    found += await _ask(connection, _BY_LAST_NAME, but=but, text=text)
    return list({one.id: one for one in found}.values())[:MOST_FOUND]


async def with_email(connection: Connection, email: str, *, but: uuid.UUID) -> list[Recipient]:
    """Who has verified this email."""
    return await _ask(connection, _BY_EMAIL, but=but, text=email)


async def with_phone(connection: Connection, phone: str, *, but: uuid.UUID) -> list[Recipient]:
    """Who has verified this phone."""
    return await _ask(connection, _BY_PHONE, but=but, text=phone)


async def _ask(connection: Connection, question: LiteralString, **values: object) -> list[Recipient]:
    async with connection.cursor(row_factory=args_row(Recipient)) as cursor:
        await cursor.execute(question, values)
        return await cursor.fetchall()
