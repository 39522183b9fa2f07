"""A stretch of an owner's days as the ledger has it: every entry, oldest first, between two balances.

A history tells each thing once, as it came out in the end. A statement tells each movement on the day it happened, so
the figures of a month that is over never change: what was held and came back later stands there twice.
"""

from __future__ import annotations

import uuid
from datetime import date
from typing import NamedTuple

from psycopg.rows import args_row

from money.movements import Kind
from shared_db.connection import Connection
from shared_db.history_rows import MOVED, Moved

_KINDS = [kind.value for kind in Kind]
# The newest entry before a day and the newest up to one, what the wallet held at both, and what moved in between.
_STRETCH = """
WITH numbers AS (
    SELECT coalesce((SELECT max(last_number) FROM daily_totals WHERE account_id = %(owner)s AND day = (
               SELECT max(day) FROM daily_totals WHERE account_id = %(owner)s AND day < %(first)s)), 0) AS before,
           coalesce((SELECT max(last_number) FROM daily_totals WHERE account_id = %(owner)s AND day = (
               SELECT max(day) FROM daily_totals WHERE account_id = %(owner)s AND day <= %(last)s)), 0) AS newest),
moved AS (
    SELECT coalesce(sum(credits_paise), 0)::bigint AS came_in, coalesce(sum(debits_paise), 0)::bigint AS went_out
      FROM daily_totals WHERE account_id = %(owner)s AND day BETWEEN %(first)s AND %(last)s)
SELECT n.before, n.newest,
       coalesce((SELECT balance_after_paise FROM entries WHERE account_id = %(owner)s AND number = n.before), 0),
       coalesce((SELECT balance_after_paise FROM entries WHERE account_id = %(owner)s AND number = n.newest), 0),
       m.came_in, m.went_out
  FROM numbers n, moved m
"""


_FIRST_DAY = "SELECT min(day) FROM daily_totals WHERE account_id = %s"


class Stretch(NamedTuple):
    """Entries above `before`, up to `newest`; amounts are positive."""

    before: int
    newest: int
    opening_paise: int
    closing_paise: int
    came_in_paise: int
    went_out_paise: int


async def stretch_of(connection: Connection, owner_id: uuid.UUID, first_day: date, last_day: date) -> Stretch:
    """Both days of Kolkata are part of it; read in one statement, so that all of it belongs together."""
    async with connection.cursor(row_factory=args_row(Stretch)) as cursor:
        await cursor.execute(_STRETCH, {"owner": owner_id, "first": first_day, "last": last_day})
        found = await cursor.fetchone()
    assert found is not None, "an aggregate has one row"
    assert found.opening_paise + found.came_in_paise - found.went_out_paise == found.closing_paise
    return found


async def entries_of(connection: Connection, owner_id: uuid.UUID, *, after: int, most: int) -> list[Moved]:
    """So many entries that follow this running number, oldest first."""
    values = {"owner": owner_id, "after": after, "before": after + most + 1, "kinds": _KINDS, "most": most}
    async with connection.cursor(row_factory=args_row(Moved)) as cursor:
        await cursor.execute(MOVED, values)
        return list(reversed(await cursor.fetchall()))


async def first_day_of(connection: Connection, owner_id: uuid.UUID) -> date | None:
    """When something moved for the first time."""
    cursor = await connection.execute(_FIRST_DAY, (owner_id,))
    row = await cursor.fetchone()
    return row[0] if row else None
