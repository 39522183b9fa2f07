"""Keeps open pages up to date: whoever's rows have changed, their tabs are painted anew.

A lost notice costs a repaint and nothing else: pages read again when they load, get the focus, or reconnect, and
after every gap in the listening all of them are painted.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import NamedTuple, Protocol

import reflex as rx

from runtime.batcher import Unavailable
from runtime.logs import logger
from shared_db.connection import CONNECTION_ERRORS
from shared_db.notices import listen
from shared_ui.door import TheDoor
from shared_ui.said import Said, forget
from wallet.caller import Caller

log = logger(__name__)
_READS_AT_ONCE = 4


class LivePart(Protocol):
    """A State that can read itself anew."""

    async def _repaint(self, caller: Caller) -> None: ...


class _Tab(NamedTuple):
    caller: Caller
    socket_id: str
    parts: Sequence[type[rx.State]]


class Live:
    """The open pages of one process of one web app."""

    def __init__(self, door: TheDoor) -> None:
        self._app: rx.App | None = None
        self._door = door
        self._tabs: dict[str, _Tab] = {}
        self._waiting: set[str] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._reading = asyncio.Semaphore(_READS_AT_ONCE)

    def watch(self, state: rx.State, caller: Caller, *parts: type[rx.State]) -> None:
        """Keep these parts of the page, which has just been loaded, up to date from now on."""
        session = state.router.session
        self._tabs[session.client_token] = _Tab(caller, session.session_id, parts)

    async def run(self, app: rx.App, url: str) -> None:
        """Paint the pages of this app, until cancelled."""
        self._app = app
        try:
            await listen(url, on_owners=self._owners_changed, on_gap=self._all_changed)
        finally:
            for task in self._tasks:
                task.cancel()

    async def _owners_changed(self, owners: set[bytes]) -> None:
        for token, tab in list(self._tabs.items()):
            if tab.caller.owner_id.bytes in owners:
                self._begin(token)

    async def _all_changed(self) -> None:
        for token in list(self._tabs):
            self._begin(token)

    def _begin(self, token: str) -> None:
        if token in self._waiting:
            return
        self._waiting.add(token)
        task = asyncio.create_task(self._paint(token))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _paint(self, token: str) -> None:
        # From here on, whatever changes needs another turn.
        self._waiting.discard(token)
        try:
            await self._paint_now(token)
        except (Unavailable, *CONNECTION_ERRORS):
            log.warning("a page could not be painted: the database is away")
        except Exception:
            log.exception("a page could not be painted")

    async def _paint_now(self, token: str) -> None:
        tab = self._tabs.get(token)
        if tab is None:
            return
        app = self._app
        if (
            app is None
            or app.event_namespace is None
            or app.event_namespace.token_to_sid.get(token) != tab.socket_id
        ):
            # Whoever comes back loads the page, and is watched again.
            del self._tabs[token]
            return
        async with self._reading:
            is_live = tab.caller.session_id in await self._door().sessions.still_live([tab.caller.session_id])
        # A tab that is busy keeps its State to itself for a while, and must not keep the others from theirs.
        async with app.modify_state(rx.BaseStateToken(ident=token, cls=Said)) as state:
            if not is_live:
                self._tabs.pop(token, None)
                await forget(state)
                said = await state.get_state(Said)
                said.has_ended = True
                return
            for part in tab.parts:
                one: LivePart = await state.get_state(part)  # pyright: ignore[reportAssignmentType] # `watch` says so
                async with self._reading:
                    await one._repaint(tab.caller)
