"""Bearer tokens of the REST API: a signed JWT whose session row decides whether it still counts."""

from __future__ import annotations

import functools
import time
import uuid
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import jwt

from money.errors import SignedOut, WrongSignIn
from runtime.batcher import Batcher
from shared_db import sessions
from shared_db.connection import Connection, Database, with_retries
from shared_db.ids import new_id
from shared_db.people import hash_held_still
from wallet.caller import Caller
from wallet.passwords import Verified

_ALGORITHM = "HS256"
_CLAIMS = ["userId", "exp", "iat", "jti"]


_MOST_REMEMBERED = 4096


class BearerTokens:
    """Issues and reads tokens signed with one secret. One per process and event loop."""

    def __init__(self, database: Database, *, secret: str, hours: int) -> None:
        self._database = database
        self._secret = secret
        self._life = timedelta(hours=hours)
        # A signature that was right stays right, and checking it costs as much as all else about a token.
        self._signed = functools.lru_cache(_MOST_REMEMBERED)(self._verify)
        self._sessions: Batcher[Caller, bool] = Batcher(
            "sessions", self._which_count, flushers=2, divides=True
        )

    async def issue(self, who: Verified, *, device: str = "") -> str:
        """A new token with a session row of its own; `device` is a few words about the program.

        Raises WrongSignIn when the password has been changed, or the wallet closed, since it was verified: a sign-in
        that began before must not outlive it.
        """
        now = datetime.now(UTC)
        session_id = new_id()
        async with self._database.transaction() as session:
            if await hash_held_still(session, who.owner_id) != who.password_hash:
                raise WrongSignIn
            await sessions.begin(
                session, session_id, who.owner_id, expires_at=now + self._life, device=device
            )
        claims = {"userId": str(who.owner_id), "jti": str(session_id), "iat": now, "exp": now + self._life}
        return jwt.encode(claims, self._secret, algorithm=_ALGORITHM)  # pyright: ignore[reportUnknownMemberType] # types of an optional dependency

    async def caller(self, token: str) -> Caller:
        """Who shows this token. Raises SignedOut when it is broken, expired or ended; Busy; Unavailable."""
        caller, expires_at = self._signed(token)
        if expires_at <= time.time() or not await self._sessions.submit(caller):
            raise SignedOut
        return caller

    async def drain(self) -> None:
        """Answer whoever has asked; take nothing more."""
        await self._sessions.drain()

    def _verify(self, token: str) -> tuple[Caller, int]:
        """Whose it is, and until when, in seconds since 1970."""
        try:
            claims = jwt.decode(  # pyright: ignore[reportUnknownMemberType] # the same
                token,
                self._secret,
                algorithms=[_ALGORITHM],
                options={"require": _CLAIMS, "verify_sub": False},
            )
            return Caller(uuid.UUID(claims["userId"]), uuid.UUID(claims["jti"])), int(claims["exp"])
        except (jwt.InvalidTokenError, ValueError, AttributeError, TypeError) as error:
            raise SignedOut from error

    async def _which_count(self, callers: Sequence[Caller]) -> list[bool]:
        async def ask(connection: Connection) -> set[tuple[uuid.UUID, uuid.UUID]]:
            return await sessions.live_of_api(connection, [(one.session_id, one.owner_id) for one in callers])

        live = await with_retries(self._database, ask)
        return [(one.session_id, one.owner_id) in live for one in callers]
