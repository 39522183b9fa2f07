"""Shops' balances go to their banks by plan: once a day each, whoever makes them, and every payment in exactly one."""

from __future__ import annotations

import asyncio
import contextlib
import random
import sys
import uuid
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest

from money.errors import NoAccountChosen, NotAnAmount, Refusal
from money.movements import Kind, Posting
from money.settlements import Plan, Rhythm
from money.times import kolkata_day, kolkata_midnight
from shared_db.connection import Database
from shared_db.notices import Notices
from shared_db.saved_accounts import forget, save, saved_by
from shared_db.settlement_screens import OwnSettlement, came_back, covered_by, plan_of, settlements_of
from shared_db.settlements import settle_due
from tests.integration.withdrawal_town import ACCOUNT, IFSC, Town, opened, opened_to_all
from tests.shop_town import given_back, paid, shop
from tests.town import move
from wallet.plan_settlements import plan_settlements
from wallet.settle_shops import Settlements

BANKS = ("hdfc", "axis")
NIGHT = Plan(Rhythm.DAILY, 0, 0)
"""Due since midnight, whatever the hour of the test."""


@pytest.fixture
async def town(database_url: str, tmp_path: Path) -> AsyncIterator[Town]:
    async with opened(database_url, tmp_path) as town:
        yield town


async def account_of(town: Town, owner: uuid.UUID) -> str:
    async with town.books.database.plain() as connection:
        await save(connection, owner, bank="hdfc", account_number=ACCOUNT, ifsc=IFSC, registered_name="Chai")
        return str((await saved_by(connection, owner))[0].id)


async def planned(town: Town, *, plan: Plan = NIGHT, keep: str = "0") -> uuid.UUID:
    """A shop with a plan."""
    merchant = await shop(town.books)
    saved = await account_of(town, merchant)
    await plan_settlements(town.books.database, merchant, plan, saved_account_id=saved, keep=keep)
    return merchant


async def becomes_due(town: Town, *, days_ago: int = 0) -> None:
    """At the beginning of today in Kolkata, or of an earlier day."""
    due = kolkata_midnight(kolkata_day(datetime.now(UTC)) - timedelta(days=days_ago))
    await town.books.ask("UPDATE settlement_plans SET next_at = %s WHERE rhythm <> 'off'", due)


def scheduler(town: Town, database: Database | None = None) -> Settlements:
    return Settlements(database or town.books.database, Notices(town.books.database), BANKS)


async def settles(town: Town, now: datetime | None = None) -> None:
    """Until nothing is left to do."""
    while await scheduler(town).take(now or datetime.now(UTC)):
        pass


async def tomorrow(town: Town) -> None:
    """The next day's turn: the plans are due then, and the clock says so."""
    day = kolkata_day(datetime.now(UTC)) + timedelta(days=1)
    [(latest,)] = await town.books.ask("SELECT max(day) FROM settlements")
    day = max(day, latest + timedelta(days=1)) if latest else day
    due = kolkata_midnight(day)
    await town.books.ask("UPDATE settlement_plans SET next_at = %s WHERE rhythm <> 'off'", due)
    await settles(town, due + timedelta(hours=1))


async def settlements(town: Town, merchant: uuid.UUID) -> list[OwnSettlement]:
    """The oldest first."""
    async with town.books.database.plain() as connection:
        return (await settlements_of(connection, merchant, most=100))[::-1]


async def last_turn(town: Town, merchant: uuid.UUID) -> str | None:
    async with town.books.database.plain() as connection:
        found = await plan_of(connection, merchant)
    assert found is not None
    return found.last_turn


async def test_what_is_above_the_minimum_goes_to_the_bank_and_the_sums_explain_it(town: Town) -> None:
    merchant, asha = await planned(town, keep="50"), await town.books.person(1000)
    payments = [await paid(town.books, asha, merchant, rupees * 10**2) for rupees in (100, 200, 300)]
    await given_back(town.books, merchant, payments[0], 40_00)
    await becomes_due(town)

    await settles(town)
    await town.worker().turn()

    [one] = await settlements(town, merchant)
    assert await town.has(merchant) == (50, 0)
    assert (one.status, one.amount_paise, one.kept_paise, one.carried_paise) == ("paid", 510_00, 50_00, 0)
    assert (one.payments, one.gross_paise, one.refunded_paise) == (3, 600_00, 40_00)
    assert (one.withdrawn_paise, one.came_back_paise, one.other_paise) == (0, 0, 0)
    assert one.utr
    assert await last_turn(town, merchant) == "settled"


async def test_forty_turns_of_four_schedulers_at_once_make_one_settlement_each(town: Town) -> None:
    asha = await town.books.person(1000)
    merchants = [await planned(town) for _ in range(5)]
    for merchant in merchants:
        await paid(town.books, asha, merchant, 10_00)
    await becomes_due(town)
    databases = [Database(town.books.url) for _ in range(4)]
    now = datetime.now(UTC)

    await asyncio.gather(*(scheduler(town, one).take(now) for one in databases for _ in range(10)))
    # And once more by a clock that thinks that the hour has come again.
    await becomes_due(town)
    await settles(town)

    for one in databases:
        await one.close()
    for merchant in merchants:
        assert [one.amount_paise for one in await settlements(town, merchant)] == [10_00]
        assert await town.has(merchant) == (0, 10)


