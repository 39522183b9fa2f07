"""Redis goes away and comes back: limits still hold, in each process's own memory, and no door is shut."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest
from pydantic import SecretStr

from deploy.local.tools import redis_server
from money.errors import TooManyTries
from runtime.child import Child
from runtime.ports import free_port
from tests.town import in_process, wallet_settings
from user_app.api.app import create_api
from wallet.throttle import Throttle

PERSON = {"username": "asha@x.example", "firstName": "Asha", "lastName": "Rao", "password": "batua-1"}
_UP_WITHIN_SECONDS = 10


class RedisThatCanGo:
    """A real one, on a port that stays the same."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self._child: Child = redis_server(self.port, logs=folder, folder=folder)

    async def come(self) -> None:
        self._child.start()
        until = time.monotonic() + _UP_WITHIN_SECONDS
        while True:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", self.port)
            except OSError:
                assert time.monotonic() < until, self._child.log.read_text()
                await asyncio.sleep(0.05)
            else:
                writer.close()
                return

    def go(self) -> None:
        self._child.kill()


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[RedisThatCanGo]:
    one = RedisThatCanGo(tmp_path)
    yield one
    one.go()


@asynccontextmanager
async def processes(redis: RedisThatCanGo, count: int) -> AsyncIterator[list[Throttle]]:
    """The limits of so many processes."""
    throttles = [Throttle(factor=1, redis_url=redis.url) for _ in range(count)]
    yield throttles
    for one in throttles:
        await one.close()


async def test_two_processes_count_together_while_redis_is_there(redis: RedisThatCanGo) -> None:
    await redis.come()
    async with processes(redis, 2) as (one, other):
        for throttle in (one, other, one, other, one):
            await throttle.sign_in("asha@x.example", "203.0.113.7")

        with pytest.raises(TooManyTries):
            await other.sign_in("asha@x.example", "203.0.113.7")


async def test_a_guesser_who_brings_redis_down_is_still_stopped(redis: RedisThatCanGo) -> None:
    await redis.come()
    async with processes(redis, 1) as (throttle,):
        await throttle.sign_in("asha@x.example", "203.0.113.7")
        redis.go()

        for _ in range(5):
            await throttle.sign_in("asha@x.example", "203.0.113.7")
        with pytest.raises(TooManyTries) as refused:
            await throttle.sign_in("asha@x.example", "203.0.113.7")

    assert 0 < refused.value.retry_after_seconds <= 15 * 60


async def test_when_redis_is_back_all_count_together_again(redis: RedisThatCanGo) -> None:
    async with processes(redis, 2) as (one, other):
        await one.sign_in("asha@x.example", "203.0.113.7")  # nobody is there yet
        await redis.come()
        await asyncio.sleep(1.1)

        for throttle in (one, other, one, other, one):
            await throttle.sign_in("asha@x.example", "203.0.113.7")

        with pytest.raises(TooManyTries):
            await other.sign_in("asha@x.example", "203.0.113.7")


async def test_the_api_signs_in_and_reads_a_balance_while_redis_is_away(
    database_url: str, redis: RedisThatCanGo, tmp_path: Path
) -> None:
    await redis.come()
    settings = wallet_settings(tmp_path, redis_url=SecretStr(redis.url))
    async with in_process(create_api(database_url, settings)) as client:
        assert (await client.post("/api/v1/user/signup", json=PERSON)).status_code == 200
        redis.go()

        answers = [
            await client.post(
                "/api/v1/user/signin", json={name: PERSON[name] for name in ("username", "password")}
            )
            for _ in range(3)
        ]
        balance = await client.get("/api/v1/account/balance", headers=_bearer(answers[0]))

    assert [one.status_code for one in answers] == [200, 200, 200]
    assert balance.json() == {"balance": 0, "locked": 0}


def _bearer(answer: httpx.Response) -> dict[str, str]:
    return {"Authorization": f"Bearer {answer.json()['token']}"}
