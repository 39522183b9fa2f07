"""Bearer tokens of the REST API: a signed JWT whose session row decides whether it still counts."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta

import jwt

from money.errors import SignedOut, WrongSignIn
from shared_db import sessions
from shared_db.connection import Database, with_retries
from shared_db.ids import new_id
from shared_db.people import hash_held_still
from wallet.caller import Caller
from wallet.passwords import Verified

_ALGORITHM = "HS256"
_CLAIMS = ["userId", "exp", "iat", "jti"]


class BearerTokens:
    """Issues and reads tokens signed with one secret."""

    def __init__(self, database: Database, *, secret: str, hours: int) -> None:
        self._database = database
        self._secret = secret
        self._life = timedelta(hours=hours)

    async def issue(self, who: Verified) -> str:
        """A new token with a session row of its own.

        Raises WrongSignIn when the password has been changed since it was verified: a sign-in that began before
        the change must not outlive it.
        """
        now = datetime.now(UTC)
        session_id = new_id()
        async with self._database.transaction() as session:
            if await hash_held_still(session, who.user_id) != who.password_hash:
                raise WrongSignIn
            await sessions.begin(session, session_id, who.user_id, expires_at=now + self._life)
        claims = {"userId": str(who.user_id), "jti": str(session_id), "iat": now, "exp": now + self._life}
        return jwt.encode(claims, self._secret, algorithm=_ALGORITHM)  # pyright: ignore[reportUnknownMemberType] # types of an optional dependency

    async def caller(self, token: str) -> Caller:
        """Who shows this token. Raises SignedOut when it is broken, expired or its session has ended."""
        try:
            claims = jwt.decode(  # pyright: ignore[reportUnknownMemberType] # the same
                token,
                self._secret,
                algorithms=[_ALGORITHM],
                options={"require": _CLAIMS, "verify_sub": False},
            )
            caller = Caller(uuid.UUID(claims["userId"]), uuid.UUID(claims["jti"]))
        except (jwt.InvalidTokenError, ValueError, AttributeError, TypeError) as error:
            raise SignedOut from error
        live = await with_retries(
            self._database,
            lambda connection: sessions.is_live(connection, caller.session_id, caller.user_id),
        )
        if not live:
            raise SignedOut
        return caller
