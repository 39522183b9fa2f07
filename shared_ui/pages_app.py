"""Reflex's application as both web apps use it: it hears of changes, its tabs may move, and its socket has a door."""

from __future__ import annotations

from pathlib import Path

import reflex as rx
from prometheus_client import Gauge
from starlette.types import ASGIApp

from settings import settings
from shared_ui.door import TheDoor
from shared_ui.live import Live
from shared_ui.moving_tabs import let_tabs_move
from shared_ui.other_releases import OtherReleases
from shared_ui.socket_door import KeysOfVisitors, stand_before_events

_OPEN_PAGES = Gauge("batua_open_pages", "Pages that hang on this process by their websocket.")


def pages_app(
    app: rx.App, *, name: str, pages: Path, database_url: str, live: Live, door: TheDoor
) -> ASGIApp:
    """`name` is the web app's, `pages` the folder of its built ones."""

    async def listen_for_changes() -> None:
        await live.run(app, database_url)

    async def take_over_tabs() -> None:
        await let_tabs_move(app)

    app.register_lifespan_task(listen_for_changes)
    app.register_lifespan_task(take_over_tabs)
    redis_url = settings().redis_url
    if redis_url is None:
        built = app()
    else:
        releases = OtherReleases(name=name, folder=pages, redis_url=redis_url.get_secret_value())

        async def lay_our_files() -> None:
            await releases.lay_ours()

        app.register_lifespan_task(lay_our_files)
        built = releases.in_front_of(app())
    stand_before_events(app, door)
    _OPEN_PAGES.set_function(lambda: _open_pages(app))
    return KeysOfVisitors(built, door=door)


def _open_pages(app: rx.App) -> int:
    if app.event_namespace is None:
        return 0
    manager = app.event_namespace._token_manager
    # With a Redis it may know of sockets that hang elsewhere.
    return sum(one.instance_id == manager.instance_id for one in list(manager.token_to_socket.values()))
