"""How both web apps are put behind their one port: headers, probes, the API where there is one, the pages."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from runtime.measured import Measured
from runtime.probes import Probes, Readiness
from settings import Settings
from shared_ui.built_pages import BuiltPages, plain

API = "/api/"
FORMS = "/auth/"
"""Below it stand the routes that the browser's own forms are sent to."""
FILES = "/files/"
"""Below it stands what a browser may download."""
_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    # Not no-referrer: with it a browser sends `Origin: null` from our own sign-in form.
    "Referrer-Policy": "same-origin",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}
_WITH_CAMERA = {"Permissions-Policy": "camera=(self), microphone=(), geolocation=()"}
_HTTPS_ONLY = {"Strict-Transport-Security": "max-age=31536000"}


def one_port(
    app: ASGIApp,
    *,
    pages: Path,
    is_ready: Readiness,
    settings: Settings,
    gate: Callable[[ASGIApp], ASGIApp] = lambda built: built,
    besides: Mapping[str, ASGIApp] | None = None,
    first: ASGIApp | None = None,
    with_camera: frozenset[str] = frozenset(),
) -> ASGIApp:
    """The whole application of one web app.

    `app` is Reflex's, which gets the websocket too; `pages` the folder of the built pages, which `gate` stands in
    front of; `besides` answers what begins with one of its keys, outside Reflex and its rules for other origins.
    The lifespan of `first` runs around the one of `app`. `with_camera` are the plain paths of pages that may ask for
    the camera.
    """
    built = gate(BuiltPages(app, folder=pages))
    token = settings.metrics_token
    probes = Probes(
        Measured(_Fork(built, besides or {}, first)),
        is_ready=is_ready,
        is_prod=settings.is_prod,
        metrics_token=token.get_secret_value() if token else None,
    )
    headers = _HEADERS | _HTTPS_ONLY if settings.is_prod else _HEADERS
    return _WithHeaders(probes, headers, with_camera)


class _WithHeaders:
    """Adds the headers that every answer carries, unless the answer has its own."""

    def __init__(self, app: ASGIApp, headers: dict[str, str], with_camera: frozenset[str]) -> None:
        self._app = app
        self._headers = _written(headers)
        self._headers_with_camera = _written(headers | _WITH_CAMERA)
        self._with_camera = with_camera

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        path = scope["path"]
        # Of the API nothing is a page: a payment does not wait for its address to be put straight.
        sees = not path.startswith(API) and plain(path) in self._with_camera
        ours = self._headers_with_camera if sees else self._headers

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                own = list(message.get("headers", ()))
                named = {name for name, _ in own}
                message["headers"] = own + [one for one in ours if one[0] not in named]
            await send(message)

        await self._app(scope, receive, send_with_headers)


def _written(headers: dict[str, str]) -> list[tuple[bytes, bytes]]:
    """As ASGI has them: names in small letters, all of it bytes."""
    return [(name.lower().encode(), value.encode()) for name, value in headers.items()]


class _Fork:
    """Each request to whoever answers for the beginning of its path, everything else to the pages."""

    def __init__(self, pages: ASGIApp, besides: Mapping[str, ASGIApp], first: ASGIApp | None) -> None:
        self._pages = pages
        self._besides = besides
        self._living = [first, pages] if first else [pages]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await _live_together(self._living, receive, send)
            return
        chosen = self._pages
        if scope["type"] == "http":
            for beginning, app in self._besides.items():
                if scope["path"].startswith(beginning):
                    chosen = app
        await chosen(scope, receive, send)


async def _live_together(apps: Sequence[ASGIApp], receive: Receive, send: Send) -> None:
    """Start all applications one after the other, and end them the other way round."""
    await receive()
    try:
        async with AsyncExitStack() as alive:
            for app in apps:
                await alive.enter_async_context(_alive(app))
            await send({"type": "lifespan.startup.complete"})
            await receive()
    except _LifespanFailed as failed:
        await send({"type": f"lifespan.{failed.phase}.failed", "message": str(failed)})
    else:
        await send({"type": "lifespan.shutdown.complete"})


class _LifespanFailed(Exception):
    def __init__(self, phase: str, message: str) -> None:
        super().__init__(message)
        self.phase = phase


@asynccontextmanager
async def _alive(app: ASGIApp) -> AsyncGenerator[None]:
    """One application's lifespan, as a server would run it: in a task of its own."""
    orders: asyncio.Queue[Message] = asyncio.Queue()
    answers: asyncio.Queue[Message] = asyncio.Queue()
    scope: Scope = {"type": "lifespan", "asgi": {"version": "3.0"}, "state": {}}

    async def live() -> None:
        await app(scope, orders.get, answers.put)

    task = asyncio.create_task(live())

    async def ask(phase: str) -> None:
        await orders.put({"type": f"lifespan.{phase}"})
        answer = asyncio.create_task(answers.get())
        await asyncio.wait({answer, task}, return_when=asyncio.FIRST_COMPLETED)
        if not answer.done() or answer.result()["type"] != f"lifespan.{phase}.complete":
            answer.cancel()
            raise _LifespanFailed(phase, _why(task, answer))

    await ask("startup")
    yield
    await ask("shutdown")
    await task


def _why(task: asyncio.Task[None], answer: asyncio.Task[Message]) -> str:
    if answer.done() and not answer.cancelled():
        return str(answer.result().get("message", ""))
    error = task.exception() if task.done() else None
    return repr(error) if error else "it ended without an answer"
