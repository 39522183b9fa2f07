"""Too many tries: moving windows that are asked before any work is done.

In memory for one process; in Redis, when there is one, for all of them; while Redis is away in each one's memory.
"""

from __future__ import annotations

import functools
import time

from limits import RateLimitItem, parse
from limits.aio.strategies import MovingWindowRateLimiter

from money.errors import TooManyTries
from runtime.addresses import neighbourhood
from wallet.windows_in_memory import WindowsInMemory
from wallet.windows_in_redis import WindowsInRedis


class Throttle:
    """Counts tries per key. `factor` multiplies every limit (load tests set it high)."""

    def __init__(self, *, factor: int, redis_url: str | None = None) -> None:
        self._factor = factor
        self._in_redis = WindowsInRedis(redis_url) if redis_url else None
        self._windows = MovingWindowRateLimiter(self._in_redis or WindowsInMemory())

    async def close(self) -> None:
        """End the connections to Redis."""
        if self._in_redis:
            await self._in_redis.close()

    async def sign_up(self, address: str) -> None:
        """Signing up tells whether an email is taken, so few may ask. Raises TooManyTries."""
        await self._count("10/hour", "sign-up", neighbourhood(address))

    async def sign_in(self, email: str, address: str) -> None:
        """Before hashing. Raises TooManyTries.

        A stranger at another address cannot lock a person out with five wrong tries: that narrow window is
        the account's from one address; the account's own is wider.
        """
        await self._count("20/minute", "sign-in", neighbourhood(address))
        await self._count("5/15minute", "sign-in", email, neighbourhood(address))
        await self._count("50/15minute", "sign-in", email)

    async def signed_in(self, email: str, address: str) -> None:
        """A right password forgives the wrong ones before it."""
        await self._windows.clear(self._limit("5/15minute"), "sign-in", email, neighbourhood(address))

    async def provider(self, address: str) -> None:
        """Going to a provider, and coming back. Raises TooManyTries."""
        await self._count("30/minute", "provider", neighbourhood(address))

    async def sending_code(self, account: str, address: str) -> None:
        """Before a code is made; `account` names the person and which contact. Raises TooManyTries."""
        await self._count("20/hour", "code-sent", neighbourhood(address))
        await self._count("5/hour", "code-sent-for", account)

    async def sending_code_to(self, contact: str) -> None:
        """One email or phone, whoever claims it: nobody's phone rings all day. Raises TooManyTries."""
        await self._count("5/hour", "code-sent-to", contact)

    async def trying_code(self, account: str, address: str) -> None:
        """Before it is looked at; `account` is a person's id, or an email. Raises TooManyTries."""
        await self._count("20/15minute", "code-tried", neighbourhood(address))
        await self._count("20/15minute", "code-tried-for", account)

    async def money(self, user_id: str) -> None:
        """Starting payments. Raises TooManyTries."""
        await self._count("60/minute", "money", user_id)

    async def everything(self, user_id: str) -> None:
        """Reading all that is kept of one person. Raises TooManyTries."""
        await self._count("10/hour", "everything", user_id)

    async def finding_people(self, user_id: str) -> None:
        """Nobody shall copy the list of all who are here. Raises TooManyTries."""
        await self._count("30/minute", "people", user_id)

    async def paper(self, user_id: str) -> None:
        """PDFs, which cost more than a page. Raises TooManyTries."""
        await self._count("30/minute", "paper", user_id)

    async def socket(self, address: str) -> None:
        """Whatever arrives through the websockets of one address, before it is looked at. Raises TooManyTries."""
        await self._count("3000/minute", "socket", neighbourhood(address))

    async def complaint(self, address: str) -> None:
        """What a browser complains of goes into our log. Raises TooManyTries."""
        await self._count("20/minute", "complaint", neighbourhood(address))

    async def event(self, who: str) -> None:
        """Whatever an open page sends; `who` is a person's id or a stranger's address. Raises TooManyTries."""
        await self._count("600/minute", "event", who)

    async def _count(self, rate: str, *key: str) -> None:
        limit = self._limit(rate)
        if not await self._windows.hit(limit, *key):
            window = await self._windows.get_window_stats(limit, *key)
            raise TooManyTries(max(1, round(window.reset_time - time.time())))

    def _limit(self, rate: str) -> RateLimitItem:
        return _parsed(rate, self._factor)


@functools.cache
def _parsed(rate: str, factor: int) -> RateLimitItem:
    base = parse(rate)
    return type(base)(base.amount * factor, base.multiples)
