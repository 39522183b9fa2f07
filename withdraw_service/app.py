"""The worker's loop, and the small server that says how it is."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.types import ASGIApp

from bank_api.client import BankClient
from runtime.batcher import Unavailable
from runtime.logs import logger
from runtime.probes import Probes
from settings import BANKS, BankSettings, Settings
from shared_db.connection import Database
from shared_db.notices import Notices
from wallet.sweep_on_ramps import sweep

log = logger(__name__)
_LOOK_EVERY_SECONDS = 0.5


def create_app(settings: Settings, database_url: str) -> ASGIApp:
    """Sweeps while it serves. A stop waits for the calls under way; one that is cut off is asked again later."""
    database = Database(database_url)
    notices = Notices(database)

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncGenerator[None]:
        stop = asyncio.Event()
        banks = {name: _client(settings.bank(name)) for name in BANKS}
        # One loop for each bank: a slow one keeps nobody waiting for another.
        loops = [
            asyncio.create_task(_sweep_until(stop, database, {name: bank}, notices))
            for name, bank in banks.items()
        ]
        try:
            yield
        finally:
            stop.set()
            await asyncio.gather(*loops, return_exceptions=True)
            for bank in banks.values():
                await bank.aclose()
            await notices.drain()
            # A pool left open keeps its process alive.
            await database.close()

    token = settings.metrics_token
    return Probes(
        Starlette(lifespan=lifespan),
        is_ready=database.is_reachable,
        is_prod=settings.is_prod,
        metrics_token=token.get_secret_value() if token else None,
    )


def _client(bank: BankSettings) -> BankClient:
    return BankClient(bank.api_url, bank.api_key.get_secret_value())


async def _sweep_until(
    stop: asyncio.Event, database: Database, banks: Mapping[str, BankClient], notices: Notices
) -> None:
    while not stop.is_set():
        if not await _swept_some(database, banks, notices):
            await _wait(stop)


async def _swept_some(database: Database, banks: Mapping[str, BankClient], notices: Notices) -> bool:
    try:
        return await sweep(database, banks, notices) > 0
    except Unavailable:
        log.warning("the database is away; sweeping goes on when it is back", banks=list(banks))
    except Exception:
        log.exception("a sweep failed; the next one is due in a moment", banks=list(banks))
    return False


async def _wait(stop: asyncio.Event) -> None:
    try:
        await asyncio.wait_for(stop.wait(), _LOOK_EVERY_SECONDS)
    except TimeoutError:
        return
