"""Requests are counted by door and by the kind of answer, and no stranger can make up another name for either."""

import httpx
import pytest
from prometheus_client import REGISTRY
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send

from runtime.measured import Measured


async def answers(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["path"].endswith("/fails"):
        raise RuntimeError("as bugs do")
    await PlainTextResponse("", 404 if scope["path"].endswith("/nothing") else 200)(scope, receive, send)


def counted(door: str, status: str) -> float:
    return REGISTRY.get_sample_value("batua_http_seconds_count", {"door": door, "status": status}) or 0


async def get(path: str) -> None:
    transport = httpx.ASGITransport(Measured(answers), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://process") as client:
        await client.get(path)


@pytest.mark.parametrize(
    ("path", "door", "status"),
    [
        ("/api/v1/account/balance", "api", "2xx"),
        ("/auth/login", "forms", "2xx"),
        ("/files/transactions.csv", "files", "2xx"),
        ("/", "pages", "2xx"),
        ("/made-up-by-somebody/nothing", "pages", "4xx"),
        ("/api/fails", "api", "5xx"),
    ],
)
async def test_a_request_is_counted_once_at_its_door(path: str, door: str, status: str):
    before = counted(door, status)

    await get(path)

    assert counted(door, status) == before + 1
