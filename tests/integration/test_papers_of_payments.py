"""What a person has paid to shops and got back from them stands on every paper of theirs, by the shop's name."""

from __future__ import annotations

import csv
import io
import json
import uuid
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from money.times import kolkata_day
from tests.integration.paper_town import AMOUNT, Desk, desk_of
from tests.shop_town import given_back, paid, shop
from tests.town import Books

# Forty-nine characters, two of them of another script, and a formula for a spreadsheet.
NAME = "=Chai चाय & Samosa Point of the Old Market, Pune"


@pytest.fixture
async def books(database_url: str) -> AsyncIterator[Books]:
    async with Books(database_url) as books:
        yield books
        books.is_right()


@pytest.fixture
async def desk(books: Books, tmp_path: Path) -> AsyncIterator[Desk]:
    async with desk_of(books.url, tmp_path) as desk:
        yield desk


@pytest.fixture
async def asha(books: Books) -> uuid.UUID:
    """She has paid a shop, and got some of it back."""
    asha, merchant = await books.person(500), await shop(books, name=NAME)
    payment = await paid(books, asha, merchant, 120_50, note="two teas")
    await given_back(books, merchant, payment, 20_50, reason="one was cold")
    return asha


async def test_a_receipt_tells_who_paid_whom(books: Books, desk: Desk, asha: uuid.UUID) -> None:
    kinds = dict(await books.ask("SELECT kind, id::text FROM transfers WHERE kind <> 'promotion'"))

    [payment] = await desk.paper(asha, "receipt.pdf", id=kinds["payment"])
    [refund] = await desk.paper(asha, "receipt.pdf", id=kinds["refund"])

    assert AMOUNT.findall(payment)[0] == "-₹120.50"
    assert AMOUNT.findall(refund)[0] == "+₹20.50"
    assert "Paid" in payment
    assert "Refund" in refund
    for paper, words in ((payment, ("two teas", "You paid it")), (refund, ("one was cold", "gave it back"))):
        assert "Samosa Point of the Old Market" in paper
        assert "Asha Rao" in paper
        assert all(one in paper for one in words)


async def test_a_receipt_is_for_who_paid_alone(books: Books, desk: Desk, asha: uuid.UUID) -> None:
    [(payment,)] = await books.ask("SELECT id::text FROM transfers WHERE kind = 'payment'")

    ravis = await desk.asks(await books.person(), "receipt.pdf", id=payment)

    assert ravis.status_code == 404


async def test_a_statement_has_both_and_adds_up(desk: Desk, asha: uuid.UUID) -> None:
    month = f"{kolkata_day(datetime.now(UTC)):%Y-%m}"

    [page] = await desk.paper(asha, "statement.pdf", month=month)

    assert AMOUNT.findall(page)[:4] == ["₹0.00", "+₹520.50", "-₹120.50", "₹400.00"]
    assert page.count("Samosa Point") == 2
    assert "Paid: two teas" in page
    assert "Refund: one was cold" in page


async def test_the_csv_chooses_them_and_no_name_is_a_formula(desk: Desk, asha: uuid.UUID) -> None:
    async def rows(**chosen: str) -> list[tuple[str, str, str, str]]:
        answer = await desk.asks(asha, "transactions.csv", **chosen)
        assert answer.status_code == 200, answer.text
        read = list(csv.DictReader(io.StringIO(answer.text.removeprefix("\ufeff"))))
        return [(one["What"], one["With"], one["Note"], one["Amount"]) for one in read]

    refund = ("Refund", f"'{NAME}", "one was cold", "20.50")
    payment = ("Paid", f"'{NAME}", "two teas", "-120.50")
    assert (await rows())[:2] == [refund, payment]
    assert await rows(type="payment") == [payment]
    assert await rows(type="refund") == [refund]
    assert await rows(words="samosa point") == [refund, payment]


async def test_her_own_data_has_them_with_the_shops_name_alone(
    books: Books, desk: Desk, asha: uuid.UUID
) -> None:
    answer = await desk.asks(asha, "my-data.json")

    told = [(one["type"], one["counterparty"], one["amount"]) for one in answer.json()["transactions"]]
    assert told[:2] == [("refund", NAME, "20.50"), ("payment", NAME, "-120.50")]
    [(email,)] = await books.ask("SELECT email FROM merchants")
    assert email not in json.dumps(answer.json())
