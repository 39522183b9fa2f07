"""What the tests of sending money share: people with tokens, and processes that serve one wallet."""

from __future__ import annotations

import json
import uuid
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import httpx

from tests.town import JWT_SECRET, Books, in_process, wallet_settings
from user_app.api.app import create_api
from wallet.bearer_tokens import BearerTokens
from wallet.passwords import Verified

TRANSFER = "/api/v1/account/transfer"
INVALID_AMOUNT, INVALID_ACCOUNT, LIMIT, FROZEN, POOR = (
    (400, {"message": text})
    for text in (
        "Invalid amount",
        "Invalid account",
        "Limit exceeded",
        "Wallet is frozen",
        "Insufficient balance",
    )
)


class Person:
    """Somebody with a wallet and a token, as the API sees him."""

    def __init__(self, one: uuid.UUID, token: str) -> None:
        self.id = one
        self.headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}

    async def sends(
        self, client: httpx.AsyncClient, to: object, amount: object, *, key: str | None = None, **more: object
    ) -> httpx.Response:
        given = to.id if isinstance(to, Person) else to
        body = {"to": str(given) if isinstance(given, uuid.UUID) else given, "amount": amount} | more
        return await self.posts(client, json.dumps(body), key=key)

    async def posts(
        self, client: httpx.AsyncClient, body: str | bytes, *, key: str | None = None, path: str = TRANSFER
    ) -> httpx.Response:
        more = {"Idempotency-Key": key} if key is not None else {}
        return await client.post(path, content=body, headers=self.headers | more)


class Town:
    """One wallet: its books, and processes that serve it."""

    def __init__(self, url: str, folder: Path, stack: AsyncExitStack) -> None:
        self.books = Books(url)
        self._tokens = BearerTokens(self.books.database, secret=JWT_SECRET, hours=1)
        self._folder = folder
        self._stack = stack

    async def process(self, **settings: object) -> httpx.AsyncClient:
        given: dict[str, Any] = {"rate_limit_factor": 100_000} | settings
        app = create_api(self.books.url, wallet_settings(self._folder, **given))
        return await self._stack.enter_async_context(in_process(app))

    async def person(self, rupees: int = 0) -> Person:
        one = await self.books.person(rupees)
        return Person(one, await self._tokens.issue(Verified(one, "-")))

    async def freeze(self, one: Person) -> None:
        await self.books.ask("UPDATE balances SET frozen_at = now() WHERE account_id = %s", one.id)

    async def sent(self) -> int:
        [(count,)] = await self.books.ask("SELECT count(*) FROM transfers WHERE kind = 'send'")
        return count

    async def rupees(self, one: Person) -> int:
        balance, _ = await self.books.has(one.id)
        rupees, paise = divmod(balance, 10**2)
        assert paise == 0
        return rupees


async def let_a_day_pass(books: Books) -> None:
    """All that was posted was posted yesterday."""
    await books.ask("ALTER TABLE entries DISABLE TRIGGER entries_append_only")
    await books.ask("UPDATE entries SET created_at = created_at - interval '1 day'")
    await books.ask("ALTER TABLE entries ENABLE TRIGGER entries_append_only")
    # Two steps, so that no day meets the one before it.
    await books.ask("UPDATE daily_totals SET day = day + 10000")
    await books.ask("UPDATE daily_totals SET day = day - 10001")


@asynccontextmanager
async def opened(url: str, folder: Path) -> AsyncIterator[Town]:
    """Whatever is done in it, its books are right in the end."""
    async with AsyncExitStack() as stack:
        town = Town(url, folder, stack)
        yield town
        town.books.is_right()
        await town.books.close()


def said(answer: httpx.Response) -> tuple[int, Any]:
    return answer.status_code, answer.json()


def is_replayed(answer: httpx.Response) -> bool:
    replayed = answer.headers.get("Idempotency-Replayed")
    assert replayed in {None, "true"}
    return replayed is not None
