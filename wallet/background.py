"""Work that goes on after the answer, so that nobody can tell from the answer's time what there was to do."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from runtime.batcher import Busy
from runtime.logs import logger

log = logger(__name__)
_AT_ONCE = 4
"""Each may hold a connection, and the answers need some as well."""
_MOST_WAITING = 1_000


class Background:
    """One per process and event loop; drained before the database is closed."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[None]] = set()
        self._turn = asyncio.Semaphore(_AT_ONCE)
        self._closed = False

    def start(self, work: Callable[[], Awaitable[None]]) -> None:
        """Do it in a moment; what goes wrong is logged. Raises Busy when too much waits, or the process stops."""
        if self._closed or len(self._tasks) >= _MOST_WAITING:
            raise Busy
        task = asyncio.create_task(self._do(work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def drain(self) -> None:
        """Take nothing more, and return when everything taken is done."""
        self._closed = True
        while self._tasks:
            await asyncio.wait(self._tasks)

    async def _do(self, work: Callable[[], Awaitable[None]]) -> None:
        async with self._turn:
            try:
                await work()
            except Exception:
                # Nobody waits for it any more, whatever it is.
                log.exception("work after the answer failed")
