"""Claiming lanes: how much a worker reads to find what is due, and when it looks again."""

import asyncio
import uuid
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from money.breaker import STANDARD
from money.withdrawal import LEASE
from shared_db.connection import Connection, with_retries
from shared_db.restores import hold
from shared_db.withdrawals import Claimed, claim
from tests.integration.restored_town import lets_money_out
from tests.integration.withdrawal_town import Town, opened

WAITING = 2_000


@pytest.fixture
async def town(database_url: str, tmp_path: Path) -> AsyncIterator[Town]:
    async with opened(database_url, tmp_path) as town:
        yield town


async def claims(town: Town, most: int = 50) -> list[Claimed]:
    async def work(connection: Connection) -> list[Claimed]:
        taken = await claim(
            connection, "hdfc", most=most, worker="one", lease=LEASE, try_every=STANDARD.try_every
        )
        await connection.execute("SELECT pg_stat_force_next_flush()")
        return taken

    return await with_retries(town.books.database, work)


async def read_of_the_lanes(town: Town) -> int:
    """Entries of the index of due lanes that were read so far."""
    [(read,)] = await town.books.ask(
        "SELECT idx_tup_read FROM pg_stat_user_indexes WHERE indexrelname = 'lanes_due_idx'"
    )
    return read


async def test_what_is_not_due_is_not_read_on_the_way_to_what_is(town: Town) -> None:
    due = [await town.books.person(100) for _ in range(3)]
    for owner in due:
        await town.asks(owner, 10)
    await town.books.ask(
        "WITH people AS (INSERT INTO accounts (id, kind, name)"
        "  SELECT gen_random_uuid(), 'user', 'user' FROM generate_series(1, %s) RETURNING id),"
        " wallets AS (INSERT INTO balances (account_id, balance_paise, held_paise, last_number)"
        "  SELECT id, 0, 0, 0 FROM people)"
        "INSERT INTO lanes (owner_id, bank, pending, last_number, next_at, token)"
        "  SELECT id, 'hdfc', 1, 1, clock_timestamp() + interval '1 hour', 0 FROM people",
        WAITING,
    )
    before = await read_of_the_lanes(town)

    taken = {one.head.owner_id for one in await claims(town)}
    nothing = await claims(town)

    assert taken == set(due)
    assert nothing == []
    assert await read_of_the_lanes(town) - before < 50
    # They were never asked for, so nothing of them may be left for the town's last look at its books.
    await town.books.ask(
        "UPDATE lanes SET pending = 0 WHERE next_at > clock_timestamp() + interval '1 minute'"
    )


async def test_the_lane_that_has_waited_longest_is_taken_first(town: Town) -> None:
    owners: list[uuid.UUID] = []
    for _ in range(3):
        owners.append(await town.books.person(100))
        await town.asks(owners[-1], 10)

    taken = [one.head.owner_id for _ in range(3) for one in await claims(town, most=1)]

    assert taken == owners


async def test_a_worker_looks_again_as_soon_as_a_call_of_its_own_has_ended(town: Town) -> None:
    asha = await town.books.person(100)
    for _ in range(2):
        await town.asks(asha, 10)
    lanes = town.worker().lanes["hdfc"]

    async with asyncio.timeout(10):
        first = await lanes.take_some()
        while not (second := await lanes.take_some()):
            await lanes.wait(60)
    await lanes.drain()

    assert (first, second) == (1, 1)
    assert await town.statuses(asha) == ["paid", "paid"]


async def test_a_frozen_wallets_withdrawal_is_not_sent_after_a_restore_until_it_is_thawed(town: Town) -> None:
    asha = await town.books.person(100)
    withdrawal = await town.asks(asha, 60)
    await town.books.ask("UPDATE balances SET frozen_at = now() WHERE account_id = %s", asha)
    await asyncio.to_thread(hold, town.books.url, datetime.now(UTC))
    worker = town.worker()

    async def turns() -> None:
        for _ in range(3):
            await town.make_due()
            await worker.turn()

    await turns()
    lets_money_out(town.books.url)
    await turns()
    frozen = (await town.status(withdrawal), await town.attempts(withdrawal), await town.has(asha))
    await town.books.ask("UPDATE balances SET frozen_at = NULL")
    await turns()

    assert frozen == ("unknown", [("enquire", "not_found")], (40, 60))
    assert await town.attempts(withdrawal) == [("enquire", "not_found"), ("send", "succeeded")]
    assert await town.has(asha) == (40, 0)
