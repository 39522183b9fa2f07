"""The worker's loop, and the small server that says how it is."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.types import ASGIApp

from bank_api.client import BankClient
from runtime.batcher import Unavailable
from runtime.logs import logger
from runtime.probes import Probes
from settings import BANKS, Settings
from shared_db.connection import Database
from wallet.sweep_on_ramps import sweep

log = logger(__name__)
_LOOK_EVERY_SECONDS = 0.5


def create_app(settings: Settings, database_url: str) -> ASGIApp:
    """Sweeps while it serves; its lifespan finishes the calls under way before it ends."""
    database = Database(database_url)

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncGenerator[None]:
        stop = asyncio.Event()
        loop = asyncio.create_task(_sweep_until(stop, settings, database))
        yield
        stop.set()
        await loop
        await database.close()

    token = settings.metrics_token
    return Probes(
        Starlette(lifespan=lifespan),
        is_ready=database.is_reachable,
        is_prod=settings.is_prod,
        metrics_token=token.get_secret_value() if token else None,
    )


async def _sweep_until(stop: asyncio.Event, settings: Settings, database: Database) -> None:
    banks = {
        name: BankClient(bank.api_url, bank.api_key.get_secret_value())
        for name, bank in ((name, settings.bank(name)) for name in BANKS)
    }
    try:
        while not stop.is_set():
            if not await _swept_some(database, banks):
                await _wait(stop)
    finally:
        for bank in banks.values():
            await bank.aclose()


async def _swept_some(database: Database, banks: dict[str, BankClient]) -> bool:
    try:
        return await sweep(database, banks) > 0
    except Unavailable:
        log.warning("the database is away; sweeping goes on when it is back")
    except Exception:
        # One payment that cannot be swept must not end the loop for all others: its lease brings it back.
        log.exception("a sweep failed")
    return False


async def _wait(stop: asyncio.Event) -> None:
    try:
        await asyncio.wait_for(stop.wait(), _LOOK_EVERY_SECONDS)
    except TimeoutError:
        return
