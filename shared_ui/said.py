"""What every page of both apps keeps about its visitor: one short sentence to them, and whom the rest is meant for."""

from __future__ import annotations

import reflex as rx
from reflex.app import App
from reflex.event import Event
from reflex.middleware.middleware import Middleware
from reflex.state import BaseState, StateUpdate
from reflex_base.constants import CompileVars

from money.errors import SignedOut
from runtime.batcher import Unavailable
from shared_db.connection import CONNECTION_ERRORS
from shared_ui.door import TheDoor


class Said(rx.State):
    """A sentence said once, and never the only record of anything."""

    text: str = ""
    number: int = 0
    """Counts, so that the same sentence said twice shows twice."""
    has_ended: bool = False
    """The session has ended while the page was open."""
    _shown_to: str = ""
    """The session this tab's State was filled for."""

    _back_on: str = ""
    """The address of the page that has connected again without being opened anew."""

    def _say(self, text: str) -> None:
        self.text = text
        self.number += 1


class OneVisitor(Middleware):
    """Empties a tab's State before it is shown to anybody but the session it was filled for.

    A tab keeps its State when a session ends, and shows it again when it connects.
    """

    def __init__(self, door: TheDoor) -> None:
        self._door = door

    async def preprocess(self, app: App, state: BaseState, event: Event) -> StateUpdate | None:  # noqa: ARG002 # Reflex's
        if event.name.rpartition(".")[2] in {"hydrate", "hydrate_and_load"}:
            root = state._get_root_state()
            said = await root.get_state(Said)
            session = await self._session(state.router.headers.cookie)
            # Strangers are not told apart, so nothing is kept for them.
            if not session or said._shown_to != session:
                await forget(root)
                said._shown_to = session
            elif not _is_opened(event):
                said._back_on = str(state.router.url)
                return None
            said._back_on = ""
        return None

    async def _session(self, cookies: str) -> str:
        """Empty: nobody's, or not to be known at the moment."""
        try:
            return str((await self._door().caller(cookies)).session_id)
        except (SignedOut, Unavailable, *CONNECTION_ERRORS):
            return ""


def _is_opened(event: Event) -> bool:
    """A page that is opened says what it was built with; one that has only lost its socket does not."""
    return isinstance(event.payload, dict) and CompileVars.PAYLOAD_HASHES in event.payload


async def is_back(page: rx.State) -> bool:
    """Whether an open page has only lost its socket: what its visitor had chosen and typed still stands there."""
    said = await page.get_state(Said)
    was_on, said._back_on = said._back_on, ""
    return was_on == str(page.router.url)


async def forget(state: BaseState) -> None:
    """Everything the tab has been shown."""
    root = state._get_root_state()
    for part in type(root).get_substates():
        if not part.__module__.startswith("reflex"):
            # From a Redis only those parts are here that the event has asked for.
            (await root.get_state(part)).reset()
