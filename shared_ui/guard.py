"""The one way into a State: who is it, how often, and are the arguments what they must be; then the handler.

Any client can call every public method of every State with any arguments, and Reflex checks no type. So each
handler is `@guard.signed_in` or `@guard.anybody`; tests/integration/test_handlers.py fails on one that is not.
A handler's parameters after the caller are annotated; a form arrives as `form_data`, annotated with a strict
pydantic model.
"""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable
from typing import Any, cast
from urllib.parse import quote

import reflex as rx
from pydantic import BaseModel, ConfigDict, ValidationError, create_model
from reflex.event import EventCallback

from money.errors import Refusal, SignedOut
from runtime.addresses import neighbourhood
from runtime.batcher import Busy, Unavailable
from runtime.logs import correlated, logger, new_correlation_id
from shared_db.connection import CONNECTION_ERRORS
from shared_ui.door import TheDoor
from shared_ui.said import Said, forget

log = logger(__name__)
Handler = Callable[..., Awaitable[Any]]
Guarded = EventCallback[*tuple[Any, ...]]
Arguments = type[BaseModel]

MARK = "__guarded_for__"
NOT_UNDERSTOOD = "That could not be done. Nothing has happened."
AWAY = "We cannot do this just now. Nothing has happened; please try again in a moment."
_STRICT = ConfigDict(strict=True, extra="forbid", frozen=True)


class FormData(BaseModel):
    """The fields of a form: all text, none missing, none more."""

    model_config = _STRICT


class Guard:
    """Made once for each app, before there is a door."""

    def __init__(self, door: TheDoor) -> None:
        self._door = door

    def signed_in(self, handler: Handler) -> Guarded:
        """For `async def handler(self, caller, …)`; a stranger is sent to the login page."""
        arguments = _arguments(handler, after=2)

        async def guarded(self: rx.State, /, *given: object, **named: object) -> object:
            door = self_door()
            caller = await door.caller(self.router.headers.cookie)
            await door.throttle.event(str(caller.owner_id))
            return await handler(self, caller, *_checked(arguments, given, named))

        self_door = self._door
        return _as_handler(guarded, handler, arguments, "signed_in")

    def anybody(self, handler: Handler) -> Guarded:
        """For `async def handler(self, …)`: what a stranger may ask, too."""
        arguments = _arguments(handler, after=1)

        async def guarded(self: rx.State, /, *given: object, **named: object) -> object:
            await self_door().throttle.event(neighbourhood(self.router.session.client_ip))
            return await handler(self, *_checked(arguments, given, named))

        self_door = self._door
        return _as_handler(guarded, handler, arguments, "anybody")


def _arguments(handler: Handler, *, after: int) -> Arguments:
    """A strict model of a handler's parameters, without the first `after` of them."""
    hints = inspect.get_annotations(handler, eval_str=True)
    names = list(inspect.signature(handler).parameters)[after:]
    fields: dict[str, Any] = {name: (hints[name], ...) for name in names}
    return create_model(f"{handler.__qualname__} arguments", __config__=_STRICT, **fields)


def _checked(arguments: Arguments, given: tuple[object, ...], named: dict[str, object]) -> list[object]:
    names = list(arguments.model_fields)
    together = dict(zip(names, given, strict=False)) | named
    if len(given) > len(names):
        raise _NotArguments
    checked = arguments.model_validate(together)
    return [getattr(checked, name) for name in names]


class _NotArguments(Exception):
    """More arguments than there are parameters."""


def _as_handler(guarded: Handler, handler: Handler, arguments: Arguments, mark: str) -> Guarded:
    async def safely(self: rx.State, /, *given: object, **named: object) -> object:
        with correlated(new_correlation_id()):
            try:
                return await guarded(self, *given, **named)
            except SignedOut:
                return await _to_login(self)
            except Refusal as refusal:
                await _say(self, refusal.sentence)
            except (ValidationError, _NotArguments):
                log.warning("an event with wrong arguments", handler=handler.__qualname__)
                await _say(self, NOT_UNDERSTOOD)
            except (Busy, Unavailable, *CONNECTION_ERRORS):
                log.warning("an event while the database is away", handler=handler.__qualname__)
                await _say(self, AWAY)
            except Exception:
                log.exception("an event failed", handler=handler.__qualname__)
                await _say(self, NOT_UNDERSTOOD)
            return None

    for name in ("__name__", "__qualname__", "__module__", "__doc__"):
        setattr(safely, name, getattr(handler, name))
    # Reflex maps arguments by the signature. It would convert them by the annotations, so there are none.
    parameters = [
        inspect.Parameter(name, inspect.Parameter.POSITIONAL_OR_KEYWORD)
        for name in ("self", *arguments.model_fields)
    ]
    setattr(safely, "__signature__", inspect.Signature(parameters))  # noqa: B010 # unknown to the type
    safely.__annotations__ = {}
    setattr(safely, MARK, mark)
    return cast("Guarded", safely)


async def _say(state: rx.State, sentence: str) -> None:
    said = await state.get_state(Said)
    said._say(sentence)


async def _to_login(state: rx.State) -> object:
    here = state.router.url
    await forget(state)
    return rx.redirect(f"/login?next={quote(here.path + ('?' + here.query if here.query else ''), safe='/')}")
