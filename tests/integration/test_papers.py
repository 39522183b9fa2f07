"""Receipts and monthly statements as PDFs, read back and held against the books."""

from __future__ import annotations

import asyncio
import sys
import time
import tracemalloc
import uuid
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from money.movements import Kind
from money.rupees import format_rupees, parse_typed_rupees
from money.times import kolkata_day
from money.withdrawal import Outcome
from shared_ui.letters import drawable
from tests.integration.paper_town import AMOUNT, Desk, desk_of, let_months_pass, pages_of
from tests.integration.withdrawal_town import Town, opened
from tests.town import gift, move

LONG_NAME = "Thiruvenkatanathapuramsubramaniyaswamynagarajanpil"
NAMES = ("अशोक श्रीवास्तव", "তানভীর আহমেদ", "தமிழ்ச்செல்வி கோவிந்தன்", "శ్రీనివాస్ రావు", "محمد علی", "નરેન્દ્ર પટેલ")
MANY = 4_000


@pytest.fixture
async def town(database_url: str, tmp_path: Path) -> AsyncIterator[Town]:
    async with opened(database_url, tmp_path) as town:
        yield town


@pytest.fixture
async def desk(town: Town, tmp_path: Path) -> AsyncIterator[Desk]:
    async with desk_of(town.books.url, tmp_path) as desk:
        yield desk


def this_month() -> str:
    return f"{kolkata_day(datetime.now(UTC)):%Y-%m}"


async def test_a_statement_tells_each_movement_and_the_balance_after_it(town: Town, desk: Desk) -> None:
    books = town.books
    asha, ravi = await books.person(), await books.person(first_name="Ravi")
    await books.credited(asha, 12_345_678_90)
    await books.post(move(Kind.SEND, asha, ravi, 120_50))
    await town.asks(asha, 500)
    await town.worker().turn()

    [page] = await desk.paper(asha, "statement.pdf", month=this_month())

    entries = await books.entries(asha)
    told = AMOUNT.findall(page)
    balance, _ = await books.has(asha)
    assert [format_rupees(after) for _, _, after in entries] == told[5:-1:2]
    assert [
        f"+{format_rupees(entries[0][1])}",
        *(format_rupees(amount) for _, amount, _ in entries[1:]),
    ] == told[4:-1:2]
    assert told[:4] == ["₹0.00", "+₹1,23,45,678.90", "-₹620.50", format_rupees(balance)]
    assert told[-1] == format_rupees(balance)
    assert "Asha Rao" in page
    assert f"{str(asha)[:1]}***@x.example" in page
    assert str(asha) not in page
    assert "Ravi Rao" in page
    assert "HDFC Bank ••••9012" in page
    assert "Page 1 of 1" in page


async def test_money_that_came_back_stands_there_twice_and_the_figures_add_up(town: Town, desk: Desk) -> None:
    asha = await town.books.person(1_000)
    withdrawal = await town.asks(asha, 300)
    await town.worker().turn()
    await town.told(withdrawal, Outcome.REVERSED, 300)

    [page] = await desk.paper(asha, "statement.pdf", month=this_month())

    assert AMOUNT.findall(page)[:4] == ["₹0.00", "+₹1,300.00", "-₹300.00", "₹1,000.00"]
    assert "To your bank" in page
    assert "Sent back by your bank" in page


async def test_a_month_without_movement_still_has_its_balance(town: Town, desk: Desk) -> None:
    asha = await town.books.person(750)
    await let_months_pass(town.books, 70)
    month = kolkata_day(datetime.now(UTC)).replace(day=1) - timedelta(days=1)

    [page] = await desk.paper(asha, "statement.pdf", month=f"{month:%Y-%m}")

    assert AMOUNT.findall(page) == ["₹750.00", "₹0.00", "₹0.00", "₹750.00", "₹750.00"]
    assert "Nothing moved in this month." in page


