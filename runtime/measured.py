"""How many requests an application answers, how, and how long each took: for whoever watches from outside."""

from __future__ import annotations

import functools
import time

from prometheus_client import Histogram
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_seconds = Histogram(
    "batua_http_seconds",
    "Seconds from a request to the end of its answer",
    ["door", "status"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10.5),
)
# Looked up once: finding a label costs as much as counting.
_of = functools.cache(_seconds.labels)
_DOORS = {"api": "api", "auth": "forms", "files": "files"}
_BROKEN_OFF = 499


class Measured:
    """Around any application. `door` is one of api, forms, files and pages; `status` the first digit and two x."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began = time.perf_counter()
        # Until it has begun to answer, it has failed; a caller that goes away is nobody's failure.
        status = 500

        async def send_counted(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, send_counted)
        except OSError:
            status = _BROKEN_OFF
            raise
        finally:
            # Only the beginning of a path and of a status: no stranger can make up another label.
            door = _DOORS.get(scope["path"].split("/", 2)[1], "pages")
            _of(door, f"{status // 100}xx").observe(time.perf_counter() - began)
