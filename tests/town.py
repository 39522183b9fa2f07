"""What the integration tests share: a ledger with people in it, on-ramps in every state, and banks that speak."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import time
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit, urlunsplit

import httpx
import psycopg
import uvicorn
from pydantic import SecretStr
from starlette.types import ASGIApp

from bank_api.client import BankClient
from bank_api.signing import sign
from dummy_bank.app import create_app as bank_app
from dummy_bank.settings import Settings as BankSettings
from money.accounts import BankAccount, HouseAccount, bank_account_id, house_account_id
from money.movements import Kind, Movement, Posted, Posting
from money.rupees import LARGEST_PAISE, Paise
from runtime.ports import free_port
from settings import Settings
from shared_db.connection import Database
from shared_db.ids import new_id
from shared_db.ledger import post
from shared_db.models import OnRamp, User
from shared_db.notices import Notices
from shared_db.people import open_wallet
from shared_db.verify import verify
from tests.databases import LET_GO

RECEIVABLE, CASH, IN_FLIGHT = (bank_account_id("hdfc", one) for one in BankAccount)
PROMOTIONS = house_account_id(HouseAccount.PROMOTIONS)
HDFC_SECRET, AXIS_SECRET = "whsec_" + "SERGQ0hE" * 4, "whsec_" + "QVhJU0FY" * 4
OLDER_SECRET = "whsec_" + "T0xERVIt" * 4
JWT_SECRET = "a-secret-that-only-these-tests-know-and-that-is-long-enough-for-every-algorithm"
AMOUNT = 2_000_00


class Books:
    """One database as a test sees it: people, movements in one line, and figures to look at."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.database = Database(url)
        self.notices = Notices(self.database)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        await self.notices.drain()
        await self.database.close()

    async def person(self, rupees: int = 0, first_name: str = "Asha", last_name: str = "Rao") -> uuid.UUID:
        """Somebody with a wallet and no password that could be typed."""
        one = new_id()
        user = User(
            id=one, email=f"{one}@x.example", first_name=first_name, last_name=last_name, password_hash="-"
        )
        async with self.database.transaction() as session:
            await open_wallet(session, user)
        if rupees:
            assert await self.post(gift(one, rupees * 10**2)) == [Posting.POSTED]
        return one

    async def on_ramp(
        self, owner: uuid.UUID, *, bank: str = "hdfc", amount_paise: int = AMOUNT, token: str | None = None
    ) -> OnRamp:
        """A pending payment that the bank has given a token for; nobody asks about it by himself."""
        now = datetime.now(UTC)
        row = OnRamp(
            id=new_id(),
            user_id=owner,
            bank=bank,
            amount_paise=amount_paise,
            status="pending",
            token=token or f"pay_{uuid.uuid4().hex}",
            correlation_id="test-correlation",
            created_at=now,
            expires_at=now + timedelta(minutes=15),
            next_enquiry_at=now + timedelta(hours=1),
        )
        async with self.database.transaction() as session:
            session.add(row)
        return row

    async def credited(self, owner: uuid.UUID, paise: int) -> Posting:
        """As a bank's word does it: an on-ramp that stands as a success, and its transfer."""
        row = await self.on_ramp(owner, amount_paise=paise)
        [outcome] = await self.post(
            move(Kind.ON_RAMP, RECEIVABLE, owner, paise, reference=f"on_ramp:{row.id}")
        )
        await self.ask("UPDATE on_ramps SET status = 'success', next_enquiry_at = NULL WHERE id = %s", row.id)
        return outcome

    async def outcomes(self, *movements: Movement) -> list[Posted]:
        """One batch in one transaction."""
        async with self.database.plain() as connection, connection.transaction():
            return await post(connection, movements)

    async def post(self, *movements: Movement) -> list[Posting]:
        return [one.outcome for one in await self.outcomes(*movements)]

    async def ask(self, question: str, *values: object) -> list[tuple[Any, ...]]:
        """As the tables' owner, who may more than our processes."""
        async with await psycopg.AsyncConnection.connect(self.url, autocommit=True) as connection:
            cursor = await connection.execute(question, values)
            return await cursor.fetchall() if cursor.description else []

    async def has(self, owner: uuid.UUID) -> tuple[int, int]:
        """To spend, and on hold."""
        [found] = await self.ask(
            "SELECT balance_paise, held_paise FROM balances WHERE account_id = %s", owner
        )
        return found[0], found[1]

    async def entries(self, account: uuid.UUID) -> list[tuple[Any, ...]]:
        return await self.ask(
            "SELECT number, amount_paise, balance_after_paise FROM entries WHERE account_id = %s ORDER BY number",
            account,
        )

    async def row(self, row: OnRamp | uuid.UUID | str) -> Row:
        which = row.id if isinstance(row, OnRamp) else row
        [found] = await self.ask(
            "SELECT status, rejected_at IS NOT NULL, late_success_at IS NOT NULL, refund_decided_at IS NOT NULL,"
            " refund_heard_at IS NOT NULL, next_enquiry_at IS NOT NULL, bank_reference FROM on_ramps WHERE id = %s",
            which,
        )
        return Row(*found)

    async def make_due(self, *rows: OnRamp) -> None:
        """The sweeper's next look falls on these."""
        await self.ask(
            "UPDATE on_ramps SET next_enquiry_at = clock_timestamp() - interval '1 second' WHERE id = ANY(%s)",
            [one.id for one in rows],
        )

    async def let_pass(self, minutes: int, *rows: OnRamp) -> None:
        """As if these had begun so much earlier; the sweeper looks at them next."""
        await self.ask(
            "UPDATE on_ramps SET created_at = created_at - %s, expires_at = expires_at - %s WHERE id = ANY(%s)",
            timedelta(minutes=minutes),
            timedelta(minutes=minutes),
            [one.id for one in rows],
        )
        await self.make_due(*rows)

    async def close_wallet(self, owner: uuid.UUID) -> None:
        await self.ask("UPDATE balances SET closed_at = now() WHERE account_id = %s", owner)

    async def post_to_the_brim(self, owner: uuid.UUID) -> None:
        """As much as one wallet can hold."""
        assert await self.post(gift(owner, LARGEST_PAISE)) == [Posting.POSTED]

    async def version(self, row: OnRamp) -> int:
        [(version,)] = await self.ask("SELECT version FROM on_ramps WHERE id = %s", row.id)
        return version

    async def throw_everybody_out(self) -> int:
        """End every connection to this database but the one that asks, as a restart does; how many there were."""
        server = urlunsplit(urlsplit(self.url)._replace(path="/postgres"))
        name = urlsplit(self.url).path.removeprefix("/")
        async with await psycopg.AsyncConnection.connect(server, autocommit=True) as superuser:
            ended = await superuser.execute(LET_GO, (name,))
            return len(await ended.fetchall())

    @asynccontextmanager
    async def away(self) -> AsyncIterator[None]:
        """Inside, this database lets nobody in and has thrown everybody out."""
        await self.close()
        name = urlsplit(self.url).path.removeprefix("/")
        server = urlunsplit(urlsplit(self.url)._replace(path="/postgres"))
        async with await psycopg.AsyncConnection.connect(server, autocommit=True) as superuser:
            await superuser.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false'.encode())
            await superuser.execute(LET_GO, (name,))
            try:
                yield
            finally:
                await superuser.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS true'.encode())
                self.database = Database(self.url)
                self.notices = Notices(self.database)

    def is_right(self) -> None:
        found = verify(self.url)
        assert found["ok"], found

    def is_right_but_for_bare_refunds(self) -> None:
        """The same where refunds were posted to the ledger alone: each is one that no payment knows of."""
        with psycopg.connect(self.url) as connection:
            bare = connection.execute(
                "SELECT count(*) FROM transfers t LEFT JOIN refunds r ON r.id = t.id"
                " WHERE t.kind = 'refund' AND r.id IS NULL"
            ).fetchone()
        found = verify(self.url)
        assert bare
        assert found == found | {"accounts_out_of_step": bare[0], "ok": bare[0] == 0}, found
        assert found["sum_of_entries_paise"] == 0, found


