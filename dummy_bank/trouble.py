"""The faults as requests meet them: late, refused by a 503, or done and never answered.

Which request meets which is written in `faults.py`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import partial

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from dummy_bank.books import Books
from dummy_bank.brands import BRANDS
from dummy_bank.faults import NONE, Faults, in_force, put_in_force
from dummy_bank.refusals import OutOfOrder, Refusal
from runtime.logs import logger

log = logger(__name__)

_MOST_COUNTED = 100_000


class Trouble:
    """`load` it once the books are open."""

    def __init__(self, books: Books) -> None:
        self._books = books
        self._faults = dict.fromkeys(BRANDS, NONE)
        self._times: dict[tuple[str, str, str], int] = {}

    async def load(self) -> None:
        for bank in BRANDS:
            self._faults[bank] = await self._books.read(partial(in_force, bank=bank))

    def faults(self, bank: str) -> Faults:
        return self._faults[bank]

    async def replace(self, bank: str, faults: Faults) -> None:
        """Put these in force from now on, in the books as well; what was counted is forgotten."""
        await self._books.write(partial(put_in_force, bank=bank, faults=faults))
        self._faults[bank] = faults
        self._times = {asked: times for asked, times in self._times.items() if asked[0] != bank}
        log.info("faults set", bank=bank, **faults.model_dump(exclude_defaults=True))

    def refuse_if_down(self, bank: str) -> None:
        """Raises OutOfOrder. Asked before anything else: a bank that is down looks at no key."""
        if self._faults[bank].down:
            raise OutOfOrder

    async def answer(
        self, bank: str, asked: str, subject: str, act: Callable[[], Awaitable[Response]]
    ) -> Response:
        """What `act` answers, if the faults let it. Raises OutOfOrder before `act`, and what `act` raises."""
        faults = self._faults[bank]
        if faults == NONE:
            return await act()
        die = (bank, asked, subject, self._count(bank, asked, subject))
        shortest, longest = faults.latency_ms
        await asyncio.sleep((shortest + (longest - shortest) * faults.die("latency", *die)) / 1000)
        if faults.strike(faults.error_rate, "error", *die):
            raise OutOfOrder
        if not faults.strike(faults.drop_response_rate, "no answer", *die):
            return await act()
        with suppress(Refusal):
            await act()
        return NoAnswer()

    def _count(self, bank: str, asked: str, subject: str) -> int:
        times = self._times.pop((bank, asked, subject), 0) + 1
        self._times[bank, asked, subject] = times
        if len(self._times) > _MOST_COUNTED:
            del self._times[next(iter(self._times))]  # the one asked for longest ago
        return times


class NoAnswer(Response):
    """Closes the connection before a byte of an answer has left."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 # as ASGI has it
        # ASGI has no word for this, and a server sends a 500 for an application that says nothing. uvicorn's
        # `receive` is a method of the object that holds the connection; another server must be taught here.
        connection = getattr(getattr(receive, "__self__", None), "transport", None)
        if connection is None:
            raise TypeError("this server's connection cannot be closed without an answer")
        connection.close()
        while (await receive())["type"] != "http.disconnect":
            pass
