"""In front of the pages: a stranger gets no byte of a private one, and whoever is signed in begins at home."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from urllib.parse import parse_qs, quote

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse, RedirectResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from money.errors import SignedOut
from runtime.batcher import Unavailable
from runtime.logs import logger
from shared_ui.built_pages import plain
from shared_ui.door import TheDoor
from wallet.caller import Caller

log = logger(__name__)

MaySee = Callable[[Caller, str, dict[str, list[str]]], Awaitable[bool]]
"""Whether this caller may see the page at this plain path with this query; all they may not see is 404."""

IsThere = Callable[[str], Awaitable[bool]]
_NO_SUCH_PAGE = "/404"
_AWAY = PlainTextResponse(
    "Batua cannot be reached just now. Nothing happened to your money. Please try again in a moment.",
    503,
    {"Cache-Control": "no-store", "Retry-After": "2"},
)


async def _everything(_path: str) -> bool:
    return True


@dataclass(frozen=True, slots=True)
class Rules:
    """Plain paths: for those who are signed in, and for those who are not."""

    private: frozenset[str]
    for_strangers: frozenset[str]
    may_see: MaySee
    private_below: tuple[str, ...] = ()
    """Beginnings of private pages that have an id in their path, such as `/transactions/`."""
    public_below: tuple[str, ...] = ()
    """Beginnings of pages for everybody that have a name in their path, such as `/pay/`."""
    is_there: IsThere = _everything
    """Whether there is such a page at a plain path below them; what is not is 404."""

    def is_private(self, path: str) -> bool:
        return path in self.private or path.startswith(self.private_below)

    def is_named(self, path: str) -> bool:
        return path.startswith(self.public_below)


class Gate:
    """Judges each request for a page by the one spelling of its address; everything else passes."""

    def __init__(self, app: ASGIApp, *, door: TheDoor, rules: Rules) -> None:
        self._app = app
        self._door = door
        self._rules = rules

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = plain(scope["path"]) if scope["type"] == "http" else ""
        is_for_some = self._rules.is_private(path) or path in self._rules.for_strangers
        if not is_for_some and not self._rules.is_named(path):
            await self._app(scope, receive, send)
            return
        try:
            if is_for_some:
                await self._judge(path, scope, receive, send)
            elif await self._rules.is_there(path):
                await self._app(scope, receive, send)
            else:
                await self._app(_no_such_page(scope), receive, send)
        except Unavailable:
            log.warning("a page was asked for while the database is away", path=path)
            await _AWAY(scope, receive, send)

    async def _judge(self, path: str, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            caller = await self._door().caller(Headers(scope=scope).get("cookie", ""))
        except SignedOut:
            caller = None
        query = scope["query_string"].decode("latin-1")
        if caller is None and self._rules.is_private(path):
            await _elsewhere(f"/login?next={quote(path + ('?' + query if query else ''), safe='/')}")(
                scope, receive, send
            )
        elif caller and path in self._rules.for_strangers:
            await _elsewhere(self._door().home)(scope, receive, send)
        elif caller and not await self._rules.may_see(caller, path, parse_qs(query)):
            await self._app(_no_such_page(scope), receive, send)
        else:
            await self._app(scope, receive, _never_kept(send))


def _no_such_page(scope: Scope) -> Scope:
    return {**scope, "path": _NO_SUCH_PAGE, "raw_path": _NO_SUCH_PAGE.encode()}


def _elsewhere(address: str) -> RedirectResponse:
    return RedirectResponse(address, 303, {"Cache-Control": "no-store"})


def _never_kept(send: Send) -> Send:
    async def send_with_header(message: Message) -> None:
        if message["type"] == "http.response.start":
            MutableHeaders(scope=message)["Cache-Control"] = "no-store"
        await send(message)

    return send_with_header