@asynccontextmanager
async def connected(url: str) -> AsyncIterator[Database]:
    """A second process's way to the database.

    Always closed: a pool left open while it connects ignores its loop's cancellation, and the run never ends.
    """
    database = Database(url)
    try:
        yield database
    finally:
        await database.close()


@dataclass(frozen=True)
class Row:
    """How a payment stands."""

    status: str
    rejected: bool = False
    late_success: bool = False
    refund_decided: bool = False
    refund_heard: bool = False
    somebody_will_ask: bool = False
    bank_reference: str | None = None


def move(
    kind: Kind,
    source: uuid.UUID,
    target: uuid.UUID,
    paise: int,
    *,
    reference: str | None = None,
    holder: uuid.UUID | None = None,
) -> Movement:
    new = new_id()
    return Movement(new, reference or f"test:{new}", kind, source, target, Paise(paise), holder)


def again(movement: Movement, **changes: object) -> Movement:
    """The same movement under an id of its own, as a second try sends it, with what `changes` says otherwise."""
    same = {
        "reference": movement.reference,
        "kind": movement.kind,
        "source": movement.source,
        "target": movement.target,
        "amount_paise": movement.amount_paise,
        "holder": movement.holder,
    }
    return Movement(**({"id": new_id()} | same | changes))  # pyright: ignore[reportArgumentType] # a test's own words


