"""A bank's statement beside our ledger, at a real bank and on a real database."""

from __future__ import annotations

import asyncio
import random
import sqlite3
import uuid
from collections.abc import AsyncIterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from bank_api.client import BankClient
from money.desk_errors import DayNotBegun, StatementNotThere
from money.reconciliation import Reconciliation
from money.withdrawal import Outcome
from tests.integration.books_town import Town, opened, told
from wallet.reconcile import reconcile


@pytest.fixture
async def town(database_url: str, tmp_path: Path) -> AsyncIterator[Town]:
    async with opened(database_url, tmp_path) as town:
        yield town


async def test_every_planted_error_of_a_busy_day_is_found_and_none_is_invented(town: Town) -> None:
    dice = random.Random(20)
    await town.a_busy_day(dice)
    right = await town.statement()
    assert {line.kind for line in right} == {"payment", "refund", "payout", "reversal"}
    plan = await town.plan()
    assert "payment" in {line.kind for line in right if line.reference in plan.given_back}
    assert await town.compares() == Reconciliation(len(right), ())

    for seed in range(25):
        await town.break_it(seed=seed, statement_errors=1 + seed * 2 % 15)
        wrong = await town.statement()
        found = await town.compares()

        assert told(found) == plan.planted(right, wrong), f"seed {seed}"


async def test_what_a_run_finds_is_filed_once_and_marked_when_it_is_gone(town: Town) -> None:
    row = await town.adds(await town.books.person(), 20)
    reference = str(row.id)

    before = [told(await town.compares()) for _ in range(2)]
    filed = await town.filed()
    await town.sweeps(row)
    after = told(await town.compares())

    assert before == [{("status", reference, None, 20_00): 1}] * 2
    assert filed == [("status", reference, False)]
    assert (after, await town.filed()) == ({}, [("status", reference, True)])
    await town.break_it(statement_errors=1)
    await town.compares()
    await town.break_it()
    await town.compares()
    await town.break_it(statement_errors=1)
    await town.compares()
    assert await town.filed() == [("missing_there", reference, False), ("status", reference, True)]


async def test_comparing_moves_no_money(town: Town) -> None:
    await town.adds(await town.books.person(), 20)
    before = await town.books.ask(
        "SELECT (SELECT count(*) FROM transfers), (SELECT max(version) FROM on_ramps)"
    )

    await town.compares()

    assert before == await town.books.ask(
        "SELECT (SELECT count(*) FROM transfers), (SELECT max(version) FROM on_ramps)"
    )


async def test_a_payout_that_a_forgetful_bank_paid_twice_is_missing_here_once(town: Town) -> None:
    asha = await town.books.person(100)
    withdrawal = await town.withdrawals.asks(asha, 10)
    await town.break_it(idempotent_references=False)
    await town.withdrawals.worker().turn()
    await town.bank.clients["hdfc"].payout(str(withdrawal), "123456789012", "HDFC0ABC123", 10_00)

    found = await town.compares()

    assert (found.matched, told(found)) == (1, {("missing_here", str(withdrawal), None, 10_00): 1})


async def test_a_payout_of_which_we_do_not_know_is_told_until_we_do(town: Town) -> None:
    asha = await town.books.person(100)
    withdrawal = await town.withdrawals.asks(asha, 10)
    await town.break_it(pending_rate=1, pending_ms=86_400_000)
    worker = town.withdrawals.worker()
    await worker.turn()
    pending = await town.compares()
    paid = await town.withdrawals.asks(await town.books.person(100), 20)
    await town.break_it(drop_response_rate=1)
    await worker.turn()
    unknown = await town.compares()

    await town.break_it()
    await town.withdrawals.make_due()
    await worker.turn()

    assert pending == Reconciliation(0, ())
    assert told(unknown) == {("status", str(paid), None, 20_00): 1}
    assert await town.compares() == Reconciliation(1, ())
    assert await town.withdrawals.status(withdrawal) == "unknown"


