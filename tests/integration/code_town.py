"""What the tests of six-digit codes share: people, a postbox that keeps what is sent, and short ways to try a code."""

from __future__ import annotations

import asyncio
import re
import uuid
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

from money.errors import Refusal
from shared_db import sessions
from shared_db.ids import new_id
from tests.town import Books
from wallet import reset_password, verify_contact
from wallet.background import Background
from wallet.caller import Caller
from wallet.codes import Codes
from wallet.messages import Message
from wallet.throttle import Throttle
from wallet.verify_contact import Contact

SECRET = "a-secret-that-only-these-tests-know"
HERE = "192.0.2.1"
PASSWORD = "batua-new-1"
EMAIL, PHONE = Contact.EMAIL, Contact.PHONE


class Postbox:
    """Keeps what is sent, and makes sure that nobody sends while they hold a person's row."""

    def __init__(self, books: Books) -> None:
        self.messages: list[Message] = []
        self._books = books

    async def send(self, message: Message) -> None:
        await self._books.ask("SELECT 1 FROM users FOR UPDATE NOWAIT")
        self.messages.append(message)

    @property
    def code(self) -> str:
        """The one in the newest message."""
        [code] = re.findall(r"\d{6,}", self.messages[-1].text)
        return code


class Town:
    """One wallet whose doors are called directly."""

    def __init__(self, url: str) -> None:
        self.books = Books(url)
        self.postbox = Postbox(self.books)
        self.throttle = Throttle(factor=1000)
        self.codes = Codes(secret=SECRET)
        self.background = Background()

    async def person(self, phone: str | None = None) -> Caller:
        """Somebody who is signed in and has verified nothing."""
        user_id = await self.books.person()
        await self.books.ask("UPDATE users SET phone = %s WHERE id = %s", phone, user_id)
        return await self.signed_in(user_id)

    async def signed_in(self, user_id: uuid.UUID) -> Caller:
        caller = Caller(user_id, new_id())
        until = datetime.now(UTC) + timedelta(hours=1)
        async with self.books.database.transaction() as session:
            await sessions.begin(session, caller.session_id, user_id, expires_at=until)
        return caller

    async def send(self, caller: Caller, contact: Contact = EMAIL, *, address: str = HERE) -> str:
        """The code that arrives."""
        await verify_contact.send_code(
            self.books.database,
            self.postbox,
            self.throttle,
            self.codes,
            caller,
            contact=contact,
            address=address,
        )
        return self.postbox.code

    async def confirm(
        self, caller: Caller, code: str, contact: Contact = EMAIL, *, address: str = HERE
    ) -> None:
        await verify_contact.confirm(
            self.books.database,
            self.throttle,
            self.codes,
            caller,
            contact=contact,
            code=code,
            address=address,
        )

    async def change_phone(self, caller: Caller, phone: str) -> None:
        await verify_contact.change_phone(self.books.database, caller, phone=phone)

    async def ask(self, email: str, *, address: str = HERE) -> None:
        """Returns when the work after the answer is done as well."""
        await reset_password.ask(
            self.books.database,
            self.postbox,
            self.throttle,
            self.codes,
            self.background,
            email=email,
            address=address,
        )
        await asyncio.gather(*self.background._tasks)

    async def reset(self, email: str, code: str, password: str = PASSWORD, *, address: str = HERE) -> None:
        await reset_password.reset(
            self.books.database,
            self.throttle,
            self.codes,
            email=email,
            code=code,
            password=password,
            address=address,
        )

    async def email_of(self, caller: Caller) -> str:
        [(email,)] = await self.books.ask("SELECT email FROM users WHERE id = %s", caller.owner_id)
        return email

    async def verified(self, caller: Caller) -> tuple[bool, bool]:
        """Whether their email is, and their phone."""
        [found] = await self.books.ask(
            "SELECT email_verified_at IS NOT NULL, phone_verified_at IS NOT NULL FROM users WHERE id = %s",
            caller.owner_id,
        )
        return found[0], found[1]

    async def tries(self) -> list[int]:
        """The wrong ones of each code there is."""
        return [tries for (tries,) in await self.books.ask("SELECT tries FROM codes ORDER BY created_at")]


@asynccontextmanager
async def code_town(url: str) -> AsyncIterator[Town]:
    town = Town(url)
    try:
        yield town
    finally:
        await town.background.drain()
        await town.books.close()


def another(code: str, step: int = 1) -> str:
    """A code that is not this one."""
    return f"{(int(code) + step) % 10**6:06}"


def refusals(outcomes: Iterable[object]) -> list[type[BaseException] | None]:
    """What each was refused with; None for what went well. Whatever is no refusal is raised."""
    found: list[type[BaseException] | None] = []
    for one in outcomes:
        if isinstance(one, BaseException) and not isinstance(one, Refusal):
            raise one
        found.append(type(one) if isinstance(one, Refusal) else None)
    return found
