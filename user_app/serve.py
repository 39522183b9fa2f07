"""The wallet's ASGI application: pages and REST API behind one port."""

from __future__ import annotations

from pathlib import Path

from starlette.types import ASGIApp

from settings import settings
from shared_ui.serving import one_port


def create_app(database_url: str, pages: Path) -> ASGIApp:
    """`pages` is the folder of the built ones; Reflex is imported here, once its environment is set."""
    from user_app.api.app import create_api
    from user_app.user_app import app

    api = create_api(database_url)

    async def is_ready() -> bool:
        return await api.state.services.database.is_reachable()

    return one_port(app(), pages=pages, api=api, is_ready=is_ready, settings=settings())
