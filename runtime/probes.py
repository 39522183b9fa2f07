"""`/healthz`, `/readyz` and `/metrics` in front of any ASGI application."""

from __future__ import annotations

import asyncio
import hmac
from collections.abc import Awaitable, Callable
from typing import NamedTuple

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send


class Ready(NamedTuple):
    """Whether a process can do its work, and what else its `/readyz` says."""

    is_ready: bool
    outgoing: str | None = None
    """Where money goes out: "open", or "stopped" while our books do not add up."""


Readiness = Callable[[], Awaitable[bool | Ready]]
_PATHS = {"/healthz", "/readyz", "/metrics"}
_READY_WITHIN_SECONDS = 2.0


class Probes:
    """Answers the three probe paths and passes everything else on.

    `is_ready` says whether the process can do its work now (its database answers); an exception or more
    than two seconds counts as no. `metrics_token` None leaves `/metrics` open, as in dev.
    """

    def __init__(
        self, app: ASGIApp, *, is_ready: Readiness, is_prod: bool, metrics_token: str | None
    ) -> None:
        self._app = app
        self._is_ready = is_ready
        self._is_prod = is_prod
        self._metrics_token = metrics_token

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"] in _PATHS:
            answer = await self._answer(scope)
            await answer(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    async def _answer(self, scope: Scope) -> Response:
        path: str = scope["path"]
        if path == "/healthz":
            return JSONResponse({"status": "ok"})
        if path == "/readyz":
            ready = await self._ready()
            body = {"status": "ready" if ready.is_ready else "not ready"}
            if ready.outgoing:
                body["outgoing"] = ready.outgoing
            return JSONResponse(body, 200 if ready.is_ready else 503)
        if not self._may_read_metrics(scope):
            return JSONResponse({}, 404)
        return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)

    async def _ready(self) -> Ready:
        try:
            async with asyncio.timeout(_READY_WITHIN_SECONDS):
                found = await self._is_ready()
        except Exception:  # noqa: BLE001 # whatever fails here is the answer: not ready
            return Ready(is_ready=False)
        return found if isinstance(found, Ready) else Ready(found)

    def _may_read_metrics(self, scope: Scope) -> bool:
        if not self._is_prod:
            return True
        if not self._metrics_token:
            return False
        given = dict(scope["headers"]).get(b"authorization", b"")
        return hmac.compare_digest(given, f"Bearer {self._metrics_token}".encode())
