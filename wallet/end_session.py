"""End one's own sessions elsewhere: one of them, or all but the one that asks."""

from __future__ import annotations

import uuid

from money.errors import NotFound
from shared_db import sessions
from shared_db.connection import Database
from wallet.caller import Caller

_HELD_FROM = {"user_app": sessions.held_from, "merchant_app": sessions.shop_held_from}


async def end_session(database: Database, caller: Caller, session_id: uuid.UUID) -> None:
    """A browser's or a program's, at once. Raises NotFound for one that is over, or not theirs, or this very one."""
    async with database.transaction() as session:
        if not await sessions.end_one(session, caller.owner_id, session_id, but=caller.session_id):
            raise NotFound


async def end_other_sessions(
    database: Database, caller: Caller, browser: sessions.Browser = "user_app"
) -> None:
    """All but the caller's, who speaks in this app. Raises SignedOut when that one has just ended: it may be the
    thief's."""
    async with database.transaction() as session:
        # Under the owner's row, so that a sign-in that is under way ends before this looks, or begins after it.
        await _HELD_FROM[browser](session, caller.owner_id, caller.session_id)
        await sessions.end_others(session, caller.owner_id, but=caller.session_id)
