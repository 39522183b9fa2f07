"""After a commit the pages are told: at once, many together, and never at the cost of what was committed."""

import asyncio
import time
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from shared_db.connection import connect_alone
from shared_db.notices import Notices, listen
from tests.integration.on_ramp_town import Town, a_town
from tests.town import Books, connected, free_port, until

NOBODY = "postgresql://nobody:nothing@127.0.0.1:{port}/none"


class Ear:
    """A process that shows pages, and what it was told."""

    def __init__(self) -> None:
        self.owners: set[uuid.UUID] = set()
        self.calls = 0
        self.gaps = 0

    async def on_owners(self, owners: set[bytes]) -> None:
        self.calls += 1
        self.owners |= {uuid.UUID(bytes=one) for one in owners}

    async def on_gap(self) -> None:
        self.gaps += 1

    async def hears(self, *owners: uuid.UUID, seconds: float = 5) -> None:
        await until(lambda: self.owners.issuperset(owners), seconds)


@asynccontextmanager
async def listening(url: str, ear: Ear) -> AsyncIterator[Ear]:
    task = asyncio.create_task(listen(url, on_owners=ear.on_owners, on_gap=ear.on_gap))
    try:
        await until(lambda: ear.gaps > 0)
        yield ear
        assert not task.done()
    finally:
        task.cancel()
        await asyncio.wait({task})


@pytest.fixture
async def books(database_url: str) -> AsyncIterator[Books]:
    async with Books(database_url) as books:
        yield books


@pytest.fixture
async def town(database_url: str, tmp_path: Path) -> AsyncIterator[Town]:
    async with a_town(database_url, tmp_path) as town:
        yield town


@pytest.fixture
async def ear(database_url: str) -> AsyncIterator[Ear]:
    async with listening(database_url, Ear()) as ear:
        yield ear


# What is told


async def test_the_bank_calls_and_ashas_pages_know_within_a_second(town: Town, ear: Ear) -> None:
    row = await town.begin()

    assert await town.knock(row) == (200, "captured")

    await ear.hears(town.asha, seconds=1)
    assert ear.owners == {town.asha}


async def test_the_sweeper_finds_the_money_and_ashas_pages_know(town: Town, ear: Ear) -> None:
    row = await town.begin()
    await town.bank.press(row.token, "approve")

    await town.sweep_now(row)

    await ear.hears(town.asha)
    await town.is_paid(row)


async def test_a_failure_and_a_rejection_are_told_as_well(town: Town, ear: Ear) -> None:
    ravi = await town.books.person()
    failed, rejected = await town.begin(), await town.begin(owner=ravi)

    answers = [await town.knock(failed, paid=False), await town.knock(rejected, amount_paise=1)]

    assert answers == [(200, "captured"), (409, "amount_mismatch")]
    await ear.hears(town.asha, ravi)


async def test_where_nothing_was_committed_nobody_is_told(town: Town, ear: Ear) -> None:
    row, paid, marker = await town.begin(), await town.begin(), uuid.uuid4()
    await town.knock(paid)
    await ear.hears(town.asha)
    ear.owners.clear()

    answers = [await town.knock(paid), await town.knock(row, token="pay_unknown")]
    town.books.notices.about([])
    await asyncio.sleep(0.2)
    town.books.notices.about([marker])

    assert answers == [(200, "duplicate"), (409, "unknown_token")]
    await ear.hears(marker)
    assert ear.owners == {marker}
    assert ear.gaps == 1


async def test_an_id_may_be_text_and_one_that_is_none_takes_no_other_with_it(books: Books, ear: Ear) -> None:
    asha, ravi = uuid.uuid4(), uuid.uuid4()

    books.notices.about([asha, str(asha), str(ravi), "garbage", "", "abcd"])

    await ear.hears(asha, ravi)
    assert ear.owners == {asha, ravi}


# Many


async def test_five_thousand_owners_at_once_all_arrive(books: Books, ear: Ear) -> None:
    owners = [uuid.uuid4() for _ in range(5_000)]

    for owner in owners:
        books.notices.about([owner])

    await ear.hears(*owners)
    assert ear.owners == set(owners)


async def test_a_storm_of_changes_is_told_at_most_twenty_times_a_second_and_the_first_at_once(
    books: Books,
) -> None:
    owners = [uuid.uuid4() for _ in range(200)]
    async with await connect_alone(books.url) as connection:
        await connection.execute("LISTEN batua_owners")
        await books.database.is_reachable()
        begun = time.monotonic()

        async def tell() -> None:
            for owner in owners:
                books.notices.about([owner])
                await asyncio.sleep(0.005)
            await books.notices.drain()

        telling = asyncio.create_task(tell())
        told = [time.monotonic() - begun async for _ in connection.notifies(timeout=2)]
        await telling

    assert told[0] < 0.2
    assert 2 <= len(told) <= 20 * told[-1] + 2