def gift(to: uuid.UUID, paise: int) -> Movement:
    return move(Kind.PROMOTION, PROMOTIONS, to, paise)


def wallet_settings(folder: Path, bank_url: str = "http://127.0.0.1:9", **others: object) -> Settings:
    """A laptop's settings whose secrets the tests know; `bank_url` is where both banks stand."""
    given: dict[str, Any] = {
        "batua_env": "dev",
        "batua_data": folder,
        "hdfc_api_url": bank_url,
        "axis_api_url": bank_url,
        "hdfc_bank_api_key": SecretStr("key-of-hdfc"),
        "axis_bank_api_key": SecretStr("key-of-axis"),
        "hdfc_webhook_secrets": SecretStr(f"{HDFC_SECRET},{OLDER_SECRET}"),
        "axis_webhook_secrets": SecretStr(AXIS_SECRET),
        "jwt_secret": SecretStr(JWT_SECRET),
    }
    return Settings(**(given | others))


def event_body(row: OnRamp, *, paid: bool = True, **changes: object) -> str:
    """The body of the bank's event about this payment, with what `changes` says otherwise."""
    data = {
        "token": row.token,
        "user_identifier": str(row.user_id),
        "amount_paise": row.amount_paise,
        "bank_reference": f"UTR{row.id.hex[-12:].upper()}",
    } | changes
    fields = ",".join(f'"{name}":{_json(value)}' for name, value in data.items())
    kind = "payment.succeeded" if paid else "payment.failed"
    return f'{{"type":"{kind}","timestamp":"2026-11-20T12:00:00Z","data":{{{fields}}}}}'


def _json(value: object) -> str:
    return str(value) if isinstance(value, int) else f'"{value}"'


def signed(
    body: str | bytes, *, secret: str = HDFC_SECRET, at: int | None = None, event_id: str | None = None
):
    """The three headers of one attempt."""
    text = body if isinstance(body, bytes) else body.encode()
    moment = at if at is not None else int(time.time())
    return sign(secret, event_id=event_id or f"evt_{uuid.uuid4().hex}", timestamp=moment, body=text)


