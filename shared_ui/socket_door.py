"""In front of Reflex's websocket: a tab's key belongs to its visitor, and what arrives is known, short and counted."""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import parse_qsl, urlencode

import reflex as rx
from reflex_base.constants import CompileVars
from reflex_base.registry import RegistrationContext
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from money.errors import TooManyTries
from shared_ui.door import Door, TheDoor, read_cookie

_PATH = "/_event"
_KEY = "token"
_HEARD = {"connect", "disconnect", "event", "ping", "client_error"}
_FIRST_EVENT = CompileVars.CONNECT_AUTH_EVENT
_COMPLAINT = ".handle_frontend_exception"
_LONGEST_COMPLAINT = 1_000

Trigger = Callable[..., Awaitable[Any]]


class KeysOfVisitors:
    """Mixes the visitor's cookie into the key under which Reflex keeps a tab's State.

    The browser chooses the key. Whoever learns it without the cookie gets a State of their own, whatever is under
    way for the tab; and when somebody else logs in there, so do they.
    """

    def __init__(self, app: ASGIApp, *, door: TheDoor) -> None:
        self._app = app
        self._door = door

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] in {"http", "websocket"} and scope["path"].startswith(_PATH):
            cookie = read_cookie(Headers(scope=scope).get("cookie", ""), self._door().cookie)
            asked = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
            kept = [(name, _key(given, cookie) if name == _KEY else given) for name, given in asked]
            scope = {**scope, "query_string": urlencode(kept).encode()}
        await self._app(scope, receive, send)


def _key(given: str, cookie: str) -> str:
    return hashlib.sha256(f"{given}\n{cookie}".encode("utf-8", "surrogatepass")).hexdigest()


def stand_before_events(app: rx.App, door: TheDoor) -> None:
    """Let through to Reflex only what it knows, so that it has nothing to complain of in the log, and not too often."""
    namespace = app.event_namespace
    assert namespace is not None, "a State makes one"
    pass_on: Trigger = namespace.trigger_event
    known = frozenset(RegistrationContext.get().event_handlers)

    async def trigger_event(event: str, *given: Any) -> Any:  # noqa: ANN401 # what a browser sends
        if event not in _HEARD:
            return None
        sid = given[0]
        if event == "connect":
            # Anybody may send an event of this name; Reflex would take its argument for the handshake.
            is_handshake = app.sio is not None and given[1] is app.sio.get_environ(sid, namespace.namespace)
            if not is_handshake:
                return None
            for said in given[2:]:
                _forget_unknown(said, known)
        if event == "event":
            message = given[1] if len(given) > 1 else None
            address = str(namespace._static_router_data.get(sid, {}).get("ip", ""))
            if _name(message) not in known or not await _is_seldom(door(), address, message):
                return None
        return await pass_on(event, *given)

    setattr(namespace, "trigger_event", trigger_event)  # noqa: B010 # Reflex makes the object by itself


def _name(message: object) -> str:
    name = message.get("name") if isinstance(message, dict) else None
    return name if isinstance(name, str) else ""


def _forget_unknown(said: object, known: frozenset[str]) -> None:
    """The handshake may carry a first event."""
    if isinstance(said, dict) and _name(said.get(_FIRST_EVENT)) not in known:
        said.pop(_FIRST_EVENT, None)


async def _is_seldom(door: Door, address: str, message: object) -> bool:
    try:
        if _name(message).endswith(_COMPLAINT):
            _shorten(message)
            await door.throttle.complaint(address)
        else:
            await door.throttle.socket(address)
    except TooManyTries:
        return False
    return True


def _shorten(message: object) -> None:
    """What a browser complains of goes into our log."""
    payload = message.get("payload") if isinstance(message, dict) else None
    if isinstance(payload, dict):
        for name, text in payload.items():
            if isinstance(text, str):
                payload[name] = text[:_LONGEST_COMPLAINT]
