"""The database restarts or goes away: no call fails for a connection that died, and nobody is told of a fault."""

import asyncio
import uuid
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from runtime.batcher import Unavailable
from shared_db.connection import Connection, Database, with_retries
from shared_db.ledger import post
from tests.town import (
    AMOUNT,
    Books,
    connected,
    event_body,
    free_port,
    gift,
    in_process,
    signed,
    wallet_settings,
)
from user_app.api.app import create_api
from webhook_server.app import create_app

PERSON = {"username": "asha@x.example", "firstName": "Asha", "lastName": "Rao", "password": "batua-1"}


@pytest.fixture
async def books(database_url: str) -> AsyncIterator[Books]:
    async with Books(database_url) as books:
        yield books


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    async with connected(database_url) as database:
        yield database


# A restart: every connection is dead, and new ones are let in


async def count_to_one(connection: Connection) -> int:
    cursor = await connection.execute("SELECT 1 FROM pg_sleep(0.05)")
    row = await cursor.fetchone()
    assert row
    return row[0]


@pytest.mark.parametrize("callers", [1, 8, 40])
async def test_no_call_fails_after_every_connection_was_ended(
    books: Books, database: Database, callers: int
) -> None:
    await asyncio.gather(*(with_retries(database, count_to_one) for _ in range(8)))
    assert await books.throw_everybody_out() > 1

    answers = await asyncio.gather(*(with_retries(database, count_to_one) for _ in range(callers)))

    assert answers == [1] * callers


async def test_no_call_fails_whose_connection_is_ended_under_it(books: Books, database: Database) -> None:
    calls = [asyncio.create_task(with_retries(database, count_to_one)) for _ in range(8)]
    await asyncio.sleep(0.03)

    await books.throw_everybody_out()

    assert await asyncio.gather(*calls) == [1] * 8


async def test_every_webhook_of_a_crowd_is_answered_through_a_restart_and_each_is_credited_once(
    books: Books, tmp_path: Path
) -> None:
    asha = await books.person()
    rows = [await books.on_ramp(asha) for _ in range(60)]

    async with in_process(create_app(wallet_settings(tmp_path), books.url)) as client:

        async def knock(number: int) -> int:
            await asyncio.sleep(number * 0.005)
            body = event_body(rows[number])
            return (await client.post("/webhooks/hdfc", content=body, headers=signed(body))).status_code

        knocking = [asyncio.create_task(knock(number)) for number in range(60)]
        await asyncio.sleep(0.15)
        await books.throw_everybody_out()
        codes = await asyncio.gather(*knocking)

    await books.close()
    async with Books(books.url) as after:
        assert codes == [200] * 60
        assert await after.has(asha) == (60 * AMOUNT, 0)
        after.is_right()


async def test_whoever_calls_the_api_after_a_restart_is_served(books: Books, tmp_path: Path) -> None:
    async with api(books, tmp_path) as client:
        bearer = await sign_up(client)
        await every_route(client, bearer)

        await books.throw_everybody_out()
        codes = await every_route(client, bearer)

    assert codes == {
        "balance": 200, "bulk": 200, "profile": 200, "sign up": 200, "sign in": 200, "on-ramp": 404, "add": 503,
    }  # fmt: skip


# Away: nobody is let in


async def test_while_the_database_is_away_every_route_is_503_and_then_200_again(
    books: Books, tmp_path: Path
) -> None:
    async with api(books, tmp_path) as client:
        bearer = await sign_up(client)

        async with books.away():
            away = await every_route(client, bearer)
        async with asyncio.timeout(20):
            while 503 in (back := await every_route(client, bearer, but="add")).values():  # noqa: ASYNC110 # nobody tells
                await asyncio.sleep(0.2)

    assert set(away.values()) == {503}, away
    assert set(back.values()) == {200, 404}


async def test_a_call_that_never_gets_through_is_told_so_and_does_not_wait_for_ever() -> None:
    async with connected(f"postgresql://nobody:nothing@127.0.0.1:{free_port()}/none") as nowhere:
        with pytest.raises(Unavailable):
            await asyncio.wait_for(with_retries(nowhere, count_to_one), 15)


async def test_a_call_that_is_cancelled_while_it_tries_again_is_gone(
    books: Books, database: Database
) -> None:
    await with_retries(database, count_to_one)

    async with books.away():
        calls = [asyncio.create_task(with_retries(database, count_to_one)) for _ in range(20)]
        await asyncio.sleep(0.2)
        for one in calls:
            one.cancel()
        done, late = await asyncio.wait(calls, timeout=2)

    assert not late
    assert {one.cancelled() for one in done} == {True}


async def test_a_movement_is_not_lost_or_doubled_by_a_restart_in_its_midst(books: Books) -> None:
    asha = await books.person(10)
    movement = gift(asha, 1_00)

    async def posted(connection: Connection) -> str:
        [outcome] = await post(connection, [movement])
        return outcome.outcome.value

    await books.throw_everybody_out()
    outcomes = await asyncio.gather(*(with_retries(books.database, posted) for _ in range(4)))

    assert sorted(outcomes) == ["duplicate"] * 3 + ["posted"]
    assert await books.has(asha) == (11_00, 0)
    books.is_right()


def api(books: Books, folder: Path):
    settings = wallet_settings(folder, f"http://127.0.0.1:{free_port()}", rate_limit_factor=1000)
    return in_process(create_api(books.url, settings))


async def sign_up(client: httpx.AsyncClient) -> dict[str, str]:
    answer = await client.post("/api/v1/user/signup", json=PERSON)
    return {"Authorization": f"Bearer {answer.json()['token']}"}


async def every_route(client: httpx.AsyncClient, bearer: dict[str, str], but: str = "") -> dict[str, int]:
    """The code of each route's answer, all asked at once."""
    somebody = PERSON | {"username": f"{uuid.uuid4()}@x.example"}
    calls = {
        "balance": client.get("/api/v1/account/balance", headers=bearer),
        "bulk": client.get("/api/v1/user/bulk?filter=a", headers=bearer),
        "profile": client.put("/api/v1/user", json={"firstName": "Asha"}, headers=bearer),
        "sign up": client.post("/api/v1/user/signup", json=somebody),
        "sign in": client.post(
            "/api/v1/user/signin", json={name: PERSON[name] for name in ("username", "password")}
        ),
        "on-ramp": client.get(f"/api/v1/account/on-ramps/{uuid.uuid4()}", headers=bearer),
        "add": client.post("/api/v1/account/on-ramps", json={"bank": "hdfc", "amount": 5}, headers=bearer),
    }
    names = [name for name in calls if name != but]
    if but:
        calls.pop(but).close()
    answers = await asyncio.gather(*calls.values())
    return {name: one.status_code for name, one in zip(names, answers, strict=True)}
