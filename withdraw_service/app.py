"""The worker's loops, and the small server that says how it is."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.types import ASGIApp

from bank_api.adapters import ADAPTERS
from bank_api.client import BankClient
from runtime.batcher import Unavailable
from runtime.logs import logger
from runtime.probes import Probes
from settings import BANKS, BankSettings, Settings
from shared_db.connection import CONNECTION_ERRORS, Database
from shared_db.notices import Notices
from shared_db.solvency import sends_money_out
from wallet.send_withdrawals import Lanes
from wallet.settle_withdrawal import WithdrawalSettlement
from wallet.sweep_on_ramps import sweep
from wallet.watch_banks import show_banks
from wallet.watch_books import Watch

log = logger(__name__)
_SWEEP_EVERY_SECONDS = 0.5
_LOOK_INTO_LANES_EVERY_SECONDS = 0.05
_WATCH_EVERY_SECONDS = 1.0
_LOOK_AT_BANKS_EVERY_SECONDS = 5.0


def create_app(settings: Settings, database_url: str) -> ASGIApp:
    """Sends withdrawals, asks about payments and watches our books while it serves.

    A stop waits for the calls under way; one that is cut off is asked about again later.
    """
    database = Database(database_url)
    notices = Notices(database)
    settlement = WithdrawalSettlement(
        database, notices, {name: ADAPTERS[name].payout_contract for name in BANKS}
    )

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncGenerator[None]:
        stop = asyncio.Event()
        banks = {name: _client(settings.bank(name)) for name in BANKS}
        lanes = [
            Lanes(name, bank, database, settlement, _our_name(), ADAPTERS[name].breaker_rules)
            for name, bank in banks.items()
        ]
        # Loops of its own for each bank: a slow one keeps nobody waiting for another.
        loops = [
            asyncio.create_task(
                _repeat_until(
                    stop, lambda one={name: bank}: sweep(database, one, notices), _SWEEP_EVERY_SECONDS
                )
            )
            for name, bank in banks.items()
        ] + [
            asyncio.create_task(_repeat_until(stop, one.take_some, _LOOK_INTO_LANES_EVERY_SECONDS))
            for one in lanes
        ]
        loops += [
            asyncio.create_task(_repeat_until(stop, Watch(database).look, _WATCH_EVERY_SECONDS)),
            asyncio.create_task(
                _repeat_until(stop, lambda: show_banks(database), _LOOK_AT_BANKS_EVERY_SECONDS)
            ),
        ]
        try:
            yield
        finally:
            stop.set()
            await asyncio.gather(*loops, return_exceptions=True)
            await asyncio.gather(*(one.drain() for one in lanes), return_exceptions=True)
            await settlement.drain()
            for bank in banks.values():
                await bank.aclose()
            await notices.drain()
            # A pool left open keeps its process alive.
            await database.close()

    token = settings.metrics_token
    return Probes(
        Starlette(lifespan=lifespan),
        is_ready=sends_money_out(database),
        is_prod=settings.is_prod,
        metrics_token=token.get_secret_value() if token else None,
    )


def _client(bank: BankSettings) -> BankClient:
    return BankClient(bank.api_url, bank.api_key.get_secret_value())


def _our_name() -> str:
    """For whoever reads the lanes."""
    return f"{socket.gethostname()}:{os.getpid()}"


async def _repeat_until(
    stop: asyncio.Event, turn: Callable[[], Awaitable[int]], pause_seconds: float
) -> None:
    """Take turns; one that found nothing to do is followed by a pause."""
    while not stop.is_set():
        if not await _safely(turn):
            await _wait(stop, pause_seconds)


async def _safely(turn: Callable[[], Awaitable[int]]) -> int:
    try:
        return await turn()
    except (Unavailable, *CONNECTION_ERRORS):
        log.warning("the database is away; work goes on when it is back")
    except Exception:
        log.exception("a turn failed; the next one is due in a moment")
    return 0


async def _wait(stop: asyncio.Event, seconds: float) -> None:
    try:
        await asyncio.wait_for(stop.wait(), seconds)
    except TimeoutError:
        return
