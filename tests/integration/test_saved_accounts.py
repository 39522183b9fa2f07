"""Bank accounts are kept for the next withdrawal: once each, the last used first, and for their owner alone."""

from __future__ import annotations

import uuid

from shared_db.saved_accounts import MOST_SAVED, forget, save, saved_by, saved_one
from tests.town import Books


async def keep(books: Books, owner: uuid.UUID, number: str, name: str | None = None) -> None:
    async with books.database.plain() as connection:
        await save(
            connection, owner, bank="hdfc", account_number=number, ifsc="HDFC0001234", registered_name=name
        )


async def kept(books: Books, owner: uuid.UUID) -> list[tuple[str, str | None]]:
    async with books.database.plain() as connection:
        return [(one.account_number, one.registered_name) for one in await saved_by(connection, owner)]


async def test_an_account_used_twice_stands_there_once_and_first(database_url: str) -> None:
    async with Books(database_url) as books:
        asha = await books.person()
        await keep(books, asha, "111111111", "Asha Rao")
        await keep(books, asha, "222222222")

        await keep(books, asha, "111111111")

        assert await kept(books, asha) == [("111111111", "Asha Rao"), ("222222222", None)]


async def test_another_persons_account_can_be_neither_seen_nor_removed(database_url: str) -> None:
    async with Books(database_url) as books:
        asha, mallory = await books.person(), await books.person()
        await keep(books, asha, "111111111")
        async with books.database.plain() as connection:
            [theirs] = await saved_by(connection, asha)

            await forget(connection, mallory, theirs.id)

            assert await saved_one(connection, mallory, str(theirs.id)) is None
            assert await saved_one(connection, asha, "no id") is None
            assert await saved_one(connection, asha, str(theirs.id)) == theirs
            await forget(connection, asha, theirs.id)
        assert await kept(books, asha) == []


async def test_only_the_last_ones_are_offered(database_url: str) -> None:
    async with Books(database_url) as books:
        asha = await books.person()
        for number in range(MOST_SAVED + 2):
            await keep(books, asha, f"{number:09}")

        assert [number for number, _ in await kept(books, asha)] == [
            f"{number:09}" for number in range(MOST_SAVED + 1, 1, -1)
        ]