async def test_a_scheduler_that_dies_before_its_commit_has_done_nothing_and_the_next_does_it_once(
    town: Town,
) -> None:
    merchant, asha = await planned(town), await town.books.person(100)
    await paid(town.books, asha, merchant, 70_00)
    await becomes_due(town)
    async with town.books.database.plain() as connection:
        process = connection.info.backend_pid

        with pytest.raises(psycopg.OperationalError):  # noqa: PT012 # it dies in the middle
            async with connection.transaction():
                made = await settle_due(
                    connection, now=datetime.now(UTC), most=10, banks=BANKS, correlation_id="c"
                )
                assert [one.outcome for one in made] == ["settled"]
                # While it is at it, others pass it by.
                assert await scheduler(town).take(datetime.now(UTC)) == 0
                await town.books.ask("SELECT pg_terminate_backend(%s)", process)
                await connection.execute("SELECT 1")
    assert await settlements(town, merchant) == []
    assert await town.has(merchant) == (70, 0)

    await settles(town)

    assert [one.amount_paise for one in await settlements(town, merchant)] == [70_00]


async def test_a_missed_hour_is_made_up_for_once_the_same_day_and_not_on_another(town: Town) -> None:
    merchant, asha = await planned(town), await town.books.person(100)
    await paid(town.books, asha, merchant, 70_00)
    await becomes_due(town, days_ago=2)

    await settles(town)
    missed = await last_turn(town, merchant), await settlements(town, merchant)
    [(at,)] = await town.books.ask("SELECT last_turn_at FROM settlement_plans")
    await becomes_due(town)
    await settles(town)

    assert missed == ("missed", [])
    assert kolkata_day(at) == kolkata_day(datetime.now(UTC)) - timedelta(days=2)
    [one] = await settlements(town, merchant)
    assert one.day == kolkata_day(datetime.now(UTC))


async def test_nothing_is_settled_where_nothing_is_above_the_minimum_or_nothing_may_leave(town: Town) -> None:
    asha = await town.books.person(1000)
    poor, frozen, closed, removed, off = [await planned(town, keep="100") for _ in range(5)]
    for merchant in (frozen, removed, off):
        await paid(town.books, asha, merchant, 150_00)
    await paid(town.books, asha, poor, 100_00)
    await town.books.ask("UPDATE balances SET frozen_at = now() WHERE account_id = %s", frozen)
    await town.books.close_wallet(closed)
    async with town.books.database.plain() as connection:
        await forget(connection, removed, (await saved_by(connection, removed))[0].id)
    await plan_settlements(town.books.database, off, Plan(Rhythm.OFF, 0, 0), saved_account_id="", keep="100")
    await becomes_due(town)

    await settles(town)

    turns = [await last_turn(town, one) for one in (poor, frozen, closed, removed, off)]
    assert turns == ["nothing", "frozen", "closed", "no_account", None]
    assert await town.books.ask("SELECT count(*) FROM settlements") == [(0,)]
    assert await town.books.ask("SELECT count(*) FROM settlement_plans WHERE next_at <= now()") == [(0,)]


async def test_a_settlement_that_fails_comes_back_and_the_next_one_names_it(town: Town) -> None:
    merchant, asha = await planned(town), await town.books.person(1000)
    await paid(town.books, asha, merchant, 100_00)
    await town.break_it(fail_rate=1)
    await becomes_due(town)
    await settles(town)
    await town.worker().turn()
    [failed] = await settlements(town, merchant)
    async with town.books.database.plain() as connection:
        before = await came_back(connection, merchant, failed.id)
    await town.break_it()
    await paid(town.books, asha, merchant, 50_00)

    await tomorrow(town)
    await town.worker().turn()

    failed, good = await settlements(town, merchant)
    async with town.books.database.plain() as connection:
        after = await came_back(connection, merchant, failed.id)
        covered = [await covered_by(connection, merchant, one, most=9) for one in (failed, good)]
    assert (failed.status, failed.payments, failed.amount_paise) == ("failed", 1, 100_00)
    assert (good.status, good.payments, good.gross_paise) == ("paid", 1, 50_00)
    assert (good.came_back_paise, good.amount_paise) == (100_00, 150_00)
    assert [[one.amount_paise for one in some] for some in covered] == [[100_00], [50_00]]
    assert before is not None
    assert before.settlement_id is None
    assert after is not None
    assert after.settlement_id == good.id


