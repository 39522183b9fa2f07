"""What a shop may know of its payments: all that it was paid, and of a payer a first name and an initial."""

from __future__ import annotations

import csv
import io
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from merchant_app import serve
from merchant_app.files import files
from merchant_app.history_words import WORDS, history_row
from money.activity import Activity
from money.movements import Kind, Posting
from money.times import kolkata_day
from shared_db.history import Place, Wanted, one_of
from shared_db.history_rows import Happened
from shared_db.history_search import Sought, search
from shared_ui.history_filter import Filter, wanted_of
from shared_ui.services import open_for_pages, open_services
from tests.integration.paper_town import AMOUNT, pages_of
from tests.integration.test_settlements import becomes_due, planned, settles
from tests.integration.withdrawal_town import opened
from tests.shop_town import paid, shop
from tests.town import IN_FLIGHT, Books, move, wallet_settings
from wallet.passwords import Verified

LAST_NAME = "Chattopadhyay"


@pytest.fixture
async def books(database_url: str) -> AsyncIterator[Books]:
    async with Books(database_url) as books:
        yield books


async def found(books: Books, owner: uuid.UUID, words: str = "", **wanted: object) -> list[Happened]:
    async with books.database.plain() as connection:
        page = await search(
            connection,
            owner,
            wanted=Wanted(**wanted),  # pyright: ignore[reportArgumentType] # a test's own words
            sought=Sought(words),
            begin=Place(),
            most=100,
        )
    return page.rows


@asynccontextmanager
async def files_of(url: str, folder: Path, merchant: uuid.UUID) -> AsyncIterator[httpx.AsyncClient]:
    """The browser of a merchant who is signed in."""
    services = open_services(serve._APP, wallet_settings(folder, rate_limit_factor=1000), url)
    open_for_pages(services)
    begun = await services.door.sessions.begin(Verified(merchant, "-"))
    transport = httpx.ASGITransport(files(), raise_app_exceptions=False)
    try:
        async with httpx.AsyncClient(
            transport=transport,
            base_url="http://shop/files",
            headers={"Cookie": f"{services.door.cookie}={begun.token}"},
        ) as http:
            yield http
    finally:
        await services.close()


def rows_of(answer: httpx.Response) -> list[list[str]]:
    assert answer.status_code == 200, answer.text
    return list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))


async def test_a_payer_is_a_first_name_and_an_initial_and_can_be_sought_by_no_more(books: Books) -> None:
    asha, chai = await books.person(500, last_name=LAST_NAME), await shop(books)
    payment = await paid(books, asha, chai, 120_00, note="2 chai")
    refund = move(Kind.REFUND, chai, asha, 20_00)
    assert await books.post(refund) == [Posting.POSTED]

    rows = await found(books, chai)

    assert [(one.other_name, WORDS.kind_of(one), one.amount_paise) for one in rows] == [
        ("Asha C.", "Refunded", -20_00),
        ("Asha C.", "Payment", 120_00),
    ]
    assert history_row(rows[1]).href == f"/transactions/{payment}"
    assert LAST_NAME not in str(rows)
    assert "@" not in str(rows)
    for words in (LAST_NAME, "chatto", "Asha Ch", f"{asha}@x.example", str(asha)):
        assert await found(books, chai, words) == []
    for words, count in (("asha c", 2), ("2 CHAI", 1), ("120.00", 1)):
        assert len(await found(books, chai, words)) == count


async def test_a_shop_has_payments_refunds_and_withdrawals_in_one_list_that_adds_up(books: Books) -> None:
    asha, chai = await books.person(500), await shop(books)
    await paid(books, asha, chai, 120_00)
    await books.post(move(Kind.REFUND, chai, asha, 20_00), move(Kind.HOLD, chai, IN_FLIGHT, 30_00))

    rows = await found(books, chai)

    assert [one.activity for one in rows] == [Activity.WITHDRAWAL, Activity.REFUND, Activity.PAYMENT]
    assert [one.balance_after_paise for one in rows] == [70_00, 100_00, 120_00]
    assert sum(one.amount_paise for one in rows) == 70_00
    only = await found(books, chai, activities=frozenset({Activity.REFUND}))
    assert [one.amount_paise for one in only] == [-20_00]
    assert await found(books, chai, first_day=datetime(2030, 1, 1, tzinfo=UTC).date()) == []


