"""What the bank does by itself once its time has come: payouts that become final or come back, late successes.

When it is due stands in the books, so it happens after a restart as well.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable

from dummy_bank import payments, payouts
from dummy_bank.books import Books
from dummy_bank.outbox import Outbox
from runtime.logs import logger

log = logger(__name__)

_LONGEST_SLEEP_SECONDS = 1.0


class Later:
    """`start` it once the books are open."""

    def __init__(self, books: Books, outbox: Outbox, *, clock: Callable[[], float]) -> None:
        self._books = books
        self._outbox = outbox
        self._clock = clock
        self._wake = asyncio.Event()
        self._turning: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._turning = asyncio.create_task(self._turn())

    async def stop(self) -> None:
        if self._turning:
            self._turning.cancel()
            await asyncio.gather(self._turning, return_exceptions=True)

    def wake(self) -> None:
        """Look at once when the next thing is due: there may be a sooner one."""
        self._wake.set()

    async def _turn(self) -> None:
        while True:
            self._wake.clear()
            pause = _LONGEST_SLEEP_SECONDS
            try:
                due_ms = await self._books.read(_next_due_ms)
                if due_ms is not None:
                    pause = min(pause, due_ms / 1000 - self._clock())
                if pause <= 0:
                    await self._books.write(self._do_what_is_due)
                    self._outbox.wake()
                    continue
            except Exception as error:
                log.exception("what is due cannot be done", error=repr(error))
                pause = _LONGEST_SLEEP_SECONDS
            try:
                async with asyncio.timeout(pause):
                    await self._wake.wait()
            except TimeoutError:
                continue

    def _do_what_is_due(self, connection: sqlite3.Connection) -> None:
        now_ms = int(self._clock() * 1000)
        payouts.change_what_is_due(connection, now_ms=now_ms)
        payments.pay_late_successes(connection, now_ms=now_ms)


def _next_due_ms(connection: sqlite3.Connection) -> int | None:
    times = (payouts.next_due_ms(connection), payments.next_late_success_ms(connection))
    return min((time for time in times if time is not None), default=None)
