"""The quick way of the API gives the answers of the full application, and passes on whatever is unusual, whole."""

import json
import uuid
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.types import Receive, Scope, Send

from tests.integration.transfer_town import TRANSFER, Person, Town, opened, said
from tests.town import in_process, wallet_settings
from user_app.api.quick_way import QuickWay
from user_app.services import Services

BALANCE = "/api/v1/account/balance"
FULL_WAY = {"X-Correlation-Id": "the-full-application"}
"""A caller's own id is unusual enough."""


@pytest.fixture
async def town(database_url: str, tmp_path: Path) -> AsyncIterator[Town]:
    async with opened(database_url, tmp_path) as town:
        yield town


def without_ids(answer: httpx.Response) -> tuple[int, Any, dict[str, str]]:
    body = {name: value for name, value in answer.json().items() if name != "id"}
    headers = {
        name: value
        for name, value in answer.headers.items()
        if name not in {"x-correlation-id", "date", "content-length"}
    }
    return answer.status_code, body, headers


BODIES: dict[str, Callable[[Person, Person], object]] = {
    "good": lambda _, ravi: {"to": str(ravi.id), "amount": 1},
    "with a note": lambda _, ravi: {"to": str(ravi.id), "amount": "2.50", "note": "lunch"},
    "to nobody": lambda *_: {"to": str(uuid.uuid4()), "amount": 1},
    "to no id": lambda *_: {"to": "nobody", "amount": 1},
    "to oneself": lambda asha, _: {"to": str(asha.id), "amount": 1},
    "too much": lambda _, ravi: {"to": str(ravi.id), "amount": 2_000},
    "above the limit": lambda _, ravi: {"to": str(ravi.id), "amount": 6_000},
    "nothing": lambda _, ravi: {"to": str(ravi.id), "amount": 0},
    "a third of a paisa": lambda _, ravi: {"to": str(ravi.id), "amount": 0.333},
    "more fields": lambda _, ravi: {"to": str(ravi.id), "amount": 1, "from": "me"},
    "no object": lambda *_: [1],
    "a long note": lambda _, ravi: {"to": str(ravi.id), "amount": 1, "note": "x" * 141},
}


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES.keys())
async def test_both_ways_answer_alike(town: Town, body: Callable[[Person, Person], object]) -> None:
    asha, ravi = await town.person(1_000), await town.person()
    client = await town.process(transfer_limit_paise=5_000_00)
    content = json.dumps(body(asha, ravi))

    quick = await client.post(TRANSFER, content=content, headers=asha.headers)
    full = await client.post(TRANSFER, content=content, headers=asha.headers | FULL_WAY)

    assert without_ids(quick) == without_ids(full)
    assert full.headers["x-correlation-id"] == FULL_WAY["X-Correlation-Id"]
    assert len(quick.headers["x-correlation-id"]) == 16


async def test_both_ways_refuse_too_many_tries_alike(town: Town) -> None:
    asha, ravi = await town.person(1_000), await town.person()
    client = await town.process(rate_limit_factor=1)
    for _ in range(60):
        await asha.sends(client, ravi, 1)

    quick = await asha.sends(client, ravi, 1)
    full = await client.post(
        TRANSFER, json={"to": str(ravi.id), "amount": 1}, headers=asha.headers | FULL_WAY
    )

    assert quick.status_code == full.status_code == 429
    assert quick.json() == full.json()
    assert "retry-after" in quick.headers
    assert await town.rupees(ravi) == 60


async def test_both_ways_read_the_same_balance(town: Town) -> None:
    asha = await town.person(12)
    client = await town.process()

    quick = await client.get(BALANCE, headers=asha.headers)
    full = await client.get(BALANCE, headers=asha.headers | FULL_WAY)

    assert without_ids(quick) == without_ids(full)
    assert said(quick) == (200, {"balance": 12, "locked": 0})


async def test_a_token_that_was_ended_counts_on_neither_way(town: Town) -> None:
    asha, ravi = await town.person(10), await town.person()
    client = await town.process()
    before = await asha.sends(client, ravi, 1)

    await town.books.ask("UPDATE sessions SET ended_at = now() WHERE owner_id = %s", asha.id)
    quick = await asha.sends(client, ravi, 1)
    full = await client.get(BALANCE, headers=asha.headers | FULL_WAY)

    assert before.status_code == 200
    assert said(quick) == said(full) == (403, {})
    assert await town.rupees(ravi) == 1


# What goes which way


@pytest.fixture
async def beside(town: Town, tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    """The quick way in front of an application that answers 299 and what it received."""
    services = Services.open(wallet_settings(tmp_path, rate_limit_factor=1_000), town.books.url)

    async def echo(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await receive()
            await send({"type": "lifespan.startup.complete"})
            await receive()
            await services.close()
            await send({"type": "lifespan.shutdown.complete"})
            return
        body = await Request(scope, receive).body()
        answer = JSONResponse({"length": len(body), "text": body[:200].decode("latin-1")}, 299)
        await answer(scope, receive, send)

    async with in_process(QuickWay(echo, lambda: services)) as client:
        yield client


async def test_a_plain_transfer_and_a_balance_never_meet_the_full_application(
    town: Town, beside: httpx.AsyncClient
) -> None:
    asha, ravi = await town.person(10), await town.person()

    sent = await asha.sends(beside, ravi, 3)
    poor = await asha.sends(beside, ravi, 30)
    has = await beside.get(BALANCE, headers=asha.headers)

    assert (sent.status_code, poor.status_code) == (200, 400)
    assert said(has) == (200, {"balance": 7, "locked": 0})


UNUSUAL: dict[str, dict[str, str]] = {
    "a key": {"Idempotency-Key": "k"},
    "another origin": {"Origin": "https://shop.example"},
    "an id of its own": FULL_WAY,
    "no token": {"Authorization": ""},
    "a strange scheme": {"Authorization": "Basic YTpi"},
    "a broken token": {"Authorization": "Bearer a.b.c"},
    "another type": {"Content-Type": "text/plain"},
    "a type with more to it": {"Content-Type": "application/json; charset=utf-8"},
    "an encoding": {"Content-Encoding": "gzip"},
}


@pytest.mark.parametrize("headers", UNUSUAL.values(), ids=UNUSUAL.keys())
async def test_an_unusual_head_goes_on_with_its_whole_body(
    town: Town, beside: httpx.AsyncClient, headers: dict[str, str]
) -> None:
    asha = await town.person(10)

    answer = await beside.post(TRANSFER, content=b'{"to": "x", "amount": 1}', headers=asha.headers | headers)

    assert said(answer) == (299, {"length": 24, "text": '{"to": "x", "amount": 1}'})


@pytest.mark.parametrize(
    "body", [b"", b"{", b"\xff\xfe", b"null", b'{"to": 1}', b"[" * 100_000, b" " * 70_000]
)
async def test_an_unusual_body_goes_on_whole(town: Town, beside: httpx.AsyncClient, body: bytes) -> None:
    asha = await town.person(10)

    answer = await beside.post(TRANSFER, content=body, headers=asha.headers)

    assert said(answer) == (299, {"length": len(body), "text": body[:200].decode("latin-1")})


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", TRANSFER), ("POST", BALANCE), ("GET", BALANCE + "?a=1"), ("POST", TRANSFER + "/")],
)
async def test_other_methods_and_addresses_go_on(
    town: Town, beside: httpx.AsyncClient, method: str, path: str
) -> None:
    asha = await town.person(10)

    assert (await beside.request(method, path, headers=asha.headers)).status_code == 299
