"""What the doors say while our books do not add up: the API, the probes of each process, and the worker's alarm."""

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from prometheus_client import REGISTRY
from starlette.types import Receive, Scope, Send
from structlog.testing import capture_logs

from runtime.probes import Probes
from shared_db.solvency import takes_money_in
from tests.integration.solvency_town import behind_our_back, look_at_all
from tests.integration.test_withdrawals_api import PATH, asks, somebody
from tests.integration.withdrawal_town import Town, opened_to_all
from tests.town import in_process, wallet_settings
from user_app.api.app import create_api
from wallet.watch_books import Watch
from webhook_server import app as webhook_server
from withdraw_service import app as withdraw_service


@pytest.fixture
async def town(database_url: str, tmp_path: Path) -> AsyncIterator[Town]:
    async with opened_to_all(database_url, tmp_path) as town:
        yield town


async def tamper(town: Town, paise: int = 1) -> None:
    await behind_our_back(town.books, f"UPDATE balances SET balance_paise = balance_paise + {paise}")


async def no_pages(_scope: Scope, _receive: Receive, _send: Send) -> None:
    raise AssertionError("only the probes are asked")


async def broken(town: Town) -> None:
    await town.books.person(10)
    await tamper(town)
    assert (await look_at_all(town.books)).broken_since is not None


async def test_the_api_refuses_a_withdrawal_and_forgets_the_refusal(town: Town, tmp_path: Path) -> None:
    app = create_api(town.books.url, wallet_settings(tmp_path, rate_limit_factor=1_000))
    async with in_process(app) as client:
        asha = await somebody(town, 100)
        before = await asks(client, asha, key="before")
        await tamper(town)
        await look_at_all(town.books)

        refused = await asks(client, asha, key="again")
        found = await asks(client, asha, key="before")
        seen = await client.get(f"{PATH}/{before.json()['id']}", headers=asha.headers)
        await tamper(town, -1)
        await look_at_all(town.books)
        taken = await asks(client, asha, key="again")

    assert refused.status_code == 503
    assert refused.headers["content-type"] == "application/problem+json"
    assert refused.json()["detail"] == (
        "Withdrawals are stopped for a moment while we check our books. Your money is safe; nothing has moved."
    )
    assert (found.status_code, found.headers["idempotency-replayed"]) == (201, "true")
    assert (seen.status_code, seen.json()["status"]) == (200, "queued")
    assert (taken.status_code, "idempotency-replayed" in taken.headers) == (201, False)
    assert await town.has(asha.id) == (80, 20)


async def test_who_takes_money_in_stays_ready_and_says_that_none_goes_out(town: Town, tmp_path: Path) -> None:
    a_web_app = Probes(
        no_pages, is_ready=takes_money_in(town.books.database), is_prod=False, metrics_token=None
    )
    async with (
        in_process(webhook_server.create_app(wallet_settings(tmp_path), town.books.url)) as webhooks,
        httpx.AsyncClient(transport=httpx.ASGITransport(a_web_app), base_url="http://app") as web,
    ):
        good = [await one.get("/readyz") for one in (webhooks, web)]
        await broken(town)
        stopped = [await one.get("/readyz") for one in (webhooks, web)]

    assert [(one.status_code, one.json()) for one in good] == [
        (200, {"status": "ready", "outgoing": "open"})
    ] * 2
    assert [(one.status_code, one.json()) for one in stopped] == [
        (200, {"status": "ready", "outgoing": "stopped"})
    ] * 2


async def test_the_worker_finds_it_by_itself_stops_and_goes_on_by_itself(town: Town, tmp_path: Path) -> None:
    await town.books.person(10)
    app = withdraw_service.create_app(wallet_settings(tmp_path, town.bank.url), town.books.url)
    async with in_process(app) as worker:
        await _answers(worker, 200, {"status": "ready", "outgoing": "open"})
        await tamper(town)
        found_after = await _answers(worker, 503, {"status": "not ready", "outgoing": "stopped"})
        metrics = (await worker.get("/metrics")).text
        health = await worker.get("/healthz")
        await tamper(town, -1)
        healed_after = await _answers(worker, 200, {"status": "ready", "outgoing": "open"})

    assert "batua_solvency_ok 0.0" in metrics
    assert 'batua_bank_breaker_open{bank="hdfc"} 0.0' in metrics
    assert health.status_code == 200
    assert max(found_after, healed_after) < 8


async def test_an_alarm_is_raised_once_and_its_end_is_told(town: Town) -> None:
    await town.books.person(10)
    watch = Watch(town.books.database)

    with capture_logs() as logs:
        await _looks(town, watch)
        quiet = list(logs)
        await tamper(town)
        for _ in range(3):
            await _looks(town, watch)
        ok_while_broken = REGISTRY.get_sample_value("batua_solvency_ok")
        await tamper(town, -1)
        await _looks(town, watch)

    assert quiet == []
    assert [(one["log_level"], one["event"]) for one in logs] == [
        ("error", "our books do not add up; outgoing money is stopped"),
        ("warning", "our books add up again; outgoing money goes on"),
    ]
    assert logs[0]["difference_paise"] == 1
    assert (ok_while_broken, REGISTRY.get_sample_value("batua_solvency_ok")) == (0, 1)


async def _looks(town: Town, watch: Watch) -> None:
    await town.books.ask(
        "UPDATE solvency SET followed_at = 'epoch', sums_due_at = 'epoch', rows_due_at = 'epoch'"
    )
    await watch.look()


async def _answers(worker: httpx.AsyncClient, status: int, body: dict[str, str]) -> float:
    """How long it took until its readiness was this."""
    began = time.monotonic()
    async with asyncio.timeout(15):
        while True:
            answer = await worker.get("/readyz")
            if (answer.status_code, answer.json()) == (status, body):
                return time.monotonic() - began
            await asyncio.sleep(0.1)
