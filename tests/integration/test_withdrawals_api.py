"""Withdrawals over the REST API: asked for, watched, cancelled, refused."""

import asyncio
import uuid
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.integration import withdrawal_town
from tests.integration.transfer_town import Person
from tests.integration.withdrawal_town import Town
from tests.town import JWT_SECRET, in_process, wallet_settings
from user_app.api.app import create_api
from wallet.bearer_tokens import BearerTokens
from wallet.passwords import Verified

PATH = "/api/v1/account/withdrawals"
GOOD = {"bank": "hdfc", "accountNumber": "123456789012", "ifsc": "HDFC0ABC123", "amount": 10}


@pytest.fixture
async def town(database_url: str, tmp_path: Path) -> AsyncIterator[Town]:
    async with withdrawal_town.opened(database_url, tmp_path) as town:
        yield town


@pytest.fixture
async def client(town: Town, tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    app = create_api(town.books.url, wallet_settings(tmp_path, rate_limit_factor=1_000))
    async with in_process(app) as client:
        yield client


async def somebody(town: Town, rupees: int) -> Person:
    one = await town.books.person(rupees)
    tokens = BearerTokens(town.books.database, secret=JWT_SECRET, hours=1)
    return Person(one, await tokens.issue(Verified(one, "-")))


async def asks(client: httpx.AsyncClient, who: Person, query: str = "", **changes: Any) -> httpx.Response:
    headers = {"Idempotency-Key": changes.pop("key")} if "key" in changes else {}
    return await client.post(PATH + query, json=GOOD | changes, headers=who.headers | headers)


async def test_it_is_queued_then_paid_and_can_be_watched(town: Town, client: httpx.AsyncClient) -> None:
    asha = await somebody(town, 100)

    first, second = await asks(client, asha), await asks(client, asha, amount="20.50")
    await town.worker().turn()
    paid = await client.get(f"{PATH}/{first.json()['id']}", headers=asha.headers)
    waiting = await client.get(f"{PATH}/{second.json()['id']}", headers=asha.headers)

    assert (first.status_code, second.status_code) == (201, 201)
    queued = first.json()
    assert queued | {"id": "", "createdAt": ""} == {
        "id": "",
        "status": "queued",
        "amount": 10,
        "bank": "hdfc",
        "accountNumber": "••••9012",
        "ifsc": "HDFC0ABC123",
        "utr": None,
        "reason": None,
        "position": 1,
        "createdAt": "",
        "settledAt": None,
        "attempts": [],
    }
    assert second.json()["position"] == 2
    assert (paid.json()["status"], paid.json()["position"]) == ("paid", None)
    assert paid.json()["utr"]
    assert [(one["call"], one["outcome"]) for one in paid.json()["attempts"]] == [("send", "succeeded")]
    assert (waiting.json()["status"], waiting.json()["position"]) == ("queued", 1)


async def test_whoever_waits_gets_the_outcome_or_the_truth(town: Town, client: httpx.AsyncClient) -> None:
    asha = await somebody(town, 100)
    nobody_works = await asks(client, asha, "?wait=1")
    working = asyncio.create_task(town.worker().work())

    done = await asks(client, asha, "?wait=10")
    working.cancel()
    await asyncio.gather(working, return_exceptions=True)

    assert (nobody_works.status_code, nobody_works.json()["status"]) == (201, "queued")
    assert (done.status_code, done.json()["status"]) == (201, "paid")


async def test_the_same_key_is_the_same_withdrawal(town: Town, client: httpx.AsyncClient) -> None:
    asha = await somebody(town, 100)

    answers = await asyncio.gather(*(asks(client, asha, key="once") for _ in range(10)))
    again = await asks(client, asha, key="once")
    other = await asks(client, asha, key="once", amount=11)

    assert {one.status_code for one in answers} <= {201, 409}
    assert (again.status_code, again.headers["idempotency-replayed"]) == (201, "true")
    assert other.status_code == 422
    assert await town.has(asha.id) == (90, 10)


async def test_cancelling_gives_it_back_until_it_is_sent(town: Town, client: httpx.AsyncClient) -> None:
    asha = await somebody(town, 100)
    first, second = [(await asks(client, asha)).json()["id"] for _ in range(2)]
    await town.break_it(down=True)
    await town.worker().turn()

    sent = await client.delete(f"{PATH}/{first}", headers=asha.headers)
    queued = await client.delete(f"{PATH}/{second}", headers=asha.headers)

    assert sent.status_code == 409
    assert (queued.status_code, queued.json()["status"]) == (200, "cancelled")
    assert await town.has(asha.id) == (90, 10)


async def test_another_persons_withdrawal_is_not_there(town: Town, client: httpx.AsyncClient) -> None:
    asha, ravi = await somebody(town, 100), await somebody(town, 100)
    hers = (await asks(client, asha)).json()["id"]

    answers = [
        await client.request(method, f"{PATH}/{which}", headers=ravi.headers)
        for method in ("GET", "DELETE")
        for which in (hers, uuid.uuid4(), "no id")
    ]

    assert {one.status_code for one in answers} == {404}
    assert await town.status(uuid.UUID(hers)) == "queued"


@pytest.mark.parametrize(
    "wrong",
    [
        {"accountNumber": "12345678"},
        {"accountNumber": "1234567890123456789"},
        {"accountNumber": "12345678901a"},
        {"accountNumber": "١٢٣٤٥٦٧٨٩٠١٢"},
        {"accountNumber": 123456789012},
        {"accountNumber": ""},
        {"ifsc": "HDFC1ABC123"},
        {"ifsc": "HDF0ABC1234"},
        {"ifsc": "HDFC0ABC12"},
        {"ifsc": "HDFC0ABC1234"},
        {"ifsc": "HDFC0ABC12\n"},
        {"ifsc": "\uff28DFC0ABC123"},
        {"bank": "sbi"},
        {"amount": 0},
        {"amount": -1},
        {"amount": 0.001},
        {"amount": "1e2"},
        {"amount": True},
        {"amount": 101},
        {"to": "me"},
    ],
    ids=repr,
)
async def test_whatever_is_wrong_is_refused_and_moves_nothing(
    town: Town, client: httpx.AsyncClient, wrong: dict[str, object]
) -> None:
    asha = await somebody(town, 100)

    answer = await asks(client, asha, "", **wrong)

    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["detail"]
    assert await town.has(asha.id) == (100, 0)
    assert await town.statuses(asha.id) == []


@pytest.mark.parametrize("wait", ["11", "-1", "x", ""])
async def test_nobody_waits_for_longer_than_ten_seconds(
    town: Town, client: httpx.AsyncClient, wait: str
) -> None:
    asha = await somebody(town, 100)

    assert (await asks(client, asha, f"?wait={wait}")).status_code == 422
    assert await town.statuses(asha.id) == []


async def test_an_account_may_be_written_as_people_write_it(town: Town, client: httpx.AsyncClient) -> None:
    asha = await somebody(town, 100)

    answer = await asks(client, asha, accountNumber="1234 5678 9012", ifsc=" hdfc0abc123 ")

    assert (answer.status_code, answer.json()["ifsc"]) == (201, "HDFC0ABC123")
