"""A town for the tests of one's own settings: people with a password that can be typed, and sessions of theirs."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from money.errors import Refusal, SignedOut
from tests.town import JWT_SECRET, Books
from wallet import passwords
from wallet.bearer_tokens import BearerTokens
from wallet.browser_sessions import BrowserSessions
from wallet.caller import Caller
from wallet.change_password import change_password
from wallet.close_wallet import close_wallet
from wallet.freeze_wallet import unfreeze
from wallet.passwords import Verified
from wallet.sign_in import sign_in
from wallet.throttle import Throttle

HERE = "192.0.2.1"
PASSWORD, ANOTHER = "correct horse", "another horse"


class Town:
    """One wallet whose verbs are called directly."""

    def __init__(self, url: str) -> None:
        self.books = Books(url)
        self.browsers = BrowserSessions(self.books.database, "user_app")
        self.tokens = BearerTokens(self.books.database, secret=JWT_SECRET, hours=1)
        self.throttle = Throttle(factor=1)
        self._hash = ""

    async def person(self, rupees: int = 0) -> Caller:
        """Somebody who is signed in with a browser."""
        self._hash = self._hash or await passwords.hashed(PASSWORD)
        one = await self.books.person(rupees)
        await self.books.ask("UPDATE users SET password_hash = %s WHERE id = %s", self._hash, one)
        return await self.signed_in(one)

    async def signed_in(self, one: uuid.UUID) -> Caller:
        """From another browser."""
        begun = await self.browsers.begin(Verified(one, self._hash), device="Chrome on Android")
        return await self.browsers.caller(begun.token)

    async def token(self, one: uuid.UUID) -> str:
        """Of a program of theirs."""
        return await self.tokens.issue(Verified(one, self._hash), device="python-httpx")

    async def email(self, one: Caller) -> str:
        [(email,)] = await self.books.ask("SELECT email FROM users WHERE id = %s", one.owner_id)
        return email

    async def is_live(self, one: Caller) -> bool:
        return one.session_id in await self.browsers.still_live([one.session_id])

    async def knows(self, token: str) -> bool:
        try:
            await self.tokens.caller(token)
        except SignedOut:
            return False
        return True

    async def logs_in(self, one: Caller, password: str = PASSWORD) -> Verified:
        return await sign_in(
            self.books.database,
            Throttle(factor=1000),
            email=await self.email(one),
            password=password,
            address=HERE,
        )

    async def closes(self, one: Caller, password: str = PASSWORD) -> None:
        await close_wallet(self.books.database, self.throttle, one, password=password, address=HERE)

    async def unfreezes(self, one: Caller, password: str = PASSWORD) -> None:
        await unfreeze(self.books.database, self.throttle, one, password=password, address=HERE)

    async def changes(self, one: Caller, current: str = PASSWORD, chosen: str = ANOTHER) -> None:
        await change_password(
            self.books.database, self.throttle, one, current=current, chosen=chosen, address=HERE
        )

    async def is_closed(self, one: Caller) -> bool:
        [(closed,)] = await self.books.ask(
            "SELECT closed_at IS NOT NULL FROM balances WHERE account_id = %s", one.owner_id
        )
        return closed

    async def is_frozen(self, one: Caller) -> bool:
        [(frozen,)] = await self.books.ask(
            "SELECT frozen_at IS NOT NULL FROM balances WHERE account_id = %s", one.owner_id
        )
        return frozen


@asynccontextmanager
async def opened(url: str) -> AsyncIterator[Town]:
    """Whatever is done in it, its books are right in the end."""
    town = Town(url)
    yield town
    town.books.is_right()
    await town.tokens.drain()
    await town.books.close()


async def refused(work: object) -> str:
    """The name of the refusal; empty: it was done."""
    try:
        await work  # pyright: ignore[reportGeneralTypeIssues] # a test's own word
    except Refusal as refusal:
        return type(refusal).__name__
    return ""


def hashed(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
