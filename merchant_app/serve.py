"""The merchants' ASGI application: pages and forms behind one port."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

from starlette.applications import Starlette
from starlette.types import ASGIApp

from merchant_app.providers import close_providers, open_providers
from runtime.probes import Ready
from settings import settings
from shared_db.solvency import takes_money_in
from shared_ui.gate import Gate
from shared_ui.services import WebApp, open_for_pages, open_services, the_door, the_services
from shared_ui.serving import FILES, FORMS, one_port

_APP = WebApp(name="merchant_app", home="/dashboard", public_url=lambda given: given.merchant_url)


def create_app(database_url: str, pages: Path) -> ASGIApp:
    """`pages` is the folder of the built ones; Reflex is imported here, once its environment is set."""
    from merchant_app.code_files import CODE, code_files
    from merchant_app.files import files
    from merchant_app.gate_rules import RULES
    from merchant_app.merchant_app import app
    from merchant_app.sign_forms import sign_forms
    from shared_ui.guarded import live
    from shared_ui.pages_app import pages_app

    @asynccontextmanager
    async def with_services(_app: Starlette) -> AsyncGenerator[None]:
        services = open_services(_APP, settings(), database_url)
        open_for_pages(services)
        open_providers(settings())
        try:
            yield
        finally:
            await close_providers()
            await services.close()

    async def is_ready() -> Ready:
        return await takes_money_in(the_services().database)()

    return one_port(
        pages_app(app, name="merchant_app", pages=pages, database_url=database_url, live=live, door=the_door),
        pages=pages,
        is_ready=is_ready,
        settings=settings(),
        gate=lambda built: Gate(built, door=the_door, rules=RULES),
        besides={FORMS: sign_forms(), FILES: files(), CODE: code_files()},
        # Around the pages' own lifespan: what they work with is open before the first of them is asked for.
        first=Starlette(lifespan=with_services),
    )
