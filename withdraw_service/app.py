"""The worker's loops, and the small server that says how it is."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from functools import partial

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
from wallet.reconcile_nightly import Nights
from wallet.send_withdrawals import Lanes
from wallet.settle_shops import Settlements
from wallet.settle_withdrawal import WithdrawalSettlement
from wallet.sweep_on_ramps import sweep
from wallet.watch_banks import show_banks
from wallet.watch_books import Watch
from wallet.watch_queues import show_queues

log = logger(__name__)
_SWEEP_EVERY_SECONDS = 0.5
_LOOK_INTO_LANES_EVERY_SECONDS = 0.05
_LOOK_FOR_A_NIGHT_EVERY_SECONDS = 60
_WATCH_EVERY_SECONDS = 1.0
_LOOK_AT_BANKS_EVERY_SECONDS = 5.0
_LOOK_FOR_SETTLEMENTS_EVERY_SECONDS = 2.0
_LOOK_AT_QUEUES_EVERY_SECONDS = 10.0


def create_app(settings: Settings, database_url: str) -> ASGIApp:
    """Sends withdrawals, makes shops' settlements, asks about payments, watches our books while it serves.

    Each night it compares them with the banks'.
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
            asyncio.create_task(_repeat_until(stop, turn, pause_seconds))
            for turn, pause_seconds in _turns(database, notices, banks)
        ] + [asyncio.create_task(_work_on(one, stop)) for one in lanes]
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


def _turns(
    database: Database, notices: Notices, banks: Mapping[str, BankClient]
) -> Iterator[tuple[Callable[[], Awaitable[int]], float]]:
    """Every turn beside the lanes that is taken again and again, and the pause after one that found nothing to do."""
    for name, bank in banks.items():
        yield partial(sweep, database, {name: bank}, notices), _SWEEP_EVERY_SECONDS
        yield partial(_take_now, Nights(name, bank, database)), _LOOK_FOR_A_NIGHT_EVERY_SECONDS
    yield (
        partial(_take_now, Settlements(database, notices, tuple(banks))),
        _LOOK_FOR_SETTLEMENTS_EVERY_SECONDS,
    )
    yield Watch(database).look, _WATCH_EVERY_SECONDS
    yield partial(show_banks, database), _LOOK_AT_BANKS_EVERY_SECONDS
    yield partial(show_queues, database), _LOOK_AT_QUEUES_EVERY_SECONDS


async def _take_now(due: Nights | Settlements) -> int:
    return await due.take(datetime.now(UTC))


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


async def _work_on(lanes: Lanes, stop: asyncio.Event) -> None:
    """Take lanes; when none is due, look again once a call of ours has ended, or soon for others' sake."""
    while not stop.is_set():
        if not await _safely(lanes.take_some):
            await lanes.wait(_LOOK_INTO_LANES_EVERY_SECONDS)


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
