"""The day's statement: every movement of the books, and as many wrong lines as were asked for."""

import asyncio
import sqlite3
from collections import Counter
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from bank_api.statement import StatementLine
from tests.integration.dummy_bank_town import Town, a_town


@pytest.fixture
async def town(tmp_path: Path) -> AsyncIterator[Town]:
    async with a_town(tmp_path) as opened:
        yield opened


async def a_busy_day(town: Town) -> None:
    """Three payments, one of them refunded, one declined; five payouts, one of them failed and one come back."""
    for number in range(3):
        created = await town.pay_later(f"r-{number}", amount_paise=100 + number)
        await town.control(created.token, "decline" if number == 1 else "approve")
        if number == 2:
            await town.hdfc.refund(created.token)
    for number in range(3):
        await town.pay_out(f"w-{number}", amount_paise=1_000 + number)
    await town.break_it(fail_rate=1)
    await town.pay_out("w-failed")
    await town.break_it(pending_rate=1, pending_ms=86_400_000)
    await town.pay_out("w-pending")
    await town.break_it(reversal_rate=1, reversal_after_ms=0)
    await town.pay_out("w-back")
    await town.hdfc.payout_state("w-back")
    await town.browser.delete("/hdfc/control/faults")


async def test_the_lines_are_the_movements_of_the_books(town: Town) -> None:
    await a_busy_day(town)

    lines = await town.hdfc.statement(town.today())

    assert [(line.kind, line.reference, line.status) for line in lines] == [
        ("payment", "r-0", "paid"),
        ("payment", "r-2", "paid"),
        ("refund", "r-2", "refunded"),
        ("payout", "w-0", "succeeded"),
        ("payout", "w-1", "succeeded"),
        ("payout", "w-2", "succeeded"),
        ("payout", "w-back", "succeeded"),
        ("reversal", "w-back", "reversed"),
    ]
    assert Counter((line.utr, line.amount_paise) for line in lines) == Counter(booked(town))
    assert all(line.date_time.utcoffset() == timedelta(hours=5, minutes=30) for line in lines)
    assert [line.date_time for line in lines] == sorted(line.date_time for line in lines)
    assert {line.date_time.date() for line in lines} == {town.today()}


def booked(town: Town) -> list[tuple[str, int]]:
    connection = sqlite3.connect(town.settings.books_path)
    try:
        return connection.execute(
            "SELECT utr, amount_paise FROM movements UNION ALL SELECT utr, amount_paise FROM payout_movements"
        ).fetchall()
    finally:
        connection.close()


async def test_a_payout_stands_on_the_day_on_which_it_was_paid(town: Town) -> None:
    today = town.today()
    await town.break_it(pending_rate=1, pending_ms=86_400_000)
    await town.pay_out()
    none_yet = await town.hdfc.statement(today)
    town.clock.ahead_seconds = 86_401

    await town.hdfc.payout_state("w-1")

    assert none_yet == await town.hdfc.statement(today) == ()
    assert len(await town.hdfc.statement(town.today())) == 1
    assert await town.axis.statement(town.today()) == ()


async def test_a_day_is_written_in_one_way_only(town: Town) -> None:
    headers = {"Authorization": "Bearer key-of-hdfc"}
    for day in [
        "",
        "20261120",
        "2026-02-30",
        "2026-1-1",
        "2026-11-20T00:00",
        "today",
        "२०२६-११-२०",
        "2026-11-20\n",
    ]:
        answer = await town.browser.get("/hdfc/api/statement", params={"date": day}, headers=headers)
        assert (answer.status_code, day) == (422, day)
    for day in ["0001-01-01", "9999-12-31"]:
        answer = await town.browser.get("/hdfc/api/statement", params={"date": day}, headers=headers)
        assert (answer.status_code, answer.text.count("\n")) == (200, 1)


async def test_a_statement_has_as_many_wrong_lines_as_were_asked_for(town: Town) -> None:
    await asyncio.gather(*(town.pay_out(f"w-{number}", amount_paise=500 + number) for number in range(10)))
    right = await town.hdfc.statement(town.today())

    for errors in (1, 2, 3, 4, 7):
        await town.break_it(statement_errors=errors)
        wrong = await town.hdfc.statement(town.today())

        assert await town.hdfc.statement(town.today()) == wrong
        assert errors_in(wrong, right) == Counter(
            ("missing", "doubled", "wrong amount", "unknown reference")[number % 4]
            for number in range(errors)
        )
    assert await right_lines(town) == right


async def test_where_no_right_line_is_left_the_wrong_ones_are_strangers(town: Town) -> None:
    await town.break_it(statement_errors=6)
    of_nobody = await town.hdfc.statement(town.today())
    await town.pay_out()

    of_one = await town.hdfc.statement(town.today())

    assert len(of_nobody) == 6
    assert len({line.reference for line in of_nobody}) == 6
    assert errors_in(of_one, await right_lines(town)) == Counter({"missing": 1, "unknown reference": 5})


async def right_lines(town: Town) -> tuple[StatementLine, ...]:
    await town.browser.delete("/hdfc/control/faults")
    return await town.hdfc.statement(town.today())


def errors_in(wrong: tuple[StatementLine, ...], right: tuple[StatementLine, ...]) -> Counter[str]:
    """What a reconciliation would find, line by line."""
    found: Counter[str] = Counter()
    there = Counter(line.reference for line in wrong)
    amounts = {line.reference: line.amount_paise for line in right}
    found["missing"] = sum(reference not in there for reference in amounts)
    found["doubled"] = sum(count == 2 for count in there.values())
    found["unknown reference"] = sum(reference not in amounts for reference in there)
    found["wrong amount"] = sum(
        line.reference in amounts and line.amount_paise != amounts[line.reference] for line in wrong
    )
    return +found
