"""An owner's history: one row for each thing, newest first, whatever the page size; and it adds up to the balance."""

from __future__ import annotations

import random
import uuid
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from money.activity import Activity
from money.movements import Kind
from money.times import kolkata_day
from money.withdrawal import Outcome, Resolved, Status
from shared_db.history import FIRST_DAY, LAST_ID, Happened, Place, Wanted, one_of, page_of
from shared_db.history_rows import UNMOVED
from tests.integration.withdrawal_town import Town, opened
from tests.town import Books, move

EVERYTHING = Wanted()


@pytest.fixture
async def town(database_url: str, tmp_path: Path) -> AsyncIterator[Town]:
    async with opened(database_url, tmp_path) as town:
        yield town


async def history(
    books: Books, owner: uuid.UUID, *, wanted: Wanted = EVERYTHING, at_once: int = 1000
) -> list[Happened]:
    """All pages, one after the other."""
    found: list[Happened] = []
    place: Place | None = Place()
    async with books.database.plain() as connection:
        while place is not None:
            page = await page_of(connection, owner, wanted=wanted, begin=place, most=at_once)
            assert len(page.rows) <= at_once
            found += page.rows
            place = page.next
    return found


def total(rows: list[Happened]) -> int:
    return sum(row.amount_paise for row in rows if row.balance_after_paise is not None)


async def test_the_rows_that_moved_add_up_to_the_balance_whatever_withdrawals_came_to(town: Town) -> None:
    books = town.books
    asha, ravi = await books.person(1000), await books.person(0, "Ravi")
    worker = town.worker()
    paid = await town.asks(asha, 100)
    await worker.turn()
    await town.break_it(fail_rate=1)
    failed = await town.asks(asha, 110)
    await worker.turn()
    await town.break_it()
    reversed_one = await town.asks(asha, 120)
    await worker.turn()
    await town.told(reversed_one, Outcome.REVERSED, 120)
    await town.spends(asha, ravi, 50)
    cancelled, queued = await town.asks(asha, 130), await town.asks(asha, 140)
    await town.desk.cancel(cancelled)
    pending = await books.on_ramp(asha, amount_paise=77_00)

    rows = await history(books, asha)

    by_id = {row.id: row for row in rows}
    assert len(by_id) == len(rows)
    moved = {paid: -100_00, queued: -140_00}
    assert {one: by_id[one].amount_paise for one in moved} == moved
    nothing = {failed, reversed_one, cancelled, pending.id}
    assert {one for one in by_id if by_id[one].balance_after_paise is None} == nothing
    assert total(rows) == (await books.has(asha))[0]
    assert [row.other_name for row in rows if row.activity is Activity.TRANSFER] == ["Ravi Rao"]
    assert [row.at for row in rows] == sorted((row.at for row in rows), reverse=True)
    await worker.turn()


async def test_what_a_bank_paid_after_calling_it_failed_counts_as_out_again(town: Town) -> None:
    books = town.books
    asha, poor = await books.person(1000), await books.person(400)
    worker = town.worker()
    await town.break_it(fail_rate=1)
    taken, lost = await town.asks(asha, 400), await town.asks(poor, 400)
    await worker.turn()
    await town.spends(poor, asha, 400)  # so that nothing is left to take back
    assert total(await history(books, asha)) == 1400_00

    for one in (taken, lost):
        await books.ask("UPDATE withdrawals SET doubted_at = now() WHERE id = %s", one)
        step = await town.settlement.settle(one, lambda at: Resolved(at, Outcome.SUCCEEDED, "UTR9"))
        assert step
        assert step.row.status is Status.FAILED

    for owner, left in ((asha, 1000_00), (poor, 0)):
        assert (await books.has(owner))[0] == left
        assert total(await history(books, owner)) == left


