"""The lines to one bank: connections that are taken, used by one call at a time, and given back.

httpx's own pool looks through all its connections at the beginning and at the end of every call, and asks the system
about each idle one: with 50 calls under way that costs more than the call. Here each line is httpx's own transport with
a single connection, and a free one is found without looking at the others (docs/decisions/0013-lines-to-a-bank.md).
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import NamedTuple

import httpx

MOST_LINES = 100
IDLE_SECONDS = 2.0
"""Shorter than any server keeps an idle connection, so none closes just as we write on it."""


class _Idle(NamedTuple):
    line: httpx.AsyncHTTPTransport
    since: float


class Lines(httpx.AsyncBaseTransport):
    """At most 100 at once, whoever comes later waits; the line that was used last is used next."""

    def __init__(self) -> None:
        # One for all of them: reading the system's certificates takes 20 ms.
        self._tls = httpx.create_ssl_context(trust_env=False)
        self._idle: deque[_Idle] = deque()
        self._free = asyncio.Semaphore(MOST_LINES)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        # First: whoever is cancelled here has taken nothing yet.
        await self._close_old_ones()
        await self._free.acquire()
        line = self._idle.pop().line if self._idle else self._new()
        try:
            response = await line.handle_async_request(request)
        except BaseException:
            await self._give_up(line)
            raise
        assert isinstance(response.stream, httpx.AsyncByteStream)
        response.stream = _Body(response.stream, lambda: self._give_back(line), lambda: self._give_up(line))
        return response

    async def aclose(self) -> None:
        while self._idle:
            await self._idle.pop().line.aclose()

    def _new(self) -> httpx.AsyncHTTPTransport:
        alone = httpx.Limits(max_connections=1, max_keepalive_connections=1, keepalive_expiry=IDLE_SECONDS)
        # Money does not travel through a proxy that some environment variable names.
        return httpx.AsyncHTTPTransport(verify=self._tls, trust_env=False, limits=alone)

    def _give_back(self, line: httpx.AsyncHTTPTransport) -> None:
        self._idle.append(_Idle(line, time.monotonic()))
        self._free.release()

    async def _give_up(self, line: httpx.AsyncHTTPTransport) -> None:
        """A call broke off on it: whatever state it is in, nobody inherits it."""
        self._free.release()
        await line.aclose()

    async def _close_old_ones(self) -> None:
        """Those that no crowd has needed for a while; they stand at the front."""
        too_old = time.monotonic() - IDLE_SECONDS
        while self._idle and self._idle[0].since < too_old:
            await self._idle.popleft().line.aclose()


class _Body(httpx.AsyncByteStream):
    """What comes over a line, which is free again when it has been read."""

    def __init__(
        self,
        body: httpx.AsyncByteStream,
        give_back: Callable[[], None],
        give_up: Callable[[], Awaitable[None]],
    ) -> None:
        self._body = body
        self._give_back = give_back
        self._give_up = give_up

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for part in self._body:
            yield part

    async def aclose(self) -> None:
        try:
            await self._body.aclose()
        except BaseException:
            await self._give_up()
            raise
        self._give_back()
