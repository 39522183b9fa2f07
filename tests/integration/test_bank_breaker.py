"""A bank that is down: all workers stop calling it together, one of them tries, and all go on together."""

import asyncio
import uuid
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from shared_db.bank_health import _HEALTH, BankHealth, close_breaker, health_of_banks, open_breaker
from tests.integration.withdrawal_town import Town, Worker, opened

FIVE_SECONDS = timedelta(seconds=5)


@pytest.fixture
async def town(database_url: str, tmp_path: Path) -> AsyncIterator[Town]:
    async with opened(database_url, tmp_path) as town:
        yield town


async def health(town: Town, bank: str = "hdfc") -> BankHealth:
    async with town.books.database.plain() as connection:
        return (await health_of_banks(connection))[bank]


async def calls(town: Town) -> int:
    [(count,)] = await town.books.ask("SELECT count(*) FROM withdrawal_attempts")
    return count


async def let_it_be_tried(town: Town) -> None:
    """As if five seconds had passed, and every back-off too."""
    await town.books.ask("UPDATE bank_breakers SET next_try_at = clock_timestamp()")
    await town.make_due()


async def down_and_known_to_be(town: Town, worker: Worker, owners: int = 12) -> list[uuid.UUID]:
    """Withdrawals of as many owners, whose bank is down; `worker` has opened its breaker."""
    withdrawals = [await town.asks(await town.books.person(100), 10) for _ in range(owners)]
    await town.break_it(down=True)
    await worker.turn()
    assert not (await health(town)).is_open_for_calls
    return withdrawals


async def test_what_one_worker_found_out_another_need_not(town: Town) -> None:
    one, other = town.worker("one"), town.worker("other")
    await down_and_known_to_be(town, one)
    made = await calls(town)
    await town.make_due()

    taken = [await other.turn() for _ in range(5)]

    assert made == 12
    assert (taken, await calls(town)) == ([0] * 5, made)


async def test_one_worker_of_all_tries_every_five_seconds(town: Town) -> None:
    workers = [town.worker(str(number)) for number in range(3)]
    await down_and_known_to_be(town, workers[0])
    tries = []

    for _ in range(3):
        await let_it_be_tried(town)
        tries.append(sum(await asyncio.gather(*(one.turn() for one in workers))))
    at_once = sum(await asyncio.gather(*(one.turn() for one in workers)))

    assert (tries, at_once) == ([1, 1, 1], 0)
    [(pause,)] = await town.books.ask("SELECT next_try_at - clock_timestamp() FROM bank_breakers")
    assert timedelta(seconds=4) < pause <= FIVE_SECONDS


async def test_two_workers_leave_a_bank_in_peace_for_as_long_as_it_is_down(town: Town) -> None:
    first, second = town.worker("first"), town.worker("second")
    await down_and_known_to_be(town, first)
    before = await calls(town)
    working = [asyncio.create_task(one.work()) for one in (first, second)]

    for _ in range(110):
        # No back-off holds them back: the breaker alone does.
        await town.books.ask("UPDATE lanes SET next_at = clock_timestamp() WHERE worker IS NULL")
        await asyncio.sleep(0.1)
    for one in working:
        one.cancel()
    await asyncio.gather(*working, return_exceptions=True)

    assert await calls(town) - before == 2, "eleven seconds: a try after five and after ten"


async def test_a_try_that_is_answered_sets_all_workers_going(town: Town) -> None:
    one, other = town.worker("one"), town.worker("other")
    withdrawals = await down_and_known_to_be(town, one)
    await town.break_it()
    await let_it_be_tried(town)

    first = await other.turn()  # an enquiry: the bank has never heard of it, and says so
    await town.make_due()
    rest = await one.turn()

    assert first == 1
    assert rest >= len(withdrawals) - 1
    assert (await health(town)).is_open_for_calls
    while await town.open_ones():
        await town.make_due()
        await one.turn()
        await other.turn()
    assert {await town.status(withdrawal) for withdrawal in withdrawals} == {"paid"}


async def test_other_banks_are_called_meanwhile(town: Town) -> None:
    worker = town.worker()
    await down_and_known_to_be(town, worker)
    at_axis = await town.asks(await town.books.person(100), 10, bank="axis")

    await town.worker("another").turn()

    assert await town.status(at_axis) == "paid"