async def test_a_return_that_nobody_told_us_of_is_found(town: Town) -> None:
    withdrawal = await town.withdrawals.asks(await town.books.person(100), 10)
    await town.break_it(reversal_rate=1, reversal_after_ms=0)
    await town.withdrawals.worker().turn()
    await town.bank.clients["hdfc"].payout_state(str(withdrawal))

    lost = await town.compares()
    await town.withdrawals.told(withdrawal, Outcome.REVERSED, 10)

    assert told(lost) == {("status", str(withdrawal), None, 10_00): 1}
    assert await town.compares() == Reconciliation(2, ())


async def test_what_we_booked_after_midnight_belongs_to_the_banks_line_before_it(town: Town) -> None:
    row = await town.adds(await town.books.person(), 20)
    await town.sweeps(row)
    [(at,)] = await town.books.ask("SELECT created_at FROM transfers WHERE kind = 'on_ramp'")

    await town.booked_at(f"on_ramp:{row.id}", at + timedelta(days=1))

    assert await town.compares() == Reconciliation(1, ())
    await town.booked_at(f"on_ramp:{row.id}", at - timedelta(days=1))
    assert await town.compares() == Reconciliation(1, ())
    assert await town.compares(town.today() - timedelta(days=1)) == Reconciliation(0, ())
    await town.booked_at(f"on_ramp:{row.id}", at - timedelta(days=9))
    assert await town.compares() == Reconciliation(1, ())


async def test_a_payout_that_a_person_settled_days_later_is_found_where_the_bank_has_it(
    town: Town, tmp_path: Path
) -> None:
    withdrawal = await town.needs_attention(await town.books.person(100), 10, paid=True)
    three_days = timedelta(days=3)
    with closing(
        sqlite3.connect(tmp_path / "dummy_bank" / "books.sqlite3", timeout=10, isolation_level=None)
    ) as bank:
        bank.execute(
            "UPDATE payout_movements SET at_ms = at_ms - ?", (three_days // timedelta(milliseconds=1),)
        )
    await town.books.ask(
        "UPDATE withdrawals SET first_sent_at = first_sent_at - %s WHERE id = %s", three_days, withdrawal
    )
    then = town.today() - three_days
    before = await town.compares(then)

    await town.decides(withdrawal, paid="UTR9")

    assert told(before) == {("status", str(withdrawal), None, 10_00): 1}
    assert await town.compares(then) == Reconciliation(1, ())
    assert await town.compares() == Reconciliation(0, ())
    # The bank pays it once more today, and knows of no earlier one.
    await town.break_it(idempotent_references=False)
    await town.bank.clients["hdfc"].payout(str(withdrawal), "123456789012", "HDFC0ABC123", 10_00)
    assert told(await town.compares()) == {("missing_here", str(withdrawal), None, 10_00): 1}
    assert await town.compares(then) == Reconciliation(1, ())


async def test_another_banks_payments_are_not_this_ones(town: Town) -> None:
    await town.sweeps(await town.adds(await town.books.person(), 20))

    assert await town.compares(bank="axis") == Reconciliation(0, ())


async def test_a_day_that_has_not_begun_and_a_bank_that_is_away_are_said(town: Town) -> None:
    with pytest.raises(DayNotBegun):
        await town.compares(town.today() + timedelta(days=1))
    async with BankClient("http://127.0.0.1:9/hdfc/api", "key") as nobody:
        with pytest.raises(StatementNotThere):
            await reconcile(town.books.database, nobody, bank="hdfc", day=town.today())

    assert await town.filed() == []


async def test_runs_at_the_same_time_file_everything_once(town: Town) -> None:
    rows = [await town.adds(await town.books.person(), 20) for _ in range(3)]

    await asyncio.gather(*(town.compares() for _ in range(6)))

    assert await town.filed() == sorted(("status", str(row.id), False) for row in rows)


async def test_what_is_filed_cannot_be_removed(town: Town) -> None:
    await town.adds(await town.books.person(), 20)
    await town.compares()

    for statement in ("DELETE FROM reconciliation_exceptions", "TRUNCATE reconciliation_runs"):
        with pytest.raises(Exception, match="stay for ever"):
            await town.books.ask(statement)
    assert len(await town.filed()) == 1
    assert uuid.UUID((await town.filed())[0][1])
