"""Moving windows in Redis, and while it is away in this process's own memory.

A limit that is open while Redis is away would be an invitation to bring it down and guess passwords; one that is shut
would close the wallet. So each process goes on counting by itself: with two of them a person has twice as many tries,
and no more.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from typing import Protocol, TypeVar, cast

from limits.aio.storage import MovingWindowSupport, RedisStorage, Storage
from redis.asyncio import Redis

from runtime.logs import logger
from wallet.windows_in_memory import WindowsInMemory

log = logger(__name__)
_Result = TypeVar("_Result")
# Every door asks before it works, so nobody may wait long for a Redis that does not answer, nor all of them in turn.
_PATIENCE_SECONDS = 0.5
_NOT_ASKED_FOR_SECONDS = 1.0


class _Bridge(Protocol):
    """The library's own, which it does not type."""

    def get_connection(self) -> Redis: ...


class WindowsInRedis(Storage, MovingWindowSupport):
    """All processes count together while Redis answers."""

    STORAGE_SCHEME = ["windows-in-redis"]  # noqa: RUF012 # as the library declares it

    def __init__(self, url: str, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        # The client that Reflex brings as well; the library's own choice is another, which would come only for this.
        self._shared = RedisStorage(
            f"async+{url}",
            implementation="redispy",
            socket_timeout=_PATIENCE_SECONDS,
            socket_connect_timeout=_PATIENCE_SECONDS,
        )
        self._own = WindowsInMemory()
        self._clock = clock
        self._not_asked_until = 0.0
        self._is_away = False

    async def acquire_entry(self, key: str, limit: int, expiry: int, amount: int = 1) -> bool:
        return await self._first_of(
            lambda windows: windows.acquire_entry(key, limit, expiry, amount),
        )

    async def get_moving_window(self, key: str, limit: int, expiry: int) -> tuple[float, int]:
        return await self._first_of(lambda windows: windows.get_moving_window(key, limit, expiry))

    async def clear(self, key: str) -> None:
        # What was counted here while Redis was away is forgiven as well.
        await self._own.clear(key)
        await self._first_of(lambda windows: windows.clear(key))

    async def reset(self) -> int | None:
        return await self._first_of(lambda windows: windows.reset())

    async def close(self) -> None:
        """End the connections; the next count opens new ones."""
        bridge = cast("_Bridge", self._shared.bridge)
        await bridge.get_connection().aclose()

    async def check(self) -> bool:
        return await self._shared.check()

    @property
    def base_exceptions(self) -> type[Exception] | tuple[type[Exception], ...]:
        return self._shared.base_exceptions

    # Counters of fixed windows, which nothing of ours uses.

    async def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        raise NotImplementedError

    async def get(self, key: str) -> int:
        raise NotImplementedError

    async def get_expiry(self, key: str) -> float:
        raise NotImplementedError

    async def _first_of(
        self, work: Callable[[RedisStorage | WindowsInMemory], Awaitable[_Result]]
    ) -> _Result:
        if self._clock() < self._not_asked_until:
            return await work(self._own)
        try:
            done = await work(self._shared)
        except self._shared.base_exceptions as error:
            self._not_asked_until = self._clock() + _NOT_ASKED_FOR_SECONDS
            if not self._is_away:
                self._is_away = True
                log.warning(
                    "limits are counted in this process alone: Redis is away", error=type(error).__name__
                )
            return await work(self._own)
        if self._is_away:
            self._is_away = False
            log.info("limits are counted in Redis again")
        return done
