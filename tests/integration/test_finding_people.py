"""People are found by the beginning of their name; by phone and email only whole, and only once they are verified."""

from __future__ import annotations

import uuid
from collections.abc import AsyncGenerator

import pytest
import pytest_asyncio

from money.errors import TooManyTries
from money.movements import Kind
from shared_db.recipients import _BY_FULL_NAME, _BY_LAST_NAME, _FIRST_BY_NAME, recent
from tests.town import Books, move
from wallet.caller import Caller
from wallet.find_people import find_people
from wallet.throttle import Throttle

_MANY = """
WITH made AS (SELECT gen_random_uuid() AS id, number FROM generate_series(1, 30000) AS number),
     owned AS (INSERT INTO accounts (id, kind, name) SELECT id, 'user', 'user' FROM made),
     named AS (INSERT INTO users (id, email, first_name, last_name, password_hash, created_at)
               SELECT id, id || '@x.example', 'Person ' || number, 'Person ' || number, '-', now() FROM made)
INSERT INTO balances (account_id, balance_paise, held_paise, last_number) SELECT id, 0, 0, 0 FROM made
"""


class Town:
    """People, and somebody who looks for them."""

    def __init__(self, books: Books) -> None:
        self.books = books
        self.me = uuid.UUID(int=0)
        self.throttle = Throttle(factor=1000)

    async def person(self, first: str, last: str = "Rao", *, email: str = "", phone: str = "") -> uuid.UUID:
        """Their email and phone are verified where they are given."""
        one = await self.books.person(0, first, last)
        if email:
            await self.books.ask(
                "UPDATE users SET email = %s, email_verified_at = now() WHERE id = %s", email, one
            )
        if phone:
            await self.books.ask(
                "UPDATE users SET phone = %s, phone_verified_at = now() WHERE id = %s", phone, one
            )
        return one

    async def finds(self, text: str) -> list[str]:
        caller = Caller(self.me, uuid.uuid4())
        return [one.name for one in await find_people(self.books.database, self.throttle, caller, text)]

    async def recent(self) -> list[str]:
        async with self.books.database.plain() as connection:
            return [one.name for one in await recent(connection, self.me)]


@pytest_asyncio.fixture
async def town(database_url: str) -> AsyncGenerator[Town]:
    async with Books(database_url) as books:
        town = Town(books)
        town.me = await books.person(1000, "Zubin", "Mehta")
        yield town


async def test_a_name_is_found_by_its_beginning_in_any_case_and_any_script(town: Town) -> None:
    for first, last in (
        ("Ravi", "Kumar"),
        ("Asha", "Rao"),
        ("Óscar", "Rai"),
        ("आशा", "राव"),
        ("Maravi", "X"),
    ):
        await town.person(first, last)

    assert await town.finds("ravi") == ["Ravi Kumar"]
    assert await town.finds("RA") == ["Ravi Kumar", "Óscar Rai", "Asha Rao"]
    assert await town.finds("  ravi   kum ") == ["Ravi Kumar"]
    assert await town.finds("óS") == ["Óscar Rai"]
    assert await town.finds("आ") == ["आशा राव"]
    assert await town.finds("avi") == []


@pytest.mark.parametrize(
    "text", ["%", "_", "_avi", "R%", ".*", "R.vi", "^", "\\", "' OR '1'='1", "'; DROP TABLE users; --", "<b>"]
)
async def test_signs_mean_themselves(town: Town, text: str) -> None:
    await town.person("Ravi", "Kumar")

    assert await town.finds(text) == []
    await town.person(f"{text} Singh"[:50])
    assert len(await town.finds(text)) == 1


@pytest.mark.parametrize("text", ["\x00", "Ra\x00vi", "\ud800", "\u202eivaR", "a" * 1_000_000, "\U0010ffff"])
async def test_what_cannot_be_a_name_finds_nobody(town: Town, text: str) -> None:
    await town.person("Ravi", "Kumar")

    assert await town.finds(text) == []


async def test_phone_and_email_are_found_whole_and_verified_only(town: Town) -> None:
    await town.person("Ravi", email="ravi@x.example", phone="+919876500002")
    unverified = await town.person("Meera")
    await town.books.ask(
        "UPDATE users SET phone = '+919876500003', email = 'meera@x.example' WHERE id = %s", unverified
    )

    for whole in ("ravi@x.example", " RAVI@X.example ", "9876500002", "+91 98765 00002", "098765-00002"):
        assert await town.finds(whole) == ["Ravi Rao"]
    for not_whole in ("ravi@x.exampl", "ravi@", "@x.example", "987650000", "98765000021", "+9198765"):
        assert await town.finds(not_whole) == []
    for not_verified in ("meera@x.example", "9876500003"):
        assert await town.finds(not_verified) == []


async def test_neither_oneself_nor_a_closed_wallet_is_found(town: Town) -> None:
    await town.books.ask(
        "UPDATE users SET email = 'me@x.example', email_verified_at = now() WHERE id = %s", town.me
    )
    gone = await town.person("Zubeida", email="gone@x.example", phone="+919876500009")
    await town.books.close_wallet(gone)

    for text in ("Zub", "Mehta", "me@x.example", "gone@x.example", "9876500009", ""):
        assert await town.finds(text) == []


async def test_twenty_are_shown_in_the_order_of_their_names(town: Town) -> None:
    for number in reversed(range(25)):
        await town.person(f"Ravi{number:02}")

    assert await town.finds("ravi") == [f"Ravi{number:02} Rao" for number in range(20)]
    assert await town.finds("") == [f"Ravi{number:02} Rao" for number in range(20)]


async def test_the_people_of_late_come_first_the_last_before_the_others(town: Town) -> None:
    people = [await town.person(f"P{number:02}") for number in range(10)]
    for one in people:
        await town.books.post(move(Kind.SEND, town.me, one, 1_00))
    await town.books.post(move(Kind.SEND, people[3], town.me, 50))
    await town.books.ask(
        "UPDATE balances SET balance_paise = 0, closed_at = now() WHERE account_id = %s", people[9]
    )

    assert await town.recent() == [f"P{number:02} Rao" for number in (3, 8, 7, 6, 5, 4, 2, 1)]


async def test_the_thirty_first_search_of_a_minute_is_refused_to_its_person_alone(town: Town) -> None:
    town.throttle = Throttle(factor=1)
    for _ in range(30):
        await town.finds("ravi")

    with pytest.raises(TooManyTries):
        await town.finds("ravi")
    assert await town.finds("") == []
    town.me = uuid.uuid4()
    assert await town.finds("ravi") == []


async def test_a_name_among_many_thousands_is_found_by_an_index(town: Town) -> None:
    await town.books.ask(_MANY)
    await town.books.ask("ANALYZE users, balances")
    async with town.books.database.plain() as connection:
        for question in (_BY_FULL_NAME, _BY_LAST_NAME, _FIRST_BY_NAME):
            cursor = await connection.execute(
                "EXPLAIN ANALYZE " + question, {"but": town.me, "text": "person 12"}
            )
            plan = "\n".join(row[0] for row in await cursor.fetchall())
            assert "users_name_idx" in plan or "users_last_name_idx" in plan, plan
            assert "Sort" not in plan, plan
