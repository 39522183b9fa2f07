"""Sessions of a browser: a random cookie whose hash is a row, for 30 idle minutes and 12 hours in all."""

from __future__ import annotations

import hashlib
import re
import secrets
import uuid
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from money.errors import SignedOut, WrongSignIn
from shared_db import merchants, people, sessions
from shared_db.connection import Connection, Database, with_retries
from shared_db.ids import new_id
from wallet.caller import Caller
from wallet.passwords import Verified

IDLE = timedelta(minutes=30)
LIFE = timedelta(hours=12)
_STILL_RIGHT = {"user_app": people.is_still_right, "merchant_app": merchants.is_still_right}
_TOKEN_BYTES = 32
_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")


class Begun(NamedTuple):
    """A new session's token, and whose session ended for it, if any did."""

    token: str
    before: uuid.UUID | None


class BrowserSessions:
    """Those of one web app; a cookie of the other one is nothing here."""

    def __init__(self, database: Database, browser: sessions.Browser) -> None:
        self._database = database
        self._browser: sessions.Browser = browser

    async def begin(self, who: Verified, *, instead_of: str = "", device: str = "") -> Begun:
        """A new session for somebody who has just shown who they are; the one of the browser's token before ends.

        `device` is a few words about the browser. Raises WrongSignIn when that holds no more: the password has been
        changed, or the wallet closed, since.
        """
        token = secrets.token_urlsafe(_TOKEN_BYTES)
        before = None
        async with self._database.transaction() as session:
            if not await _STILL_RIGHT[self._browser](session, who.owner_id, who.password_hash):
                raise WrongSignIn
            if instead_of:
                before = await sessions.end_of_browser(session, _hashed(instead_of), browser=self._browser)
            await sessions.begin_in_browser(
                session,
                new_id(),
                who.owner_id,
                browser=self._browser,
                token_hash=_hashed(token),
                expires_at=datetime.now(UTC) + LIFE,
                device=device,
            )
        return Begun(token, before)

    async def caller(self, token: str) -> Caller:
        """Who shows this token, seen now. Raises SignedOut when its session has ended in any way."""
        if not _TOKEN.fullmatch(token):
            raise SignedOut

        async def look(connection: Connection) -> Caller:
            found = await sessions.of_browser(connection, _hashed(token), browser=self._browser, idle=IDLE)
            if found is None:
                raise SignedOut
            if found.is_stale:
                await sessions.seen_now(connection, found.id)
            return Caller(found.owner_id, found.id)

        return await with_retries(self._database, look)

    async def still_live(self, session_ids: Sequence[uuid.UUID]) -> set[uuid.UUID]:
        """Those of these sessions that still count; asking does not keep them alive."""

        async def look(connection: Connection) -> set[uuid.UUID]:
            return await sessions.still_live(connection, list(session_ids), idle=IDLE)

        return await with_retries(self._database, look)

    async def end(self, token: str) -> uuid.UUID | None:
        """End the session of this token; whose it was, or None when there was none."""
        async with self._database.transaction() as session:
            return await sessions.end_of_browser(session, _hashed(token), browser=self._browser)


def _hashed(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
