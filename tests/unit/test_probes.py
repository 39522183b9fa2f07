"""Health, readiness and metrics: what a supervisor and a stranger see of any of our processes."""

import asyncio

import httpx
import pytest
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from runtime.probes import Probes


async def the_product(scope: Scope, receive: Receive, send: Send) -> None:
    await PlainTextResponse("the product")(scope, receive, send)


async def there() -> bool:
    return True


async def not_there() -> bool:
    return False


async def refuses() -> bool:
    raise ConnectionRefusedError


async def hangs() -> bool:
    await asyncio.sleep(60)
    return True


def probes(*, is_ready=there, is_prod: bool = False, metrics_token: str | None = None) -> ASGIApp:
    return Probes(the_product, is_ready=is_ready, is_prod=is_prod, metrics_token=metrics_token)


async def get(app: ASGIApp, path: str, **headers: str) -> httpx.Response:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://process") as client:
        return await client.get(path, headers=headers)


@pytest.mark.parametrize("is_ready", [there, not_there, refuses, hangs])
async def test_a_process_that_serves_is_healthy_even_when_its_database_is_away(is_ready) -> None:
    answer = await asyncio.wait_for(get(probes(is_ready=is_ready), "/healthz"), 1)

    assert answer.status_code == 200


async def test_a_process_whose_database_answers_is_ready() -> None:
    answer = await get(probes(), "/readyz")

    assert answer.status_code == 200


@pytest.mark.parametrize("is_ready", [not_there, refuses])
async def test_a_process_whose_database_is_away_is_not_ready(is_ready) -> None:
    answer = await get(probes(is_ready=is_ready), "/readyz")

    assert answer.status_code == 503


async def test_a_database_that_never_answers_counts_as_away_within_three_seconds() -> None:
    answer = await asyncio.wait_for(get(probes(is_ready=hangs), "/readyz"), 3)

    assert answer.status_code == 503


async def test_on_a_laptop_everybody_reads_the_metrics() -> None:
    answer = await get(probes(), "/metrics")

    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain")
    assert "# HELP python_info" in answer.text


@pytest.mark.parametrize(
    ("token", "given"),
    [
        (None, None),
        (None, "Bearer None"),
        (None, "Bearer "),
        ("", "Bearer "),
        ("right-token", None),
        ("right-token", "right-token"),
        ("right-token", "Bearer wrong-token"),
        ("right-token", "Bearer right-token2"),
        ("right-token", "Basic right-token"),
    ],
)
async def test_in_production_a_stranger_does_not_even_learn_of_metrics(
    token: str | None, given: str | None
) -> None:
    app = probes(is_prod=True, metrics_token=token)

    answer = await get(app, "/metrics", **({"Authorization": given} if given is not None else {}))

    assert answer.status_code == 404
    assert "python" not in answer.text


async def test_in_production_the_token_opens_the_metrics() -> None:
    app = probes(is_prod=True, metrics_token="right-token")

    answer = await get(app, "/metrics", Authorization="Bearer right-token")

    assert answer.status_code == 200


@pytest.mark.parametrize("path", ["/", "/healthz/", "/metrics/x", "/api/healthz"])
async def test_everything_else_is_the_products_own(path: str) -> None:
    answer = await get(probes(), path)

    assert answer.text == "the product"
