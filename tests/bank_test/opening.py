"""Open the bank: people with money in a migrated database, and, if so wished, a fault in it."""

from __future__ import annotations

import asyncio
import uuid
from pathlib import Path

import psycopg

from money.accounts import HouseAccount, house_account_id
from money.movements import Kind, Movement
from money.rupees import Paise
from shared_db.connection import connect_alone
from shared_db.ids import new_id
from shared_db.ledger import post
from shared_db.migrate import migrate
from tests.bank_test.broken import Broken, install
from tests.bank_test.plan import Plan

START = "start:"
"""How the references of the first money begin."""
_START_PAISE = Paise(1_000_00)
_HOT, _OTHERS = 2, 14
_A_PERSON = (
    "INSERT INTO accounts (id, kind, name) VALUES (%(id)s, 'user', 'user')",
    "INSERT INTO balances (account_id, balance_paise, held_paise, last_number) VALUES (%(id)s, 0, 0, 0)",
    """
    INSERT INTO users (id, email, first_name, last_name, password_hash)
    VALUES (%(id)s, %(id)s || '@x.example', 'A', 'B', '-')
    """,
)


def open_the_bank(url: str, folder: Path, *, seed: int, broken: Broken | None) -> Plan:
    """Everybody starts with the same."""
    migrate(url)
    people = tuple(uuid.uuid4() for _ in range(_HOT + _OTHERS))
    with psycopg.connect(url) as connection, connection.cursor() as cursor:
        for statement in _A_PERSON:
            cursor.executemany(statement, [{"id": one} for one in people])
    asyncio.run(_pay_in(url, people))
    if broken:
        install(url, broken)
    return Plan(url, folder, seed, people[:_HOT], people[_HOT:], broken)


async def _pay_in(url: str, people: tuple[uuid.UUID, ...]) -> None:
    house = house_account_id(HouseAccount.PROMOTIONS)
    async with await connect_alone(url) as connection:
        await post(
            connection,
            [Movement(new_id(), f"{START}{one}", Kind.PROMOTION, house, one, _START_PAISE) for one in people],
        )
