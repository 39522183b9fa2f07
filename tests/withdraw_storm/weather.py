"""The storm: a worker is killed every second, everybody else now and then, while the banks have every fault."""

from __future__ import annotations

import asyncio
import contextlib
import random
import sys
import time
from collections import Counter
from collections.abc import Awaitable, Callable

from tests.withdraw_storm.house import BANK, EVERYBODY, WEBHOOKS, House
from tests.withdraw_storm.plan import DESKS, WORKERS, Plan

_WORKER_EVERY_SECONDS = 1.0
_FREEZE_EVERY_SECONDS = 7.0
_FROZEN_SECONDS = 24.0
"""Longer than a lease."""
_LONG_ENOUGH_TO_FREEZE_SECONDS = 60.0
_DOWN_SECONDS = 0.7


class Storm:
    """`kills` counts by kind."""

    def __init__(self, house: House, plan: Plan) -> None:
        self.kills = Counter[str]()
        self._house = house
        self._plan = plan
        self._dice = random.Random(f"{plan.seed} kills")
        self._frozen = ""
        self._is_over = asyncio.Event()

    async def rage(self) -> None:
        """Kill for as long as planned, and see that everybody stands again."""
        await self._house.break_banks(**self._plan.faults)
        seconds = self._plan.seconds
        # A short storm has each at least once.
        rounds = [
            self._every(_WORKER_EVERY_SECONDS, self._kill_a_worker),
            self._every(min(13.0, seconds * 0.4), self._kill_the_bank),
            self._every(min(17.0, seconds * 0.55), self._kill_the_webhook_server),
            self._every(min(9.0, seconds * 0.35), self._kill_a_desk),
            self._every(min(23.0, seconds * 0.6), self._kill_the_database),
        ]
        # A bank that pays a reference twice has a worker's word that no call begins so late.
        if seconds >= _LONG_ENOUGH_TO_FREEZE_SECONDS and self._plan.is_idempotent:
            rounds.append(self._every(_FREEZE_EVERY_SECONDS, self._freeze_a_worker))
        async with asyncio.TaskGroup() as everybody:
            for one in rounds:
                everybody.create_task(one)
            await asyncio.sleep(seconds)
            self._is_over.set()
        for name in EVERYBODY:
            await self._house.is_ready(name)

    async def _every(self, seconds: float, do: Callable[[], Awaitable[None]]) -> None:
        """Until it is over; what has begun is finished."""
        while not self._is_over.is_set():
            try:
                await asyncio.wait_for(self._is_over.wait(), seconds)
            except TimeoutError:
                await do()

    async def _kill_a_worker(self) -> None:
        self._house.kill_and_start(self._a_worker())
        self.kills["worker"] += 1

    async def _kill_the_bank(self) -> None:
        self._house.kill(BANK)
        self.kills["bank"] += 1
        await asyncio.sleep(_DOWN_SECONDS)
        self._house.start(BANK)

    async def _kill_the_webhook_server(self) -> None:
        self._house.kill_and_start(WEBHOOKS)
        self.kills["webhook server"] += 1

    async def _kill_a_desk(self) -> None:
        self._house.kill_and_start(self._dice.choice(DESKS))
        self.kills["desk"] += 1

    async def _kill_the_database(self) -> None:
        began = time.monotonic()
        # In a thread: it waits. No process that is tied to ours is started by it.
        await asyncio.to_thread(self._house.kill_the_database)
        self.kills["database"] += 1
        say(f"the database was killed, and back {time.monotonic() - began:.1f} s later")

    async def _freeze_a_worker(self) -> None:
        self._frozen = self._a_worker()
        self._house.freeze(self._frozen)
        self.kills["freeze"] += 1
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._is_over.wait(), _FROZEN_SECONDS)
        self._house.thaw(self._frozen)
        self._frozen = ""

    def _a_worker(self) -> str:
        return self._dice.choice([one for one in WORKERS if one != self._frozen])


def say(text: str) -> None:
    """Standard output is for the result."""
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()
