"""The wallet's ASGI application: pages, forms and REST API behind one port."""

from __future__ import annotations

from pathlib import Path

from starlette.types import ASGIApp

from runtime.probes import Ready
from settings import settings
from shared_db.solvency import takes_money_in
from shared_ui.gate import Gate
from shared_ui.serving import API, FILES, FORMS, one_port


def create_app(database_url: str, pages: Path) -> ASGIApp:
    """`pages` is the folder of the built ones; Reflex is imported here, once its environment is set."""
    from shared_ui.guarded import live
    from shared_ui.pages_app import pages_app
    from shared_ui.services import open_for_pages, the_door
    from user_app.api.app import create_api
    from user_app.files import files
    from user_app.gate_rules import RULES
    from user_app.sign_forms import sign_forms
    from user_app.user_app import app

    api = create_api(database_url, opened=open_for_pages)

    async def is_ready() -> Ready:
        return await takes_money_in(api.services.database)()

    return one_port(
        pages_app(app, name="user_app", pages=pages, database_url=database_url, live=live, door=the_door),
        pages=pages,
        is_ready=is_ready,
        settings=settings(),
        gate=lambda built: Gate(built, door=the_door, rules=RULES),
        besides={API: api, FORMS: sign_forms(), FILES: files()},
        first=api,
        with_camera=frozenset({"/scan"}),
    )
