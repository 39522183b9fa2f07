"""The REST API as one ASGI application of its own; `user_app.serve` puts it beside the pages."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from money.errors import Refusal
from runtime.batcher import Busy, Unavailable
from runtime.logs import accepted_correlation_id, correlated
from settings import Settings, settings
from shared_db.connection import CONNECTION_ERRORS
from user_app.api import account_routes, answers, history_routes, user_routes, withdrawal_routes
from user_app.api.bodies import BodyTooLarge
from user_app.api.documented import DocumentedApi
from user_app.api.quick_way import QuickWay
from user_app.services import Services

_CORRELATION_HEADER = "X-Correlation-Id"


class Api:
    """The REST API as an ASGI application: the quick way in front, everything behind it."""

    def __init__(self, full: FastAPI) -> None:
        self._full = full
        self._quick = QuickWay(full, lambda: self.services)

    @property
    def services(self) -> Services:
        """What it works with, while its lifespan runs."""
        return self._full.state.services

    def document(self) -> dict[str, Any]:
        """The OpenAPI document, which prod does not serve."""
        return self._full.openapi()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._quick(scope, receive, send)


def create_api(
    database_url: str, given: Settings | None = None, *, opened: Callable[[Services], None] | None = None
) -> Api:
    """The API on this database; its lifespan opens and closes what it works with, and tells `opened`."""
    chosen = given or settings()

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncGenerator[None]:
        app.state.services = Services.open(chosen, database_url)
        try:
            if opened:
                opened(app.state.services)
            yield
        finally:
            await app.state.services.close()

    api = DocumentedApi(
        title="Batua",
        version="1",
        summary="A wallet: sign up, add money from a bank, see it arrive once.",
        lifespan=lifespan,
        openapi_url=None if chosen.is_prod else "/api/v1/openapi.json",
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    api.include_router(user_routes.router)
    api.include_router(account_routes.router)
    api.include_router(withdrawal_routes.router)
    api.include_router(history_routes.router)
    api.add_exception_handler(Refusal, answers.refusal)
    api.add_exception_handler(RequestValidationError, answers.malformed)
    api.add_exception_handler(BodyTooLarge, answers.too_large)
    for our_own_fault in (Busy, Unavailable, *CONNECTION_ERRORS):
        api.add_exception_handler(our_own_fault, answers.busy)
    api.add_exception_handler(HTTPException, answers.http_error)
    api.add_exception_handler(Exception, answers.unexpected)
    api.add_middleware(_Correlated)
    api.add_middleware(
        CORSMiddleware,
        allow_origins=list(chosen.allowed_origins),
        allow_methods=["GET", "POST", "PUT", "DELETE"],
        allow_headers=["Authorization", "Content-Type", "Idempotency-Key", _CORRELATION_HEADER],
        expose_headers=["Idempotency-Replayed", "Retry-After", _CORRELATION_HEADER],
    )
    return Api(api)


class _Correlated:
    """Binds a correlation id around each request, the caller's or a new one, and sends it back."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        correlation_id = accepted_correlation_id(Headers(scope=scope).get(_CORRELATION_HEADER))

        async def send_with_id(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers[_CORRELATION_HEADER] = correlation_id
                headers["Cache-Control"] = "no-store"
            await send(message)

        with correlated(correlation_id):
            await self._app(scope, receive, send_with_id)