async def test_a_try_is_not_lost_on_a_worker_that_finds_nothing_due(town: Town) -> None:
    worker = town.worker()
    await down_and_known_to_be(town, worker)
    await town.books.ask("UPDATE lanes SET next_at = clock_timestamp() + interval '1 hour'")
    await town.books.ask("UPDATE bank_breakers SET next_try_at = clock_timestamp()")

    idle = await worker.turn()
    await town.make_due()
    tried = await worker.turn()

    assert (idle, tried) == (0, 1)


async def test_failures_from_before_it_closed_do_not_open_it_again(town: Town) -> None:
    now = datetime.now(UTC)
    async with town.books.database.plain() as connection:
        for began, at in ((-60, -50), (-60, -20)):  # the second is a late word about the same failures
            await open_breaker(
                connection,
                "hdfc",
                at=now + timedelta(seconds=at),
                failing_since=now + timedelta(seconds=began),
                try_every=FIVE_SECONDS,
            )
            await close_breaker(
                connection, "hdfc", at=now - timedelta(seconds=30), began_at=now - timedelta(seconds=31)
            )

    assert (await health(town)).is_open_for_calls


async def test_a_slow_answer_to_a_call_from_before_does_not_close_it(town: Town) -> None:
    now = datetime.now(UTC)
    async with town.books.database.plain() as connection:
        await open_breaker(connection, "hdfc", at=now, failing_since=now, try_every=FIVE_SECONDS)
        await close_breaker(connection, "hdfc", at=now, began_at=now - timedelta(seconds=7))

    assert not (await health(town)).is_open_for_calls


async def test_people_see_how_a_bank_has_answered_lately(town: Town) -> None:
    asha = await town.books.person(100)
    withdrawal = await town.asks(asha, 10)
    now = datetime.now(UTC)
    for seconds_ago, latency, outcome in (
        (16 * 60, 9, "unreadable"),  # too long ago
        (300, 100, "succeeded"),
        (200, 8_000, "unreadable"),
        (100, 300, "not_found"),
        (50, 200, "failed"),
    ):
        await town.books.ask(
            "INSERT INTO withdrawal_attempts VALUES (gen_random_uuid(), %s, 'hdfc', 'send', %s, %s, %s, NULL)",
            withdrawal,
            outcome,
            now - timedelta(seconds=seconds_ago),
            latency,
        )

    seen = await health(town)
    nothing = await health(town, "axis")

    assert seen == BankHealth(calls=4, answered=3, median_latency_ms=200, is_open_for_calls=True)
    assert nothing == BankHealth(calls=0, answered=0, median_latency_ms=None, is_open_for_calls=True)
    await town.desk.cancel(withdrawal)


async def test_only_the_last_twenty_calls_count_and_no_more_are_read(town: Town) -> None:
    withdrawal = await town.asks(await town.books.person(100), 10)
    for _ in range(3):
        await health(town)  # whatever is remembered of so small a table
    await town.books.ask(
        "INSERT INTO withdrawal_attempts SELECT gen_random_uuid(), %s, 'hdfc', 'send', 'succeeded',"
        " clock_timestamp() - number * interval '1 ms', CASE WHEN number <= 20 THEN 7 ELSE 900 END, NULL"
        " FROM generate_series(1, 50000) number",
        withdrawal,
    )

    seen = await health(town)
    async with town.books.database.plain() as connection:
        looked_up = await connection.execute(
            f"EXPLAIN (ANALYZE, FORMAT JSON) {_HEALTH}".encode(), prepare=False
        )
        [(plan,)] = await looked_up.fetchall()

    assert (seen.calls, seen.median_latency_ms) == (20, 7)
    read = [rows for name, rows in _rows_read(plan[0]["Plan"]) if name == "withdrawal_attempts"]
    assert read == [10], "20 of one bank and none of the other"
    await town.desk.cancel(withdrawal)


def _rows_read(plan: dict[str, Any]) -> list[tuple[str | None, float]]:
    """Each table that is read, and how many rows of it each time."""
    here = [(plan.get("Relation Name"), plan["Actual Rows"] + plan.get("Rows Removed by Filter", 0))]
    return here + [row for part in plan.get("Plans", []) for row in _rows_read(part)]
