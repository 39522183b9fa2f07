"""The webhook server: `POST /webhooks/{bank}`, docs/contract.md section 4.

In this order: is the bank known, is it small, is the caller on the bank's list, is it signed, is it an event;
then the settlement decides, in one transaction with whatever else arrived meanwhile.
"""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass

from prometheus_client import Counter
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp

from bank_api.adapters import ADAPTERS
from bank_api.messages import NotAnEvent
from bank_api.signing import BadSignature, Verifier
from money.on_ramp import Judgement, Verdict
from runtime.addresses import Network, client_address, is_within, networks
from runtime.batcher import Busy, Unavailable
from runtime.logs import logger
from runtime.probes import Probes
from settings import BANKS, Settings
from shared_db.connection import Database
from wallet.settle_on_ramp import Delivery, Settlement

log = logger(__name__)
_answers = Counter("batua_webhook_answers", "Answers to banks", ["bank", "answer"])
_LARGEST_BODY_BYTES = 16 * 1024


@dataclass(frozen=True, slots=True)
class _Bank:
    name: str
    verifier: Verifier
    allowed: tuple[Network, ...]


class _TooLarge(Exception):
    """The body is larger than a bank's event can be."""


def create_app(settings: Settings, database_url: str) -> ASGIApp:
    """The server on this database; its lifespan drains what it has taken before it ends."""
    database = Database(database_url)
    settlement = Settlement(database)
    door = _Door(settlement, _banks(settings), settings.trusted_proxy_hops)

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncGenerator[None]:
        yield
        await settlement.drain()
        await database.close()

    routes = [Route("/webhooks/{bank}", door.receive, methods=["POST"])]
    token = settings.metrics_token
    return Probes(
        Starlette(routes=routes, lifespan=lifespan),
        is_ready=database.is_reachable,
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


class _Door:
    """Answers the banks."""

    def __init__(self, settlement: Settlement, banks: Mapping[str, _Bank], trusted_proxy_hops: int) -> None:
        self._settlement = settlement
        self._banks = banks
        self._hops = trusted_proxy_hops

    async def receive(self, request: Request) -> Response:
        bank = self._banks.get(request.path_params["bank"])
        if bank is None:
            return _NO_SUCH_BANK
        answer, response = await self._answer(bank, request)
        _answers.labels(bank.name, answer).inc()
        return response

    async def _answer(self, bank: _Bank, request: Request) -> tuple[str, Response]:
        try:
            body = await _small_body(request)
        except _TooLarge:
            return "too_large", _TOO_LARGE
        except ClientDisconnect:
            return "hung_up", _UNSIGNED
        address = client_address(request.scope, trusted_proxy_hops=self._hops)
        if not is_within(address, bank.allowed):
            log.warning("webhook from outside the allow-list", bank=bank.name, address=address)
            return "unknown_caller", _UNSIGNED
        try:
            event_id = bank.verifier.verify(request.headers, body, now=int(time.time()))
        except BadSignature as error:
            log.warning("webhook not signed by the bank", bank=bank.name, why=str(error))
            return "bad_signature", _UNSIGNED
        try:
            event = ADAPTERS[bank.name].parse_event(body)
        except NotAnEvent as error:
            log.error("signed webhook is no event", bank=bank.name, event_id=event_id, why=str(error))
            return "not_an_event", _NOT_AN_EVENT
        try:
            judgement = await self._settlement.settle(Delivery(bank.name, event_id, event, body.decode()))
        except (Busy, Unavailable):
            return "unavailable", _UNAVAILABLE
        return judgement.verdict.value, _response(judgement)


async def _small_body(request: Request) -> bytes:
    # Counted while it arrives: a header may claim anything, and a chunked body claims nothing.
    received = b""
    async for chunk in request.stream():
        received += chunk
        if len(received) > _LARGEST_BODY_BYTES:
            raise _TooLarge
    return received


def _response(judgement: Judgement) -> Response:
    if judgement.verdict is Verdict.REJECTED:
        assert judgement.reason, "a rejection says why"
        text = f'{{"status":"rejected","reason":"{judgement.reason.value}"}}'
        return Response(text, 409, media_type="application/json")
    return _GOOD[judgement.verdict]


def _fixed(status: int, text: str) -> Response:
    return Response(text, status, media_type="application/json")


_NO_SUCH_BANK = _fixed(404, "{}")
_UNSIGNED = _fixed(401, "{}")
_TOO_LARGE = _fixed(413, "{}")
_NOT_AN_EVENT = _fixed(422, "{}")
_UNAVAILABLE = _fixed(503, "{}")
_GOOD = {verdict: _fixed(200, f'{{"status":"{verdict.value}"}}') for verdict in Verdict}
