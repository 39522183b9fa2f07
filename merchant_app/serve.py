"""The merchants' ASGI application: their pages behind one port."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

from starlette.types import ASGIApp

from settings import settings
from shared_db.connection import Database
from shared_db.solvency import takes_money_in
from shared_ui.serving import one_port


def create_app(database_url: str, pages: Path) -> ASGIApp:
    """`pages` is the folder of the built ones; Reflex is imported here, once its environment is set."""
    from merchant_app.merchant_app import app

    database = Database(database_url)

    @asynccontextmanager
    async def close_database() -> AsyncGenerator[None]:
        yield
        await database.close()

    app.register_lifespan_task(close_database)
    return one_port(app(), pages=pages, is_ready=takes_money_in(database), settings=settings())
