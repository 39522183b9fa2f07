"""`GET /transactions`: all that happened to the caller's money, by pages, days and types; nobody else's."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from money.movements import Kind
from money.times import kolkata_day
from tests.town import Books, in_process, move, wallet_settings
from user_app.api.app import create_api

PATH = "/api/v1/account/transactions"
WRONG = (
    {"limit": "0"},
    {"limit": "101"},
    {"limit": "-1"},
    {"limit": "x"},
    {"limit": "1e1"},
    {"cursor": "x"},
    {"cursor": "_" * 32},
    {"cursor": "A" * 500},
    {"cursor": "' OR 1=1 --"},
    {"type": "robbery"},
    {"type": ""},
    {"from": "yesterday"},
    {"from": "2026-02-30"},
    {"to": "20261120T00"},
    {"to": "\x00"},
)


class Client:
    """The API, and people who call it."""

    def __init__(self, http: httpx.AsyncClient, books: Books) -> None:
        self.http = http
        self.books = books

    async def somebody(self, first_name: str = "Asha") -> tuple[uuid.UUID, dict[str, str]]:
        answer = await self.http.post(
            "/api/v1/user/signup",
            json={
                "username": f"{uuid.uuid4().hex}@x.example",
                "firstName": first_name,
                "lastName": "Rao",
                "password": "batua-1",
            },
        )
        headers = {"Authorization": f"Bearer {answer.json()['token']}"}
        found = await self.books.ask("SELECT id FROM users ORDER BY created_at DESC, id DESC LIMIT 1")
        return found[0][0], headers

    async def ask(self, headers: dict[str, str], **params: Any) -> dict[str, Any]:
        answer = await self.http.get(PATH, headers=headers, params=params)
        assert answer.status_code == 200, answer.text
        return answer.json()


@pytest.fixture
async def client(database_url: str, tmp_path: Path) -> AsyncIterator[Client]:
    async with AsyncExitStack() as stack, Books(database_url) as books:
        app = create_api(database_url, wallet_settings(tmp_path, rate_limit_factor=1000))
        yield Client(await stack.enter_async_context(in_process(app)), books)


async def test_all_of_it_comes_in_one_list_and_adds_up_to_the_balance(client: Client) -> None:
    asha, headers = await client.somebody()
    ravi, ravis = await client.somebody("Ravi")
    await client.books.credited(asha, 500_00)
    await client.books.post(move(Kind.SEND, asha, ravi, 120_50))
    await client.books.on_ramp(asha, amount_paise=77_00)

    told = await client.ask(headers)

    assert told["nextCursor"] is None
    assert [
        (one["type"], one["amount"], one["balanceAfter"], one["status"]) for one in told["transactions"]
    ] == [
        ("on_ramp", 77, None, "pending"),
        ("transfer", -120.5, 379.5, "success"),
        ("on_ramp", 500, 500, "success"),
    ]
    [received] = (await client.ask(ravis))["transactions"]
    sent = told["transactions"][1]
    assert (received["id"], received["amount"], received["counterparty"]) == (sent["id"], 120.5, "Asha Rao")
    assert sent["counterparty"] == "Ravi Rao"
    assert set(sent) == {
        "id",
        "type",
        "amount",
        "balanceAfter",
        "counterparty",
        "note",
        "reference",
        "status",
        "createdAt",
    }


async def test_pages_follow_one_another_without_a_gap(client: Client) -> None:
    asha, headers = await client.somebody()
    for rupees in range(1, 12):
        await client.books.credited(asha, rupees * 10**2)
    whole = (await client.ask(headers, limit=100))["transactions"]

    pages: list[dict[str, Any]] = []
    cursor = None
    while True:
        told = await client.ask(headers, limit=3, **({"cursor": cursor} if cursor else {}))
        pages += told["transactions"]
        cursor = told["nextCursor"]
        if cursor is None:
            break

    assert [one["amount"] for one in whole] == list(range(11, 0, -1))
    assert pages == whole


async def test_types_and_days_choose_among_them(client: Client) -> None:
    asha, headers = await client.somebody()
    ravi, _ = await client.somebody("Ravi")
    await client.books.credited(asha, 500_00)
    await client.books.post(move(Kind.SEND, asha, ravi, 1_00))
    today = kolkata_day(datetime.now(UTC))

    async def types(**params: Any) -> list[str]:
        return [one["type"] for one in (await client.ask(headers, **params))["transactions"]]

    assert await types(type="transfer") == ["transfer"]
    assert await types(type="on-ramp") == await types(type="on_ramp") == ["on_ramp"]
    assert await types(type="withdrawal") == []
    assert await types(**{"from": today.isoformat(), "to": today.isoformat()}) == ["transfer", "on_ramp"]
    assert await types(to=(today - timedelta(days=1)).isoformat()) == []
    assert await types(**{"from": "9999-12-31"}) == []
    assert await types(**{"from": "0001-01-01", "to": "9999-12-31"}) == ["transfer", "on_ramp"]


@pytest.mark.parametrize("wrong", WRONG, ids=str)
async def test_what_is_no_question_is_refused_as_a_problem(client: Client, wrong: dict[str, str]) -> None:
    _, headers = await client.somebody()

    answer = await client.http.get(PATH, headers=headers, params=wrong)

    assert answer.status_code == 422, answer.text
    assert answer.headers["content-type"] == "application/problem+json"


async def test_a_stranger_is_told_nothing(client: Client) -> None:
    assert (await client.http.get(PATH)).status_code == 401
    assert (await client.http.get(PATH, headers={"Authorization": "Bearer x"})).status_code == 401
