"""Too many tries: moving windows that are asked before any work is done.

In memory for one process; in Redis, when there is one, for all of them.
"""

from __future__ import annotations

import time

from limits import RateLimitItem, parse
from limits.aio.storage import MemoryStorage, RedisStorage, Storage
from limits.aio.strategies import MovingWindowRateLimiter

from money.errors import TooManyTries


class Throttle:
    """Counts tries per key. `factor` multiplies every limit (load tests set it high)."""

    def __init__(self, *, factor: int, redis_url: str | None = None) -> None:
        self._factor = factor
        storage: Storage = RedisStorage(f"async+{redis_url}") if redis_url else MemoryStorage()
        self._windows = MovingWindowRateLimiter(storage)

    async def sign_up(self, address: str) -> None:
        """Signing up tells whether an email is taken, so few may ask. Raises TooManyTries."""
        await self._count("10/hour", "sign-up", address)

    async def sign_in(self, email: str, address: str) -> None:
        """Before hashing. Raises TooManyTries.

        A stranger at another address cannot lock a person out with five wrong tries: that narrow window is
        the account's from one address; the account's own is wider.
        """
        await self._count("20/minute", "sign-in", address)
        await self._count("5/15minute", "sign-in", email, address)
        await self._count("50/15minute", "sign-in", email)

    async def signed_in(self, email: str, address: str) -> None:
        """A right password forgives the wrong ones before it."""
        await self._windows.clear(self._limit("5/15minute"), "sign-in", email, address)

    async def money(self, user_id: str) -> None:
        """Starting payments. Raises TooManyTries."""
        await self._count("60/minute", "money", user_id)

    async def _count(self, rate: str, *key: str) -> None:
        limit = self._limit(rate)
        if not await self._windows.hit(limit, *key):
            window = await self._windows.get_window_stats(limit, *key)
            raise TooManyTries(max(1, round(window.reset_time - time.time())))

    def _limit(self, rate: str) -> RateLimitItem:
        base = parse(rate)
        return type(base)(base.amount * self._factor, base.multiples)