async def test_each_month_begins_with_what_the_one_before_ended_with(town: Town, desk: Desk) -> None:
    asha = await town.books.person(100)
    await let_months_pass(town.books, 62)
    await town.books.post(gift(asha, 50_00))
    await let_months_pass(town.books, 31)
    await town.books.post(gift(asha, 25_00))
    day = kolkata_day(datetime.now(UTC)).replace(day=1)
    months = [f"{day:%Y-%m}"]
    for _ in range(4):
        day = (day - timedelta(days=1)).replace(day=1)
        months.append(f"{day:%Y-%m}")

    told = [
        AMOUNT.findall((await desk.paper(asha, "statement.pdf", month=one))[0]) for one in reversed(months)
    ]

    assert told[0][0] == "₹0.00"
    assert [before[3] for before in told[:-1]] == [after[0] for after in told[1:]]
    assert told[-1][3] == "₹175.00"


async def test_thousands_of_movements_take_seconds_and_little_memory(town: Town, desk: Desk) -> None:
    asha = await town.books.person()
    for _ in range(MANY // 500):
        await town.books.post(*(gift(asha, 1_01) for _ in range(500)))
    tracemalloc.start()
    begun = time.monotonic()

    answer = await desk.asks(asha, "statement.pdf", month=this_month())

    took, (_, peak) = time.monotonic() - begun, tracemalloc.get_traced_memory()
    tracemalloc.stop()
    pages = pages_of(answer.content)
    balances = [one for page in pages for one in AMOUNT.findall(page) if not one.startswith("+")]
    assert balances[-1] == format_rupees(MANY * 1_01)
    assert f"Page {len(pages)} of {len(pages)}" in pages[-1]
    # The four sums stand first; then the balances of all rows, in their order.
    rows = [format_rupees(count * 1_01) for count in range(1, MANY + 1)]
    assert [one for one in balances if one in set(rows)][-MANY - 1 : -1] == rows
    sys.stdout.write(f"{MANY} movements: {len(pages)} pages in {took:.1f} s, {peak:,} bytes at most\n")
    assert took < 60
    assert peak < 100_000_000


async def test_others_go_on_while_a_long_statement_is_drawn(town: Town, desk: Desk) -> None:
    asha = await town.books.person()
    for _ in range(4):
        await town.books.post(*(gift(asha, 1_01) for _ in range(500)))
    drawing = asyncio.create_task(desk.asks(asha, "statement.pdf", month=this_month()))
    longest = 0.0

    while not drawing.done():
        begun = time.monotonic()
        await asyncio.sleep(0.001)
        longest = max(longest, time.monotonic() - begun)

    assert drawing.result().status_code == 200
    assert longest < 1, "the event loop stood still"


async def test_a_statement_that_is_drawn_while_money_moves_adds_up(town: Town, desk: Desk) -> None:
    asha, ravi = await town.books.person(100), await town.books.person(100)
    moving = asyncio.create_task(_move_to_and_fro(town, asha, ravi))

    papers = [await desk.paper(asha, "statement.pdf", month=this_month()) for _ in range(12)]

    await moving
    for paper in papers:
        told = [one for page in paper for one in AMOUNT.findall(page)]
        opening, came_in, went_out, closing = (_paise(one) for one in told[:4])
        assert opening + came_in + went_out == closing == _paise(told[-1])
    assert len({tuple(paper) for paper in papers}) > 1, "nothing moved meanwhile"


async def _move_to_and_fro(town: Town, asha: uuid.UUID, ravi: uuid.UUID) -> None:
    for _ in range(60):
        await town.books.post(move(Kind.SEND, asha, ravi, 1_25), move(Kind.SEND, ravi, asha, 50))


def _paise(text: str) -> int:
    sign = -1 if text.startswith("-") else 1
    return sign * parse_typed_rupees(text.lstrip("+-")) if text != "₹0.00" else 0


@pytest.mark.parametrize("name", NAMES)
async def test_names_of_india_can_be_drawn(town: Town, desk: Desk, name: str) -> None:
    first, last = name.split()
    asha = await town.books.person(10, first_name=first, last_name=last)

    [page] = await desk.paper(asha, "statement.pdf", month=this_month())

    # Letters that join are told one by one, some in the order in which they are drawn.
    assert set(drawable(name)) - {" "} <= set(page)


async def test_a_receipt_says_what_its_page_says(town: Town, desk: Desk) -> None:
    books = town.books
    asha = await books.person(5_000, first_name=LONG_NAME)
    ravi = await books.person(first_name="Ravi")
    sent = move(Kind.SEND, asha, ravi, 1_250_00)._replace(note="चाय और samosa")
    await books.post(sent)

    [page] = await desk.paper(asha, "receipt.pdf", id=str(sent.id))

    for words in ("-₹1,250.00", "One thousand two hundred fifty rupees", "Ravi Rao", str(sent.id), "Done"):
        assert words in page
    assert LONG_NAME in page.replace("\n", "")


async def test_an_attempt_that_came_to_nothing_has_a_receipt_too(town: Town, desk: Desk) -> None:
    asha = await town.books.person()
    tried = await town.books.on_ramp(asha)
    await town.books.ask(
        "UPDATE on_ramps SET status = 'failure', next_enquiry_at = NULL WHERE id = %s", tried.id
    )

    [page] = await desk.paper(asha, "receipt.pdf", id=str(tried.id))

    assert "Not added" in page
    assert "+₹" not in page


async def test_a_withdrawals_receipt_has_all_of_its_steps(town: Town, desk: Desk) -> None:
    asha = await town.books.person(1_000)
    withdrawal = await town.asks(asha, 300)
    await town.worker().turn()

    [page] = await desk.paper(asha, "receipt.pdf", id=str(withdrawal))

    assert "Step by step" in page
    assert "HDFC Bank ••••9012" in page


async def test_nobody_elses_paper_can_be_had(town: Town, desk: Desk) -> None:
    asha, ravi = await town.books.person(1_000), await town.books.person(first_name="Ravi")
    [(given,)] = await town.books.ask("SELECT id FROM transfers WHERE target_id = %s", asha)

    answers = [
        await desk.asks(ravi, "receipt.pdf", id=one) for one in (str(given), str(uuid.uuid4()), "", "'--")
    ]
    [page] = await desk.paper(ravi, "statement.pdf", month=this_month())

    assert {(one.status_code, one.text) for one in answers} == {(404, answers[0].text)}
    assert "₹1,000.00" not in page


@pytest.mark.parametrize("path", ["receipt.pdf", "statement.pdf", "transactions.csv"])
async def test_a_stranger_is_sent_to_log_in(desk: Desk, path: str) -> None:
    answer = await desk.asks(None, path)

    assert (answer.status_code, answer.headers["location"]) == (303, "/login?next=/transactions")
    assert answer.content == b""


@pytest.mark.parametrize(
    "month",
    [
        "",
        "2026",
        "2026-13",
        "2026-1",
        "9999-12",
        "2026-11-01",
        "../..",
        "\u0662\u0660\u0662\u0666-11",
        "1960-01",
        "2026W451",
    ],
)
async def test_what_is_no_month_is_refused(town: Town, desk: Desk, month: str) -> None:
    asha = await town.books.person()

    answer = await desk.asks(asha, "statement.pdf", month=month)

    assert answer.status_code == 422


async def test_whoever_asks_for_paper_all_the_time_is_told_when_again(
    town: Town, database_url: str, tmp_path: Path
) -> None:
    asha = await town.books.person()
    async with desk_of(database_url, tmp_path, rate_limit_factor=1) as desk:
        answers = [await desk.asks(asha, "statement.pdf", month=this_month()) for _ in range(31)]

    assert [one.status_code for one in answers] == [200] * 30 + [429]
    assert int(answers[-1].headers["retry-after"]) > 0


async def test_money_from_a_bank_is_told_with_its_bank(town: Town, desk: Desk) -> None:
    asha = await town.books.person()
    await town.books.credited(asha, 99_00)

    [page] = await desk.paper(asha, "statement.pdf", month=this_month())

    assert "HDFC Bank" in page
    assert "Added from your bank" in page
