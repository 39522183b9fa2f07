"""A town for the tests of the dummy bank: the bank on a real socket, its books on a real disk, and its merchant.

A small HTTP server stands in for the merchant's webhook address, and answers what the test tells it to.
"""

import asyncio
import os
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import httpx
import uvicorn
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from bank_api.client import BankClient
from bank_api.messages import Event, PaymentCreated, PayoutState, parse_event
from bank_api.signing import verify
from dummy_bank.app import create_app
from dummy_bank.settings import Settings
from tests.town import free_port

SECRET = "whsec_" + "QkFUVUEt" * 4
OLDER_SECRET = "whsec_" + "T0xERVIt" * 4
RUPEES_10_CRORE = 10_00_00_000_00
AMOUNT = 2_000_00
ACCOUNT = "123456789012"
IFSC = "HDFC0ABC123"
KOLKATA = timezone(timedelta(hours=5, minutes=30))


@dataclass
class Heard:
    at: float
    event_id: str
    correlation_id: str
    event: Event


@dataclass
class Merchant:
    """Stands in for the webhook server; answers in turn, the last answer for ever."""

    port: int = 0
    answers: deque[int] = field(default_factory=lambda: deque([200]))
    delay_seconds: float = 0
    heard: list[Heard] = field(default_factory=list)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await (await self._answer(Request(scope, receive)))(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        body = await request.body()
        event_id = verify(request.headers, body, [SECRET], now=int(time.time()))
        correlation_id = request.headers["x-correlation-id"]
        self.heard.append(Heard(time.monotonic(), event_id, correlation_id, parse_event(body)))
        await asyncio.sleep(self.delay_seconds)
        return JSONResponse({}, self.answers[0] if len(self.answers) == 1 else self.answers.popleft())

    async def has_heard(self, count: int) -> None:
        await until(lambda: len(self.heard) >= count)


@dataclass
class Clock:
    ahead_seconds: float = 0

    def __call__(self) -> float:
        return time.time() + self.ahead_seconds


@dataclass
class Town:
    """A bank, its merchant, and a browser."""

    settings: Settings
    merchant: Merchant
    clock: Clock
    hdfc: BankClient
    axis: BankClient
    browser: httpx.AsyncClient
    url: str

    async def pay_later(self, reference: str = "on_ramp-1", amount_paise: int = AMOUNT) -> PaymentCreated:
        return await self.hdfc.create_payment(
            merchant_reference=reference,
            user_identifier="user-1",
            amount_paise=amount_paise,
            return_url="http://localhost:3999/transfer?back=1",
        )

    async def pay_out(self, reference: str = "w-1", **changes: Any) -> PayoutState:
        order = {"account_number": ACCOUNT, "ifsc": IFSC, "amount_paise": AMOUNT}
        return await self.hdfc.payout(reference, **order | changes)

    async def break_it(self, bank: str = "hdfc", **faults: object) -> None:
        """Set these faults, and let the others be as in a bank that works."""
        answer = await self.browser.put(f"/{bank}/control/faults", json=faults)
        assert answer.status_code == 200, answer.text

    async def log_in(self, token: str, password: str = "bank-demo-1", **headers: str) -> httpx.Response:
        form = {"customer_id": "9876500001", "password": password}
        return await self.browser.post(
            f"/hdfc/netbanking?token={token}", data=form, headers={"Origin": self.url} | headers
        )

    async def press(self, page: httpx.Response, action: str, **headers: str) -> httpx.Response:
        form = dict(re.findall(r'name="(token|ticket)" value="([^"]+)"', page.text)) | {"action": action}
        return await self.browser.post(
            "/hdfc/netbanking/decision", data=form, headers={"Origin": self.url} | headers
        )

    async def control(
        self, token: str, action: str, customer: str = "9876500001", **headers: str
    ) -> httpx.Response:
        asked = {"action": action, "customer": customer}
        return await self.browser.post(f"/hdfc/control/payments/{token}", json=asked, headers=headers)

    def balance(self, customer: str = "9876500001") -> int:
        return self.ask(
            "SELECT balance_paise FROM customers WHERE bank = 'hdfc' AND customer_id = ?", customer
        )

    def ask(self, question: str, *values: object) -> int:
        connection = sqlite3.connect(self.settings.books_path)
        try:
            return connection.execute(question, values).fetchone()[0]
        finally:
            connection.close()

    def today(self) -> date:
        return datetime.fromtimestamp(self.clock(), KOLKATA).date()

    def nothing_was_lost(self) -> None:
        total = (
            "SELECT (SELECT sum(balance_paise) FROM customers) + (SELECT sum(balance_paise) FROM collected)"
        )
        assert self.ask(total) == 6 * RUPEES_10_CRORE


class AtOnce(uvicorn.Server):
    """Ends as soon as it is told to; uvicorn itself looks ten times a second."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.told = asyncio.Event()

    async def main_loop(self) -> None:
        await self.on_tick(0)
        await self.told.wait()


@asynccontextmanager
async def served(app: ASGIApp, port: int = 0) -> AsyncIterator[int]:
    # asyncio turns TCP_NODELAY on for sockets that name their protocol only; else every answer waits for 40 ms.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", port))
    server = AtOnce(uvicorn.Config(app, log_config=None, ws="none", timeout_graceful_shutdown=1))
    running = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        await until(lambda: server.started or running.done())
        yield listener.getsockname()[1]
    finally:
        server.told.set()
        await running
        listener.close()


async def until(true: Callable[[], bool], seconds: float = 15) -> None:
    async with asyncio.timeout(seconds):
        while not true():  # noqa: ASYNC110 # what is waited for happens elsewhere
            await asyncio.sleep(0.02)


def bank_settings(folder: Path, webhook_port: int, port: int) -> Settings:
    return Settings(
        batua_env="dev",
        batua_data=folder,
        dummy_bank_port=port,
        user_app_port=3999,
        webhook_server_port=webhook_port,
        public_bank_url="",
        public_user_url="https://wallet.example",
        bank_webhook_url="",
        hdfc_bank_api_key="key-of-hdfc",
        axis_bank_api_key="key-of-axis",
        hdfc_webhook_secrets=f"{SECRET},{OLDER_SECRET}",
        axis_webhook_secrets=SECRET,
    )


@asynccontextmanager
async def a_town(folder: Path) -> AsyncIterator[Town]:
    merchant, clock, port = Merchant(), Clock(), free_port()
    async with AsyncExitStack() as stack:
        merchant.port = await stack.enter_async_context(served(merchant))
        settings = bank_settings(folder, merchant.port, port)
        await stack.enter_async_context(served(create_app(settings, clock=clock), port))
        url = f"http://localhost:{port}"
        at = f"http://127.0.0.1:{port}"
        hdfc = await stack.enter_async_context(BankClient(f"{at}/hdfc/api", "key-of-hdfc"))
        axis = await stack.enter_async_context(BankClient(f"{at}/axis/api/", "key-of-axis"))
        browser = await stack.enter_async_context(httpx.AsyncClient(base_url=at, trust_env=False))
        yield Town(settings, merchant, clock, hdfc, axis, browser, url)


class BankProcess:
    def __init__(self, folder: Path, port: int, webhook_port: int) -> None:
        self.port = port
        self._environment = os.environ | {
            "BATUA_ENV": "dev",
            "BATUA_DATA": str(folder),
            "DUMMY_BANK_PORT": str(port),
            "USER_APP_PORT": "3999",
            "BANK_WEBHOOK_URL": f"http://127.0.0.1:{webhook_port}/webhooks",
            "HDFC_BANK_API_KEY": "key-of-hdfc",
            "HDFC_WEBHOOK_SECRETS": SECRET,
            "PYTHONPATH": os.pathsep.join(sys.path),
        }

    async def start(self) -> None:
        self._process = subprocess.Popen(  # noqa: ASYNC220 # returns at once
            [sys.executable, "-m", "dummy_bank"], env=self._environment, stdout=subprocess.DEVNULL
        )
        async with httpx.AsyncClient(trust_env=False) as client, asyncio.timeout(20):
            while True:
                try:
                    if (await client.get(f"http://127.0.0.1:{self.port}/readyz")).status_code == 200:
                        return
                except httpx.TransportError:
                    await asyncio.sleep(0.05)

    async def end(self, how: signal.Signals) -> int:
        self._process.send_signal(how)
        return await asyncio.to_thread(self._process.wait, 15)
