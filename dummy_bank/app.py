"""The bank as one ASGI application."""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dummy_bank import pages
from dummy_bank.books import Books
from dummy_bank.control import Control
from dummy_bank.control_page import ControlPage
from dummy_bank.desk import Desk
from dummy_bank.later import Later
from dummy_bank.merchant_api import MerchantApi
from dummy_bank.netbanking import Netbanking
from dummy_bank.outbox import Outbox
from dummy_bank.payout_api import PayoutApi
from dummy_bank.refusals import Refusal
from dummy_bank.settings import Settings
from dummy_bank.trouble import Trouble
from runtime.batcher import Busy
from runtime.logs import logger
from runtime.probes import Probes

log = logger(__name__)


def create_app(settings: Settings, *, clock: Callable[[], float] = time.time) -> ASGIApp:
    """Both banks on one port. Tests hand in their own clock, in seconds since 1970."""
    books = Books(settings.books_path)
    outbox = Outbox(settings, books, clock=clock)
    later = Later(books, outbox, clock=clock)
    trouble = Trouble(books)
    desk = Desk(settings, books, outbox, later, trouble, clock)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncGenerator[None]:
        await books.open()
        await trouble.load()
        await outbox.start()
        later.start()
        log.info("open for business", webhooks=[settings.webhook_url(bank) for bank in ("hdfc", "axis")])
        yield
        await later.stop()
        await outbox.stop()
        await books.close()

    bank = Starlette(
        routes=[
            *MerchantApi(desk).routes(),
            *PayoutApi(desk).routes(),
            *Netbanking(desk).routes(),
            *Control(desk).routes(),
            *ControlPage(desk).routes(),
            *pages.routes(),
        ],
        middleware=[Middleware(_SafeHeaders, settings=settings)],
        exception_handlers={Refusal: _refused, Busy: _busy, HTTPException: _no_such_page},
        lifespan=lifespan,
    )
    return Probes(bank, is_ready=books.is_ready, is_prod=False, metrics_token=None)


class _SafeHeaders:
    """On every answer: not framed, not sniffed, not kept, and forms go nowhere but here and back to the merchant."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self._app = app
        # Browsers hold the redirect after a form to `form-action` as well, so the way back stands in it.
        targets = " ".join(sorted(settings.own_origins | settings.merchant_origins))
        self._headers = {
            "Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src 'self' data:; base-uri 'none';"
            f" form-action 'self' {targets}; frame-ancestors 'none'",
            "X-Content-Type-Options": "nosniff",
            "X-Frame-Options": "DENY",
            # With no-referrer a browser would send `Origin: null` with our own forms.
            "Referrer-Policy": "same-origin",
            "Cache-Control": "no-store",
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_safely(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(self._headers)
            await send(message)

        await self._app(scope, receive, send_safely)


async def _refused(_: Request, refusal: Exception) -> Response:
    assert isinstance(refusal, Refusal)
    answer = {"message": refusal.sentence}
    if refusal.payment_status:
        answer["status"] = refusal.payment_status
    headers = {"WWW-Authenticate": "Bearer"} if refusal.status_code == 401 else None  # noqa: PLR2004
    return JSONResponse(answer, refusal.status_code, headers)


async def _busy(_: Request, __: Exception) -> Response:
    return JSONResponse({"message": Busy.__doc__}, 503)


async def _no_such_page(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    if "text/html" in request.headers.get("accept", ""):
        return pages.notice(None, "There is no such page here.", error.status_code)
    return JSONResponse({"message": error.detail}, error.status_code, error.headers)
