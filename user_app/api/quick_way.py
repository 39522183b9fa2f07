"""The most-called routes, answered past the framework's layers when a request has nothing unusual about it.

Its layers cost four times what the rest of a transfer costs. Whatever is unusual here (a key, another origin, a body or
a token that is not simply right) goes on to the full application, whole, and is decided there: what is refused for its
form has one place only. The work itself is the routes' own.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import NamedTuple

from pydantic import BaseModel
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from money.errors import Refusal, SignedOut
from runtime.batcher import Busy, Unavailable
from runtime.logs import correlated, new_correlation_id
from shared_db.connection import CONNECTION_ERRORS
from user_app.api import account_routes, answers
from user_app.api.bodies import LARGEST_BODY_BYTES, PaymentBody, TransferBody, parse_json
from user_app.services import Services
from wallet.caller import Caller

_CORRELATION_HEADER = b"x-correlation-id"
_UNUSUAL_HEADERS = {_CORRELATION_HEADER, b"origin", b"idempotency-key", b"content-encoding"}
_ALWAYS = [(b"cache-control", b"no-store"), (b"vary", b"Origin")]
_BEARER = b"Bearer "
_JSON = b"application/json"


class _Unusual(Exception):
    """For the full application to decide."""


class _Route(NamedTuple):
    name: str
    """The name it has there."""
    read: Callable[[bytes], object]
    """What its body says. Raises ValueError."""
    work: Callable[[Services, Caller, object], Awaitable[BaseModel]]
    status: int = 200


class QuickWay:
    """In front of the full application. `services` are asked for once the process has started."""

    def __init__(self, app: ASGIApp, services: Callable[[], Services]) -> None:
        self._app = app
        self._services = services

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        route = _ROUTES.get((scope["method"], scope["path"])) if scope["type"] == "http" else None
        if route is None:
            await self._app(scope, receive, send)
            return
        heard: list[Message] = []
        try:
            token = _token(scope)
            given = route.read(await _body(receive, heard))
            caller = await self._services().tokens.caller(token)
        except (_Unusual, ValueError, SignedOut, Busy, Unavailable):
            await self._app(scope, _again(heard, receive), send)
            return
        correlation_id = new_correlation_id()
        with correlated(correlation_id):
            await self._answer(route, caller, given, correlation_id, scope, receive, send)

    async def _answer(  # an ASGI call and what it was found to be
        self,
        route: _Route,
        caller: Caller,
        given: object,
        correlation_id: str,
        scope: Scope,
        receive: Receive,
        send: Send,
    ) -> None:
        known = [(_CORRELATION_HEADER, correlation_id.encode()), *_ALWAYS]
        try:
            body = (await route.work(self._services(), caller, given)).model_dump_json(by_alias=True).encode()
        except Exception as error:  # noqa: BLE001 # the same answers as there
            answer = await _answer_to(error, route, Request(scope))
            answer.raw_headers.extend(known)
            await answer(scope, receive, send)
            return
        length = (b"content-length", str(len(body)).encode())
        headers = [(b"content-type", _JSON), length, *known]
        await send({"type": "http.response.start", "status": route.status, "headers": headers})
        await send({"type": "http.response.body", "body": body})


def _token(scope: Scope) -> str:
    """The bearer token of a request whose head is plain."""
    headers: dict[bytes, bytes] = dict(scope["headers"])
    if len(headers) != len(scope["headers"]) or not _UNUSUAL_HEADERS.isdisjoint(headers):
        raise _Unusual
    if scope["query_string"] or (scope["method"] == "POST" and headers.get(b"content-type") != _JSON):
        raise _Unusual
    shown = headers.get(b"authorization", b"")
    if not shown.startswith(_BEARER):
        raise _Unusual
    return shown[len(_BEARER) :].decode("ascii")


async def _body(receive: Receive, heard: list[Message]) -> bytes:
    """The whole body; `heard` is what was received for it."""
    body = b""
    while True:
        message = await receive()
        heard.append(message)
        body += message.get("body", b"")
        if message["type"] != "http.request" or len(body) > LARGEST_BODY_BYTES:
            raise _Unusual
        if not message.get("more_body"):
            return body


def _again(heard: list[Message], receive: Receive) -> Receive:
    """What was received already, and then what comes."""

    async def receive_again() -> Message:
        return heard.pop(0) if heard else await receive()

    return receive_again


async def _answer_to(error: Exception, route: _Route, request: Request) -> answers.JSONResponse:
    if isinstance(error, Refusal):
        return answers.refused(route.name, error)
    if isinstance(error, (Busy, Unavailable, *CONNECTION_ERRORS)):
        return await answers.busy(request, error)
    return await answers.unexpected(request, error)


def _transfer_body(body: bytes) -> TransferBody:
    return TransferBody.model_validate(parse_json(body))


async def _transfer(the: Services, caller: Caller, given: object) -> BaseModel:
    assert isinstance(given, TransferBody)
    await the.throttle.money(str(caller.owner_id))
    return await account_routes.transferred(the, caller, given, None)


def _payment_body(body: bytes) -> PaymentBody:
    return PaymentBody.model_validate(parse_json(body))


async def _payment(the: Services, caller: Caller, given: object) -> BaseModel:
    assert isinstance(given, PaymentBody)
    await the.throttle.money(str(caller.owner_id))
    return await account_routes.paid(the, caller, given, None)


async def _balance(the: Services, caller: Caller, _given: object) -> BaseModel:
    return await account_routes.balance_answer(the, caller)


_ROUTES = {
    ("POST", "/api/v1/account/transfer"): _Route("transfer", _transfer_body, _transfer),
    ("POST", "/api/v1/account/payments"): _Route("payment", _payment_body, _payment, status=201),
    ("GET", "/api/v1/account/balance"): _Route("balance", len, _balance),
}
