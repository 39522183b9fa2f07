"""Group work that arrives together into one flush, and give each caller its own outcome.

There is no artificial delay: while one flush runs, whatever arrives waits and forms the next. A lone caller
pays for one call; a crowd shares one commit.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

from prometheus_client import Histogram

from runtime.logs import logger

Item = TypeVar("Item")
Outcome = TypeVar("Outcome")
Flush = Callable[[Sequence[Item]], Awaitable[Sequence[Outcome]]]

log = logger(__name__)
_size = Histogram(
    "batua_batch_size", "Items in one flush", ["batcher"], buckets=(1, 2, 5, 10, 20, 50, 100, 200)
)
_seconds = Histogram("batua_batch_seconds", "Seconds one flush took", ["batcher"])


class Busy(Exception):
    """We are very busy at the moment. Nothing has happened; please try again."""


class Unavailable(Exception):
    """What we write to cannot be reached just now. Nothing is known to have happened; the caller may ask again."""


class Batcher(Generic[Item, Outcome]):
    """An asyncio batcher for one event loop.

    `flush` takes 1 to `largest` items and returns one outcome each, in the same order; it must be safe to
    call again with the same items, because a batch that fails is tried item by item, so that one bad item
    never takes its neighbours with it. Only Unavailable fails all at once: asking again would only queue.
    """

    def __init__(
        self,
        name: str,
        flush: Flush[Item, Outcome],
        *,
        largest: int = 128,
        flushers: int = 1,
        most_waiting: int = 5_000,
    ) -> None:
        self._flush = flush
        self._largest = largest
        self._flushers = flushers
        self._most_waiting = most_waiting
        self._waiting: deque[tuple[Item, asyncio.Future[Outcome]]] = deque()
        self._running: set[asyncio.Task[None]] = set()
        self._closed = False
        self._size = _size.labels(name)
        self._seconds = _seconds.labels(name)

    async def submit(self, item: Item) -> Outcome:
        """The outcome of this item, once it is committed.

        Raises Busy before anything is done when too much waits or the process is stopping, and whatever
        `flush` raises for this item alone. A cancelled caller does not cancel the item.
        """
        if self._closed or len(self._waiting) >= self._most_waiting:
            raise Busy
        future: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        self._waiting.append((item, future))
        if len(self._running) < self._flushers:
            self._start()
        # A caller that leaves cancels this future only; the item is in the queue and stays there.
        return await future

    async def drain(self) -> None:
        """Take nothing more, and return when everything taken has its outcome."""
        self._closed = True
        while self._running:
            await asyncio.wait(self._running)

    def _start(self) -> None:
        task = asyncio.create_task(self._work())
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def _work(self) -> None:
        while self._waiting:
            count = min(self._largest, len(self._waiting))
            batch = [self._waiting.popleft() for _ in range(count)]
            self._size.observe(count)
            with self._seconds.time():
                await self._settle(batch)

    async def _settle(self, batch: list[tuple[Item, asyncio.Future[Outcome]]]) -> None:
        try:
            outcomes = await self._flush([item for item, _ in batch])
            assert len(outcomes) == len(batch), "a flush returns one outcome for each item"
        except Exception as error:  # noqa: BLE001 # it goes to the callers it belongs to
            if len(batch) == 1 or isinstance(error, Unavailable):
                for _, future in batch:
                    if not future.cancelled():
                        future.set_exception(error)
                return
            log.warning("batch failed, trying item by item", size=len(batch), error=repr(error))
            for one in batch:
                await self._settle([one])
            return
        for (_, future), outcome in zip(batch, outcomes, strict=True):
            if not future.cancelled():
                future.set_result(outcome)