@asynccontextmanager
async def in_process(app: Any, address: str = "127.0.0.1") -> AsyncIterator[httpx.AsyncClient]:
    """A client that speaks to the application directly, from this address; its lifespan runs around it."""
    transport = httpx.ASGITransport(app, client=(address, 50_000), raise_app_exceptions=False)
    async with alive(app), httpx.AsyncClient(transport=transport, base_url="http://wallet") as client:
        yield client


@asynccontextmanager
async def alive(app: ASGIApp) -> AsyncIterator[None]:
    """Run an application's lifespan as its server would."""
    to_app: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
    from_app: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
    scope: Any = {"type": "lifespan", "asgi": {"version": "3.0"}, "state": {}}
    send: Any = from_app.put
    running = asyncio.ensure_future(app(scope, to_app.get, send))  # pyright: ignore[reportArgumentType] # a coroutine in fact
    await to_app.put({"type": "lifespan.startup"})
    assert (await from_app.get())["type"] == "lifespan.startup.complete"
    try:
        yield
    finally:
        await to_app.put({"type": "lifespan.shutdown"})
        ended = (await asyncio.wait_for(from_app.get(), 30))["type"]
        await running
        assert ended == "lifespan.shutdown.complete"


@asynccontextmanager
async def served(app: ASGIApp, port: int = 0) -> AsyncIterator[str]:
    """Serve over real HTTP on a free port, or this one; the address."""
    listener = socket.create_server(("127.0.0.1", port))
    server = uvicorn.Server(uvicorn.Config(app, log_config=None, ws="none", timeout_graceful_shutdown=1))
    running = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        await until(lambda: server.started or running.done())
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        with contextlib.suppress(asyncio.CancelledError):
            await running
        listener.close()


async def until(true: Callable[[], bool], seconds: float = 15) -> None:
    async with asyncio.timeout(seconds):
        while not true():  # noqa: ASYNC110 # what is waited for happens elsewhere
            await asyncio.sleep(0.02)


class RealBank:
    """The dummy bank over HTTP. Nobody listens where it sends its webhooks, so each of them is lost."""

    def __init__(self, url: str, clients: dict[str, BankClient]) -> None:
        self.url = url
        self.clients = clients

    async def press(self, token: str | None, action: str, bank: str = "hdfc") -> None:
        """What the customer does on the bank's page: "approve" or "decline"."""
        async with httpx.AsyncClient(base_url=self.url, trust_env=False) as browser:
            asked = {"action": action, "customer": "9876500001"}
            answer = await browser.post(f"/{bank}/control/payments/{token}", json=asked)
        assert answer.status_code == 200, answer.text

    async def says(self, token: str | None, bank: str = "hdfc") -> str:
        assert token
        return (await self.clients[bank].payment(token)).status


@asynccontextmanager
async def real_bank(folder: Path) -> AsyncIterator[RealBank]:
    port = free_port()
    settings = BankSettings(
        batua_env="dev",
        batua_data=folder,
        dummy_bank_port=port,
        webhook_server_port=free_port(),
        bank_webhook_url="",
        public_bank_url="",
        public_user_url="",
        hdfc_bank_api_key=SecretStr("key-of-hdfc"),
        axis_bank_api_key=SecretStr("key-of-axis"),
        hdfc_webhook_secrets=SecretStr(HDFC_SECRET),
        axis_webhook_secrets=SecretStr(AXIS_SECRET),
    )
    async with served(bank_app(settings), port) as url, bank_clients(url) as clients:
        yield RealBank(url, clients)


@asynccontextmanager
async def bank_clients(url: str, *, timeout_seconds: float = 5) -> AsyncIterator[dict[str, BankClient]]:
    """How we call both banks at this address."""
    clients = {
        name: BankClient(f"{url}/{name}/api", f"key-of-{name}", timeout_seconds=timeout_seconds)
        for name in ("hdfc", "axis")
    }
    yield clients
    for one in clients.values():
        await one.aclose()
