"""A person's sessions that still count, as they read them."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import NamedTuple

from psycopg.rows import args_row

from shared_db.connection import Connection

MOST_SHOWN = 50
_LIVE = """
SELECT id, audience = 'api', device, created_at, last_seen_at, expires_at FROM sessions
 WHERE owner_id = %(person)s AND ended_at IS NULL AND expires_at > clock_timestamp()
   AND (audience = 'api' OR last_seen_at > clock_timestamp() - %(idle)s)
 ORDER BY id = %(first)s DESC, last_seen_at DESC, id LIMIT %(most)s
"""


class OwnSession(NamedTuple):
    id: uuid.UUID
    is_program: bool
    """Known by a bearer token; else a browser, known by its cookie."""
    device: str
    begun_at: datetime
    last_seen_at: datetime
    """Of a program: when it signed in; nothing is written each time it calls."""
    expires_at: datetime


async def live_of(
    connection: Connection, owner_id: uuid.UUID, *, first: uuid.UUID, idle: timedelta
) -> list[OwnSession]:
    """At most fifty: the one they ask from first, then the last seen. Browsers count for `idle` after that."""
    values = {"person": owner_id, "first": first, "idle": idle, "most": MOST_SHOWN}
    async with connection.cursor(row_factory=args_row(OwnSession)) as cursor:
        await cursor.execute(_LIVE, values)
        return await cursor.fetchall()