@pytest.mark.parametrize("seed", [7, 11])
async def test_every_page_size_and_every_filter_tell_the_same_story(database_url: str, seed: int) -> None:
    dice = random.Random(seed)
    async with Books(database_url) as books:
        asha, ravi = await books.person(500), await books.person(500, "Ravi")
        for _ in range(40):
            match dice.choice(["send", "receive", "credited", "tried", "gift"]):
                case "send":
                    await books.post(move(Kind.SEND, asha, ravi, 1_00))
                case "receive":
                    await books.post(move(Kind.SEND, ravi, asha, 2_00))
                case "credited":
                    await books.credited(asha, 5_00)
                case "tried":
                    row = await books.on_ramp(asha, amount_paise=9_00)
                    await books.ask(
                        "UPDATE on_ramps SET status = 'failure', next_enquiry_at = NULL WHERE id = %s", row.id
                    )
                case _:
                    await books.credited(ravi, 1_00)

        whole = await history(books, asha)
        assert total(whole) == (await books.has(asha))[0], f"seed {seed}"
        for at_once in (1, 2, 3, 7, len(whole)):
            assert await history(books, asha, at_once=at_once) == whole, f"seed {seed}"
        for activities in (
            {Activity.ON_RAMP},
            {Activity.TRANSFER},
            {Activity.PROMOTION, Activity.ON_RAMP},
            {Activity.REFUND},
        ):
            wanted = Wanted(activities=frozenset(activities))
            expected = [row for row in whole if row.activity in activities]
            for at_once in (1, 3, 100):
                assert await history(books, asha, wanted=wanted, at_once=at_once) == expected, f"seed {seed}"


async def test_days_are_kolkatas_and_inclusive(database_url: str) -> None:
    async with Books(database_url) as books:
        asha = await books.person()
        await books.credited(asha, 5_00)
        await books.on_ramp(asha, amount_paise=9_00)
        today = kolkata_day(datetime.now(UTC))
        yesterday, tomorrow = today - timedelta(days=1), today + timedelta(days=1)

        async def between(first: object, last: object) -> int:
            wanted = Wanted(first_day=first, last_day=last)  # pyright: ignore[reportArgumentType] # dates
            return len(await history(books, asha, wanted=wanted))

        assert await between(today, today) == 2
        assert await between(FIRST_DAY, today) == 2
        assert await between(yesterday, tomorrow) == 2
        assert await between(FIRST_DAY, yesterday) == 0
        assert await between(tomorrow, tomorrow) == 0


async def test_one_row_is_found_by_its_id_and_by_its_owners_alone(town: Town) -> None:
    books = town.books
    asha, ravi, mallory = await books.person(500), await books.person(0, "Ravi"), await books.person(5)
    await town.spends(asha, ravi, 50)
    withdrawal = await town.asks(asha, 100)
    await books.credited(asha, 5_00)
    tried = await books.on_ramp(asha, amount_paise=9_00)
    rows = await history(books, asha)
    [sent] = [row.id for row in rows if row.activity is Activity.TRANSFER]

    async with books.database.plain() as connection:
        for row in rows:
            found = await one_of(connection, asha, row.id)
            assert found == row._replace(number=None, balance_after_paise=None)
            if row.id != sent:
                assert await one_of(connection, ravi, row.id) is None
            assert await one_of(connection, mallory, row.id) is None
        received = await one_of(connection, ravi, sent)

    assert received
    assert (received.amount_paise, received.other_name) == (50_00, "Asha Rao")
    assert {withdrawal, tried.id} <= {row.id for row in rows}
    await town.desk.cancel(withdrawal)


async def test_attempts_are_looked_for_among_the_owners_own_and_not_among_everybodys(
    database_url: str,
) -> None:
    async with Books(database_url) as books, books.database.plain() as connection:
        asha = await books.person()
        nowhere = {"owner": asha, "before": LAST_ID, "after": uuid.UUID(int=0), "most": 21}
        ever = {"since": datetime(2000, 1, 1, tzinfo=UTC), "until": datetime(2100, 1, 1, tzinfo=UTC)}
        cursor = await connection.execute("EXPLAIN " + UNMOVED, nowhere | ever)
        plan = "\n".join(row[0] for row in await cursor.fetchall())

    assert "on_ramps_of_user_idx" in plan
    assert "on_ramps_pkey" not in plan
