"""How we call a bank that behaves badly."""

import asyncio
import time

import pytest
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from bank_api.client import BankClient, BankRefused, BankUnreachable
from tests.integration.dummy_bank_town import served


@pytest.mark.parametrize(
    ("status", "content"),
    [
        (500, b"{}"),
        (503, b""),
        (302, b""),
        (429, b"{}"),
        (200, b""),
        (200, b"<html>"),
        (200, b'{"token": 7}'),
        (200, b"[" * 5000),
    ],
)
async def test_an_answer_that_cannot_be_read_means_that_nothing_is_known(status: int, content: bytes) -> None:
    async def bank(scope: Scope, receive: Receive, send: Send) -> None:
        await Response(content, status)(scope, receive, send)

    async with served(bank) as port, BankClient(f"http://127.0.0.1:{port}", "k") as client:
        with pytest.raises(BankUnreachable):
            await client.payment("pay_1")


async def test_a_bank_that_drips_its_answer_is_given_up_in_time() -> None:
    async def bank(_: Scope, __: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        for _second in range(30):
            await send({"type": "http.response.body", "body": b" ", "more_body": True})
            await asyncio.sleep(0.1)

    async with (
        served(bank) as port,
        BankClient(f"http://127.0.0.1:{port}", "k", timeout_seconds=0.5) as client,
    ):
        started = time.monotonic()
        with pytest.raises(BankUnreachable):
            await client.payment("pay_1")

    assert time.monotonic() - started < 3


async def test_of_a_payout_nothing_is_known_until_the_bank_speaks_of_it_clearly() -> None:
    contents = [
        b'{"reference": "w-2", "status": "succeeded", "utr": "U1", "reason": null}',
        b'{"reference": "w-1", "status": "reversed", "utr": "U1", "reason": null}',
        b'{"reference": "w-1", "status": "succeeded", "status": "failed"}',
        b'{"status": "failed"}',
        b"",
    ]
    told = iter([content for content in contents for _ in range(2)])

    async def bank(scope: Scope, receive: Receive, send: Send) -> None:
        await Response(next(told))(scope, receive, send)

    async with served(bank) as port, BankClient(f"http://127.0.0.1:{port}", "k") as client:
        for _ in contents:
            with pytest.raises(BankUnreachable):
                await client.payout("w-1", "123456789", "HDFC0ABC123", 100)
            with pytest.raises(BankUnreachable):
                await client.payout_state("w-1")

    assert next(told, None) is None


async def test_a_token_cannot_walk_to_another_address() -> None:
    asked: list[bytes] = []

    async def bank(scope: Scope, receive: Receive, send: Send) -> None:
        asked.append(scope["raw_path"])
        await Response(b"{}", 404)(scope, receive, send)

    async with served(bank) as port, BankClient(f"http://127.0.0.1:{port}/hdfc/api", "k") as client:
        with pytest.raises(BankRefused):
            await client.payment("../../axis/api/x?y#z")

    assert asked == [b"/hdfc/api/payments/..%2F..%2Faxis%2Fapi%2Fx%3Fy%23z"]
