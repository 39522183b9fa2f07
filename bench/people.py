"""People for a measurement: wallets opened by the thousand, and money in them that came through the ledger."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Sequence
from dataclasses import dataclass

import psycopg
import uvloop

from money.accounts import HouseAccount, house_account_id
from money.movements import Kind, Movement, Posting
from money.rupees import Paise
from shared_db.connection import Database
from shared_db.ids import new_id
from shared_db.ledger import post
from shared_db.sessions import Browser
from wallet.bearer_tokens import BearerTokens
from wallet.browser_sessions import BrowserSessions
from wallet.passwords import Verified

PASSWORD_HASH = "none"
_AT_ONCE = 128


@dataclass(frozen=True)
class Person:
    """One who has signed in."""

    id: uuid.UUID
    token: str


def signed_in(url: str, count: int, *, each_has_paise: Paise, secret: str) -> list[Person]:
    """So many people with money and a token each, as after a sign-in."""
    users = [new_id() for _ in range(count)]
    open_wallets(url, users)
    give(url, users, each_has_paise)

    async def issue() -> list[Person]:
        database = Database(url)
        tokens = BearerTokens(database, secret=secret, hours=24)
        try:
            return [Person(user, await tokens.issue(Verified(user, PASSWORD_HASH))) for user in users]
        finally:
            await database.close()

    return asyncio.run(issue())


async def cookies_of(url: str, app: Browser, owners: Sequence[uuid.UUID]) -> list[str]:
    """A browser's cookie for each, as its header has it, after signing in to this app's pages."""
    database = Database(url)
    sessions = BrowserSessions(database, app)
    try:
        begun = [await sessions.begin(Verified(owner, PASSWORD_HASH)) for owner in owners]
        return [f"{app}_session={one.token}" for one in begun]
    finally:
        await database.close()


def open_wallets(url: str, users: Sequence[uuid.UUID]) -> None:
    """One person and one wallet of 0 for each id."""
    with psycopg.connect(url) as connection, connection.cursor() as cursor:
        with cursor.copy("COPY accounts (id, kind, name) FROM STDIN") as copy:
            for user in users:
                copy.write_row((user, "user", "user"))
        with cursor.copy(
            "COPY balances (account_id, balance_paise, held_paise, last_number) FROM STDIN"
        ) as copy:
            for user in users:
                copy.write_row((user, 0, 0, 0))
        with cursor.copy("COPY users (id, email, first_name, last_name, password_hash) FROM STDIN") as copy:
            for user in users:
                copy.write_row((user, f"{user}@bench.example", "Bench", "Person", PASSWORD_HASH))


def open_shop(url: str, merchant: uuid.UUID) -> None:
    """A merchant with an account of 0."""
    with psycopg.connect(url) as connection:
        connection.execute(
            "INSERT INTO accounts (id, kind, name) VALUES (%s, 'merchant', 'merchant')", (merchant,)
        )
        connection.execute(
            "INSERT INTO balances (account_id, balance_paise, held_paise, last_number) VALUES (%s, 0, 0, 0)",
            (merchant,),
        )
        connection.execute(
            "INSERT INTO merchants (id, email, name, handle, password_hash) VALUES (%s, %s, 'Bench Shop', %s, %s)",
            (merchant, f"{merchant}@bench.example", f"shop{merchant.hex[-12:]}", PASSWORD_HASH),
        )


def give(url: str, users: Sequence[uuid.UUID], amount_paise: Paise) -> None:
    """So much to each of them, as a promotion."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_give(url, users, amount_paise))
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE")


async def _give(url: str, users: Sequence[uuid.UUID], amount_paise: Paise) -> None:
    database = Database(url)
    try:
        async with database.plain() as connection:
            for start in range(0, len(users), _AT_ONCE):
                gifts = [_gift(user, amount_paise) for user in users[start : start + _AT_ONCE]]
                posted = await post(connection, gifts)
                assert {one.outcome for one in posted} == {Posting.POSTED}, posted
    finally:
        await database.close()


def _gift(user: uuid.UUID, amount_paise: Paise) -> Movement:
    return Movement(
        id=new_id(),
        reference=f"promotion:bench:{user}",
        kind=Kind.PROMOTION,
        source=house_account_id(HouseAccount.PROMOTIONS),
        target=user,
        amount_paise=amount_paise,
    )