async def test_nothing_of_one_shop_is_anothers(books: Books) -> None:
    asha, chai, other = await books.person(500), await shop(books), await shop(books, name="Other")
    payment = await paid(books, asha, chai, 120_00)

    assert await found(books, other) == []
    async with books.database.plain() as connection:
        assert await one_of(connection, other, payment) is None
        assert await one_of(connection, chai, payment) is not None


async def test_a_file_of_a_shop_is_its_own_and_runs_nothing(books: Books, tmp_path: Path) -> None:
    formula = await books.person(500, first_name="=HYPERLINK(1)", last_name=LAST_NAME)
    chai, other = await shop(books, name="@Chai"), await shop(books, name="Other")
    await paid(books, formula, chai, 1_20, note="=1+1")
    month = f"{kolkata_day(datetime.now(UTC)):%Y-%m}"

    async with files_of(books.url, tmp_path, chai) as browser:
        [heads, row] = rows_of(await browser.get("/transactions.csv"))
        none = rows_of(await browser.get("/transactions.csv", params={"type": "refund"}))
        statement = await browser.get("/statement.pdf", params={"month": month})
        wrong = [(await browser.get("/transactions.csv", params={"type": "robbery"})).status_code]
        wrong += [(await browser.get("/statement.pdf", params={"month": "2026-13"})).status_code]
    async with files_of(books.url, tmp_path, other) as browser:
        theirs = rows_of(await browser.get("/transactions.csv"))
        their_statement = await browser.get("/statement.pdf", params={"month": month})

    assert heads[1:6] == ["What", "With", "Note", "Amount", "Balance after"]
    assert row[1:6] == ["Payment", "'=HYPERLINK(1) C.", "'=1+1", "1.20", "1.20"]
    assert len(none) == len(theirs) == 1
    [paper] = pages_of(statement.content)
    assert AMOUNT.findall(paper) == ["₹0.00", "+₹1.20", "₹0.00", "₹1.20", "+₹1.20", "₹1.20", "₹1.20"]
    assert "@Chai" in paper
    assert LAST_NAME not in paper
    [their_paper] = pages_of(their_statement.content)
    assert set(AMOUNT.findall(their_paper)) == {"₹0.00"}
    assert wrong == [422, 422]


async def test_a_stranger_is_sent_to_log_in(books: Books, tmp_path: Path) -> None:
    chai = await shop(books)

    async with files_of(books.url, tmp_path, chai) as browser:
        answers = [
            await browser.get(path, headers={"Cookie": "merchant_app_session=x"})
            for path in ("/transactions.csv", "/statement.pdf")
        ]

    assert {(one.status_code, one.headers["location"], one.content) for one in answers} == {
        (303, "/login?next=/transactions", b"")
    }


async def test_a_settlement_is_told_apart_from_what_was_taken_out_by_hand(
    database_url: str, tmp_path: Path
) -> None:
    async with opened(database_url, tmp_path) as town:
        chai, asha = await planned(town), await town.books.person(500)
        await paid(town.books, asha, chai, 120_00)
        await becomes_due(town)
        await settles(town)
        await paid(town.books, asha, chai, 20_00)
        await town.books.post(move(Kind.HOLD, chai, IN_FLIGHT, 5_00))

        rows = await found(town.books, chai)
        wanted, sought = wanted_of(Filter(type="settlement"))
        async with town.books.database.plain() as connection:
            only = await search(connection, chai, wanted=wanted, sought=sought, begin=Place(), most=100)

    kinds = [(WORDS.kind_of(one), history_row(one).href.split("/")[1]) for one in rows]
    assert kinds == [
        ("To your bank", "transactions"),
        ("Payment", "transactions"),
        ("Settlement", "settlements"),
        ("Payment", "transactions"),
    ]
    assert only.rows == [rows[2]]
