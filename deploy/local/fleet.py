"""Start two of each on loopback and look after them: `running_fleet`."""

from __future__ import annotations

import asyncio
import os
import re
import socket
import threading
import time
from collections.abc import Generator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path

from deploy.local.children import LOOK_EVERY_SECONDS, READY_WITHIN_SECONDS, FleetRefused, why
from deploy.local.member import SERVICES, WEB_APPS
from deploy.local.names import Names
from deploy.local.processes import PROXIED, Fleet
from runtime.dev_secrets import fill_in, read
from runtime.page_build import build_if_needed
from runtime.ports import free_port
from settings import ROOT
from shared_db.embedded_postgres import ensure_running
from shared_db.migrate import migrate
from wallet.demo import create_demo_accounts

_DATABASE_EVERY_SECONDS = 1.0
_OURS = re.compile(
    r"(BATUA|DATABASE|HDFC|AXIS|PUBLIC|JWT|API|REDIS|RATE|BANK|BIND|GOOGLE|GITHUB|PROXY|METRICS|TRUSTED)_"
    r"|.*_(APP|SERVER|BANK|SERVICE)_(PORT|HOST)$"
)


@contextmanager
def running_fleet(
    folder: Path,
    *,
    settings: Mapping[str, str] | None = None,
    doors: Mapping[str, int] | None = None,
    tls: bool = False,
    demo: bool = False,
    each: int = 2,
) -> Generator[Fleet]:
    """Start everything with its data in `folder`, `each` of a service; stop all of it when the block ends.

    `doors` are ports that the proxy shall have; the others are free ones. With `demo` the demo accounts are there.
    Raises FleetRefused, ToolMissing,
    DatabaseRefused, PageBuildFailed.
    """
    (folder / "logs").mkdir(parents=True, exist_ok=True)
    secrets = read(fill_in(folder))
    for app in WEB_APPS:
        build_if_needed(app, data=folder, root=ROOT)
    with ExitStack() as stack:
        password = secrets["DATABASE_PASSWORD"]
        database = stack.enter_context(ensure_running(folder / "postgres", password=password, port=None))
        migrate(database.url)
        if demo:
            # Apart: whoever starts a fleet may run in an event loop of its own.
            with ThreadPoolExecutor(1) as apart:
                apart.submit(lambda: asyncio.run(create_demo_accounts(database.url))).result()
        fleet = Fleet(
            folder=folder,
            doors={name: (doors or {}).get(name) or free_port() for name in (*PROXIED, "dummy_bank")},
            scheme="https" if tls else "http",
            database=database,
            redis_port=free_port(),
            given={**_of_the_system(), **(settings or {})},
            ports={name: free_port("127.0.0.2") for name in SERVICES},
        )
        stack.callback(fleet.stop)
        fleet.start(stack.enter_context(Names(fleet.there)), each)
        watching = threading.Event()
        thread = threading.Thread(target=_watch, args=(fleet, watching), daemon=True)
        thread.start()
        # Stopped first: whoever stops the processes must not have them started again.
        stack.callback(thread.join)
        stack.callback(watching.set)
        fleet.wait_until_ready()
        _wait_for_doors(fleet)
        yield fleet


def _watch(fleet: Fleet, stopped: threading.Event) -> None:
    look_at_database = 0.0
    while not stopped.wait(LOOK_EVERY_SECONDS):
        fleet.look_after()
        if time.monotonic() > look_at_database:
            look_at_database = time.monotonic() + _DATABASE_EVERY_SECONDS
            if not fleet.database.is_alive():
                fleet.database.restart_if_dead()


def _wait_for_doors(fleet: Fleet) -> None:
    until = time.monotonic() + READY_WITHIN_SECONDS
    for name in PROXIED:
        while not _answers(fleet.doors[name]):
            if time.monotonic() > until:
                raise FleetRefused(why(fleet.other("proxy")))
            time.sleep(LOOK_EVERY_SECONDS)


def _answers(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


def _of_the_system() -> dict[str, str]:
    """What is set here and is no setting of ours: a fleet knows only those it is given."""
    return {name: value for name, value in os.environ.items() if not _OURS.match(name)}
