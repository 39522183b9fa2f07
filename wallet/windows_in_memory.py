"""Moving windows in the memory of one process, as a storage of the library `limits`.

Its own storage looks through every key, each by way of a thread, for as long as anything is counted: with a thousand
people that was a third of a web app's time, and pauses of a tenth of a second. Here each count clears away at most two
keys whose time is over.
"""

from __future__ import annotations

import time
from collections import OrderedDict, deque
from collections.abc import Callable

from limits.aio.storage import MovingWindowSupport, Storage

_CLEARED_AT_ONCE = 2
Clock = Callable[[], float]


class _Window:
    """The newest counts of one key; what is older than `seconds` counts no more."""

    __slots__ = ("counted", "seconds")

    def __init__(self, most: int, seconds: int) -> None:
        self.counted: deque[float] = deque(maxlen=most)
        self.seconds = seconds


class WindowsInMemory(Storage, MovingWindowSupport):
    """Nothing outlives the process."""

    STORAGE_SCHEME = ["windows-in-memory"]  # noqa: RUF012 # as the library declares it

    def __init__(self, clock: Clock = time.time) -> None:
        super().__init__()
        self._clock = clock
        self._windows: OrderedDict[str, _Window] = OrderedDict()

    async def acquire_entry(self, key: str, limit: int, expiry: int, amount: int = 1) -> bool:
        now = self._clock()
        self._clear_away(now)
        window = self._windows.get(key)
        if window is None:
            window = self._windows[key] = _Window(limit, expiry)
        counted = window.counted
        if amount > limit or (
            len(counted) > limit - amount and counted[amount - 1 - limit + len(counted)] >= now - expiry
        ):
            return False
        counted.extend([now] * amount)
        return True

    async def get_moving_window(self, key: str, limit: int, expiry: int) -> tuple[float, int]:
        del limit
        now = self._clock()
        window = self._windows.get(key)
        recent = [at for at in window.counted if at >= now - expiry] if window else []
        return (recent[0], len(recent)) if recent else (now, 0)

    async def clear(self, key: str) -> None:
        self._windows.pop(key, None)

    async def reset(self) -> int | None:
        count = len(self._windows)
        self._windows.clear()
        return count

    async def check(self) -> bool:
        return True

    @property
    def base_exceptions(self) -> type[Exception]:
        return ValueError

    # Counters of fixed windows, which nothing of ours uses.

    async def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        raise NotImplementedError

    async def get(self, key: str) -> int:
        raise NotImplementedError

    async def get_expiry(self, key: str) -> float:
        raise NotImplementedError

    def __len__(self) -> int:
        return len(self._windows)

    def _clear_away(self, now: float) -> None:
        """Look at the keys in turn, two at each count: what is over goes, what is not stands in line again."""
        for _ in range(min(_CLEARED_AT_ONCE, len(self._windows))):
            key, window = self._windows.popitem(last=False)
            if window.counted and window.counted[-1] >= now - window.seconds:
                self._windows[key] = window
