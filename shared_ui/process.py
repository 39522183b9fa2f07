"""Run one of the web apps as a process: pages built, database reached, port served."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

from starlette.types import ASGIApp

from runtime.logs import configure
from runtime.page_build import PageBuildFailed, build_if_needed, enter_built_pages
from runtime.serving import serve
from settings import ROOT, settings_or_exit
from shared_db.address import database_address

CreateApp = Callable[[str, Path], ASGIApp]


def run(name: str, create_app: CreateApp, *, port_variable: str) -> None:
    """Until told to stop. `create_app` takes the database's URL and the folder of the built pages.

    With `--built` on the command line the pages are served as they were built last.
    """
    configure(name)
    here = settings_or_exit()
    if "--built" not in sys.argv[1:]:
        try:
            build_if_needed(name, data=here.folder, root=ROOT)
        except PageBuildFailed as refused:
            sys.exit(str(refused))
    pages = enter_built_pages(name, data=here.folder)
    port: int = getattr(here, port_variable.lower())
    with database_address() as database_url:
        serve(
            create_app(database_url, pages),
            host=here.bind_host,
            port=port,
            port_variable=port_variable,
            is_behind_proxy=here.trusted_proxy_hops > 0,
        )
