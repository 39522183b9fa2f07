"""Group work that arrives together into one flush, and give each caller its own outcome.

There is no artificial delay: while one flush runs, whatever arrives waits and forms the next. A lone caller
pays for one call; a crowd shares one commit, or one for each flusher that is free.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

from prometheus_client import Gauge, Histogram

from runtime.logs import logger

Item = TypeVar("Item")
Outcome = TypeVar("Outcome")
Flush = Callable[[Sequence[Item]], Awaitable[Sequence[Outcome]]]
Waiting = tuple[Item, asyncio.Future[Outcome]]

log = logger(__name__)
_size = Histogram(
    "batua_batch_size", "Items in one flush", ["batcher"], buckets=(1, 2, 5, 10, 20, 50, 100, 200)
)
_seconds = Histogram("batua_batch_seconds", "Seconds one flush took", ["batcher"])
_depth = Gauge("batua_batch_waiting", "Items that wait for a flush", ["batcher"])


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
        divides: bool = False,
    ) -> None:
        """`divides`: what waits is divided among the flushers that are free, so that none works while another looks on.

        Items that came together may then be flushed side by side, in any order.
        """
        self._flush = flush
        self._largest = largest
        self._flushers = flushers
        self._divides = divides
        self._most_waiting = most_waiting
        self._waiting: deque[Waiting[Item, Outcome]] = deque()
        self._workers = 0
        """Counted by the workers themselves: one that found nothing more is gone before anybody submits again."""
        self._busy = 0
        """How many of them are flushing."""
        self._tasks: set[asyncio.Task[None]] = set()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._closed = False
        self._size = _size.labels(name)
        self._seconds = _seconds.labels(name)
        _depth.labels(name).set_function(lambda: len(self._waiting))

    async def submit(self, item: Item) -> Outcome:
        """The outcome of this item, once it is committed.

        Raises Busy before anything is done when too much waits or the process is stopping, and whatever
        `flush` raises for this item alone. A cancelled caller does not cancel the item.
        """
        if self._closed or len(self._waiting) >= self._most_waiting:
            raise Busy
        # Asked for once: Python 3.11 makes a system call of each such question (a twentieth of a webhook's time).
        self._loop = self._loop or asyncio.get_running_loop()
        future: asyncio.Future[Outcome] = self._loop.create_future()
        self._waiting.append((item, future))
        if self._workers < self._flushers:
            self._start()
        # A caller that leaves cancels this future only; the item is in the queue and stays there.
        return await future

    async def drain(self) -> None:
        """Take nothing more, and return when everything taken has its outcome.

        Once the database is away, whatever still waits gets Unavailable: a stopping process does not try again.
        """
        self._closed = True
        while self._tasks or self._waiting:
            if self._waiting and self._workers < self._flushers:
                self._start()
            await asyncio.wait(self._tasks)

    def _start(self) -> None:
        self._workers += 1
        task = asyncio.create_task(self._work())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _work(self) -> None:
        try:
            while self._waiting:
                takers = self._flushers - self._busy if self._divides else 1
                count = min(self._largest, -(-len(self._waiting) // takers))
                batch = [self._waiting.popleft() for _ in range(count)]
                self._size.observe(count)
                self._busy += 1
                try:
                    with self._seconds.time():
                        is_there = await self._settle(batch)
                finally:
                    self._busy -= 1
                if self._closed and not is_there:
                    self._fail([self._waiting.popleft() for _ in range(len(self._waiting))], Unavailable())
        finally:
            self._workers -= 1

    async def _settle(self, batch: Sequence[Waiting[Item, Outcome]]) -> bool:
        """Give every item of the batch its outcome; whether what we write to was there."""
        try:
            outcomes = await self._flush([item for item, _ in batch])
            assert len(outcomes) == len(batch), "a flush returns one outcome for each item"
        except Unavailable as error:
            self._fail(batch, error)
            return False
        except Exception as error:  # noqa: BLE001 # it goes to the callers it belongs to
            if len(batch) == 1:
                self._fail(batch, error)
                return True
            log.warning("batch failed, trying item by item", size=len(batch), error=repr(error))
            for place, one in enumerate(batch):
                if not await self._settle([one]):
                    self._fail(batch[place + 1 :], Unavailable())
                    return False
            return True
        for (_, future), outcome in zip(batch, outcomes, strict=True):
            if not future.done():
                future.set_result(outcome)
        return True

    def _fail(self, batch: Sequence[Waiting[Item, Outcome]], error: Exception) -> None:
        for _, future in batch:
            if not future.done():
                future.set_exception(error)