async def test_every_payment_is_in_exactly_one_settlement_and_the_sums_are_the_ledgers(town: Town) -> None:
    seed = 20261128
    sys.stdout.write(f"seed {seed}\n")
    chance = random.Random(seed)
    merchant, asha = await planned(town, keep="25"), await town.books.person(100_000)
    worker = town.worker()
    payments: list[uuid.UUID] = []

    async def something_happens() -> None:
        balance, _ = await town.has(merchant)
        match chance.randrange(6):
            case 0 if payments:
                with contextlib.suppress(Refusal):
                    await given_back(town.books, merchant, chance.choice(payments), 5_00)
            case 1 if balance > 10:
                with contextlib.suppress(Refusal):
                    await town.asks(merchant, 10)
            case _:
                payments.append(await paid(town.books, asha, merchant, chance.randrange(1, 90_00)))

    for _ in range(8):
        await town.break_it(fail_rate=chance.choice([0, 0, 1]))
        for _ in range(12):
            await something_happens()
        # Money goes on moving while the settlement is made.
        await asyncio.gather(tomorrow(town), *(something_happens() for _ in range(4)))
        for _ in range(4):
            await worker.turn()
            await town.make_due()
    await tomorrow(town)

    made = await settlements(town, merchant)
    assert len(made) == 9
    assert [one.first_number for one in made] == [1, *(one.last_number + 1 for one in made[:-1])]
    async with town.books.database.plain() as connection:
        covered = [
            (one.id, settlement.id)
            for settlement in made
            for one in await covered_by(connection, merchant, settlement, most=1_000)
        ]
    assert sorted(one for one, _ in covered) == sorted(payments)
    for one in made:
        entries = await town.books.ask(
            "SELECT e.amount_paise, t.kind, t.id FROM entries e JOIN transfers t ON t.id = e.transfer_id"
            " WHERE e.account_id = %s AND e.number BETWEEN %s AND %s ORDER BY e.number",
            merchant,
            one.first_number,
            one.last_number,
        )
        assert entries[-1][1:] == ("hold", one.id)
        assert one.gross_paise == sum(amount for amount, kind, _ in entries if kind == "payment")
        assert one.refunded_paise == -sum(amount for amount, kind, _ in entries if kind == "refund")
        assert one.carried_paise + sum(amount for amount, *_ in entries) == one.kept_paise == 25_00
        assert one.payments == sum(kind == "payment" for _, kind, _ in entries)


async def test_while_our_books_do_not_add_up_plans_stay_due_and_are_made_up_for(
    database_url: str, tmp_path: Path
) -> None:
    async with opened_to_all(database_url, tmp_path) as town:
        merchant, asha = await planned(town), await town.books.person(100)
        await paid(town.books, asha, merchant, 70_00)
        await becomes_due(town)
        await town.books.ask("UPDATE solvency SET broken_since = now(), sums_fault = '{}' WHERE id = 1")

        await settles(town)
        stopped = await settlements(town, merchant), await last_turn(town, merchant)
        await town.books.ask("UPDATE solvency SET broken_since = NULL, sums_fault = NULL WHERE id = 1")
        await settles(town)

        assert stopped == ([], None)
        assert [one.amount_paise for one in await settlements(town, merchant)] == [70_00]


async def test_another_shops_account_and_broken_amounts_make_no_plan(town: Town) -> None:
    mine, other = await shop(town.books), await shop(town.books)
    theirs = await account_of(town, other)
    database = town.books.database

    for saved in (theirs, "", "no id", str(uuid.uuid4())):
        with pytest.raises(NoAccountChosen):
            await plan_settlements(database, mine, NIGHT, saved_account_id=saved, keep="0")
    own = await account_of(town, mine)
    for keep in ("-1", "1e3", "NaN", "0.001", "१०", "9" * 30):
        with pytest.raises(NotAnAmount):
            await plan_settlements(database, mine, NIGHT, saved_account_id=own, keep=keep)
    # And were all of that forgotten, the database itself would refuse.
    with pytest.raises(psycopg.errors.ForeignKeyViolation):
        await town.books.ask(
            "INSERT INTO settlement_plans (merchant_id, rhythm, weekday, hour, saved_account_id, keep_paise)"
            " VALUES (%s, 'daily', 0, 0, %s, 0)",
            mine,
            theirs,
        )

    assert await town.books.ask("SELECT count(*) FROM settlement_plans") == [(0,)]


async def test_a_settlement_made_while_money_goes_out_keeps_the_minimum(town: Town) -> None:
    merchant, asha = await planned(town, keep="30"), await town.books.person(1000)
    payments = [await paid(town.books, asha, merchant, 20_00) for _ in range(6)]
    await becomes_due(town)

    refunds = [given_back(town.books, merchant, one, 10_00) for one in payments]
    await asyncio.gather(scheduler(town).take(datetime.now(UTC)), *refunds, return_exceptions=True)
    await settles(town)

    [one] = await settlements(town, merchant)
    assert one.kept_paise == 30_00
    assert one.amount_paise == 120_00 - 30_00 - (one.refunded_paise or 0)
    assert (await town.books.post(move(Kind.PAYMENT, asha, merchant, 1_00))) == [Posting.POSTED]
