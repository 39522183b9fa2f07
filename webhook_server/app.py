"""The webhook server: `POST /webhooks/{bank}`, docs/contract.md section 4.

In this order: is the bank known, is it small, is the caller on the bank's list, is it signed, is it an event;
then the settlement decides, in one transaction with whatever else arrived meanwhile.
"""

from __future__ import annotations

import functools
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from prometheus_client import Counter
from starlette.types import ASGIApp, Receive, Scope, Send

from bank_api.adapters import ADAPTERS
from bank_api.messages import NotAnEvent, PayoutEvent
from bank_api.signing import BadSignature, Verifier
from money.on_ramp import Judgement, Reason, Verdict
from runtime.addresses import Network, client_address, is_within, networks
from runtime.batcher import Busy, Unavailable
from runtime.logs import logger
from runtime.probes import Probes
from settings import BANKS, Settings
from shared_db.connection import Database
from shared_db.notices import Notices
from shared_db.solvency import takes_money_in
from wallet.settle_on_ramp import Delivery, Settlement
from wallet.settle_withdrawal import WithdrawalSettlement

log = logger(__name__)
_answers = Counter("batua_webhook_answers", "Answers to banks", ["bank", "status"])
# Looked up once: finding a label costs as much as counting.
_counted = functools.cache(_answers.labels)
_PATH = "/webhooks/"
_LARGEST_BODY_BYTES = 16 * 1024


@dataclass(frozen=True, slots=True)
class _Bank:
    name: str
    verifier: Verifier
    allowed: tuple[Network, ...]


class _Answer(NamedTuple):
    status: int
    headers: list[tuple[bytes, bytes]]
    body: bytes


class _TooLarge(Exception):
    """The body is larger than a bank's event can be."""


def create_app(settings: Settings, database_url: str) -> ASGIApp:
    """The server on this database; its lifespan drains what it has taken before it ends."""
    database = Database(database_url)
    notices = Notices(database)
    settlement = Settlement(database, notices)
    withdrawals = WithdrawalSettlement(
        database, notices, {name: ADAPTERS[name].payout_contract for name in BANKS}
    )

    async def end() -> None:
        try:
            await settlement.drain()
            await withdrawals.drain()
        finally:
            await notices.drain()
            # A pool left open keeps its process alive.
            await database.close()

    token = settings.metrics_token
    return Probes(
        Door(settlement, withdrawals, _banks(settings), settings.trusted_proxy_hops, end),
        is_ready=takes_money_in(database),
        is_prod=settings.is_prod,
        metrics_token=token.get_secret_value() if token else None,
    )


def _banks(settings: Settings) -> Mapping[str, _Bank]:
    found: dict[str, _Bank] = {}
    for name in BANKS:
        bank = settings.bank(name)
        secrets = [secret.get_secret_value() for secret in bank.webhook_secrets]
        found[name] = _Bank(name, Verifier(secrets), networks(bank.allowed_ips))
    return found


class Door:
    """Answers the banks. Plain ASGI: a framework's layers cost a third of what a credit costs."""

    def __init__(
        self,
        settlement: Settlement,
        withdrawals: WithdrawalSettlement,
        banks: Mapping[str, _Bank],
        trusted_proxy_hops: int,
        end: Callable[[], Awaitable[None]],
    ) -> None:
        self._settlement = settlement
        self._withdrawals = withdrawals
        self._banks = banks
        self._hops = trusted_proxy_hops
        self._end = end

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif scope["type"] == "http":
            answer = await self._answer_safely(scope, receive)
            await send({"type": "http.response.start", "status": answer.status, "headers": answer.headers})
            await send({"type": "http.response.body", "body": answer.body})

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await self._end()
        await send({"type": "lifespan.shutdown.complete"})

    async def _answer_safely(self, scope: Scope, receive: Receive) -> _Answer:
        bank = self._banks.get(scope["path"].removeprefix(_PATH)) if scope["path"].startswith(_PATH) else None
        if bank is None:
            return _NO_SUCH_BANK
        if scope["method"] != "POST":
            return _NOT_A_POST
        try:
            answer = await self._answer(bank, scope, receive)
        except Exception:
            # Our own fault, whatever it is: the bank shall send it again.
            log.exception("a webhook could not be handled", bank=bank.name)
            answer = _UNAVAILABLE
        _counted(bank.name, answer.status).inc()
        return answer

    async def _answer(self, bank: _Bank, scope: Scope, receive: Receive) -> _Answer:
        try:
            body = await _small_body(receive)
        except _TooLarge:
            return _TOO_LARGE
        address = client_address(scope, trusted_proxy_hops=self._hops)
        if not is_within(address, bank.allowed):
            log.warning("webhook from outside the allow-list", bank=bank.name, address=address)
            return _UNSIGNED
        try:
            event_id = bank.verifier.verify_parts(*_signed(scope), body, now=int(time.time()))
        except BadSignature as error:
            log.warning("webhook not signed by the bank", bank=bank.name, why=str(error))
            return _UNSIGNED
        try:
            event = ADAPTERS[bank.name].parse_event(body)
        except NotAnEvent as error:
            log.error("signed webhook is no event", bank=bank.name, event_id=event_id, why=str(error))
            return _NOT_AN_EVENT
        try:
            judgement = await self._settle(Delivery(bank.name, event_id, event, body.decode()))
        except (Busy, Unavailable):
            return _UNAVAILABLE
        return _REJECTED[judgement.reason] if judgement.reason else _GOOD[judgement.verdict]

    async def _settle(self, delivery: Delivery) -> Judgement:
        if isinstance(delivery.event, PayoutEvent):
            judgement = await self._withdrawals.told(delivery)
            if judgement:
                return judgement
        return await self._settlement.settle(delivery)


def _signed(scope: Scope) -> tuple[str, str, str]:
    """The three signed headers, empty where one is missing."""
    found = {
        name: value.decode("latin-1") for name, value in scope["headers"] if name.startswith(b"webhook-")
    }
    return (
        found.get(b"webhook-id", ""),
        found.get(b"webhook-timestamp", ""),
        found.get(b"webhook-signature", ""),
    )


async def _small_body(receive: Receive) -> bytes:
    # Counted while it arrives: a header may claim anything, and a chunked body claims nothing.
    received = b""
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return b""  # nobody waits for the answer, and nothing is signed
        received += message.get("body", b"")
        if len(received) > _LARGEST_BODY_BYTES:
            raise _TooLarge
        if not message.get("more_body", False):
            return received


def _answer(status: int, text: str) -> _Answer:
    body = text.encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    return _Answer(status, headers, body)


_NO_SUCH_BANK = _answer(404, "{}")
_NOT_A_POST = _answer(405, "{}")
_UNSIGNED = _answer(401, "{}")
_TOO_LARGE = _answer(413, "{}")
_NOT_AN_EVENT = _answer(422, "{}")
_UNAVAILABLE = _answer(503, "{}")
_GOOD = {
    verdict: _answer(200, f'{{"status":"{verdict.value}"}}')
    for verdict in Verdict
    if verdict is not Verdict.REJECTED
}
_REJECTED = {reason: _answer(409, f'{{"status":"rejected","reason":"{reason.value}"}}') for reason in Reason}
