"""People who have signed up before their story begins: as the wallet does it, with one hash for all of a password."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeVar

from shared_db.connection import Database
from shared_db.ids import new_id
from shared_db.models import User
from shared_db.people import open_wallet
from tests.e2e.stack import Stack
from wallet import passwords
from wallet.browser_sessions import BrowserSessions

_Found = TypeVar("_Found")
_DEVICE = "Chrome on Linux"


@dataclass(frozen=True)
class Newcomer:
    owner_id: uuid.UUID
    token: str
    """What their browser's session cookie holds."""


def newcomer(stack: Stack, email: str, first_name: str, password: str) -> Newcomer:
    """Signed in for the first time, without a page; nobody's processor works for a fifth of a second."""
    return apart(_opened(stack.database_url, email, first_name, _hash_of(password)))


def apart(work: Coroutine[Any, Any, _Found]) -> _Found:
    """Playwright has an event loop of its own in this thread."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, work).result()


async def _opened(url: str, email: str, first_name: str, password_hash: str) -> Newcomer:
    database = Database(url)
    try:
        user = User(
            id=new_id(), email=email, first_name=first_name, last_name="Rao", password_hash=password_hash
        )
        owner_id = user.id
        async with database.transaction() as session:
            await open_wallet(session, user)
        who = passwords.Verified(owner_id, password_hash)
        begun = await BrowserSessions(database, "user_app").begin(who, device=_DEVICE)
        return Newcomer(owner_id, begun.token)
    finally:
        await database.close()


@cache
def _hash_of(password: str) -> str:
    return apart(passwords.hashed(password))