async def test_more_than_can_be_remembered_is_told_as_a_gap(books: Books, ear: Ear) -> None:
    asha = uuid.uuid4()

    books.notices.about(uuid.UUID(int=number) for number in range(50_000))
    books.notices.about([asha])

    await until(lambda: ear.gaps == 2)
    assert len(ear.owners) == 50_000


# What goes wrong


async def test_a_listener_whose_connection_died_re_reads_all_and_hears_again(books: Books, ear: Ear) -> None:
    asha, ravi = uuid.uuid4(), uuid.uuid4()
    books.notices.about([asha])
    await ear.hears(asha)

    ended = await books.ask(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = current_database() AND query LIKE 'LISTEN%%'"
    )
    await until(lambda: ear.gaps == 2, 5)
    books.notices.about([ravi])

    assert len(ended) == 1
    await ear.hears(ravi)


async def test_notices_go_on_after_every_connection_was_ended(books: Books, ear: Ear) -> None:
    asha = uuid.uuid4()
    await books.database.is_reachable()

    await books.throw_everybody_out()
    await until(lambda: ear.gaps == 2, 5)
    books.notices.about([asha])

    await ear.hears(asha)


async def test_while_the_database_is_away_nobody_is_held_up_and_later_the_pages_re_read(
    books: Books, ear: Ear
) -> None:
    asha = uuid.uuid4()
    async with connected(books.url) as database:
        notices = Notices(database)
        async with books.away():
            begun = time.monotonic()
            notices.about([asha])
            took = time.monotonic() - begun
            await asyncio.sleep(5.5)
        await until(lambda: ear.gaps == 2, 5)
        notices.about([asha])

        await ear.hears(asha)
        await until(lambda: ear.gaps == 3, 5)
        await notices.drain()

    assert took < 0.1


async def test_a_database_that_is_not_there_ends_nothing_and_keeps_no_stop_waiting() -> None:
    async with connected(NOBODY.format(port=free_port())) as nowhere:
        notices = Notices(nowhere)
        begun = time.monotonic()

        notices.about([uuid.uuid4()])
        await asyncio.sleep(0.1)
        notices.about([uuid.uuid4()])
        await notices.drain()
        notices.about([uuid.uuid4()])
        await notices.drain()

    assert time.monotonic() - begun < 10


async def test_drained_notices_have_all_been_told(books: Books, ear: Ear) -> None:
    owners = [uuid.uuid4() for _ in range(10)]
    books.notices.about(owners[:5])
    await asyncio.sleep(0.01)
    books.notices.about(owners[5:])

    await books.notices.drain()

    await ear.hears(*owners, seconds=1)


async def test_what_anybody_else_notifies_is_ignored(books: Books, ear: Ear) -> None:
    asha = uuid.uuid4()

    for garbage in ("", "garbage", "AAAA", "****", "₹" * 9, str(asha), "A" * 7_999):
        await books.ask("SELECT pg_notify('batua_owners', %s)", garbage)
    books.notices.about([asha])

    await ear.hears(asha)
    assert ear.owners == {asha}
    assert ear.gaps == 1


async def test_a_page_that_fails_does_not_end_the_listening(books: Books) -> None:
    class Clumsy(Ear):
        async def on_owners(self, owners: set[bytes]) -> None:
            await super().on_owners(owners)
            raise RuntimeError("nobody foresaw this")

        async def on_gap(self) -> None:
            await super().on_gap()
            raise RuntimeError("nobody foresaw this")

    asha, ravi = uuid.uuid4(), uuid.uuid4()
    async with listening(books.url, Clumsy()) as ear:
        books.notices.about([asha])
        await ear.hears(asha)
        books.notices.about([ravi])

        await ear.hears(ravi)


async def test_what_arrives_while_a_slow_page_is_told_comes_together(books: Books) -> None:
    class Slow(Ear):
        async def on_owners(self, owners: set[bytes]) -> None:
            await super().on_owners(owners)
            await asyncio.sleep(0.5)

    owners = [uuid.uuid4() for _ in range(6)]
    async with listening(books.url, Slow()) as ear:
        for owner in owners:
            books.notices.about([owner])
            await asyncio.sleep(0.06)

        await ear.hears(*owners)

    assert ear.calls == 2


async def test_listening_waits_for_a_database_that_comes_later(books: Books) -> None:
    ear, asha = Ear(), uuid.uuid4()
    async with books.away():
        task = asyncio.create_task(listen(books.url, on_owners=ear.on_owners, on_gap=ear.on_gap))
        await asyncio.sleep(0.5)
        assert ear.gaps == 0

    await until(lambda: ear.gaps == 1, 5)
    books.notices.about([asha])
    await ear.hears(asha)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
