"""Tell the merchant what happened, until it has heard: every event is delivered at least once.

An event is a row, so it outlives every crash. The one who wrote it tries once; after that the background
tries again after 1, 2, 4, 8 … at most 60 seconds. A 409 means that the merchant cannot credit the money:
its customer gets it back, and the event ends.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus

import httpx

from bank_api.client import CORRELATION_HEADER
from bank_api.signing import sign
from dummy_bank import payments
from dummy_bank.books import Books
from dummy_bank.refusals import NotPaid
from dummy_bank.settings import Settings
from runtime.logs import correlated, logger

log = logger(__name__)

_FIRST_TRY_SECONDS = 2.0
_LATER_TRIES_SECONDS = 10.0
_LONGEST_PAUSE_MS = 60_000
_MOST_AT_ONCE = 32
_LONGEST_SLEEP_SECONDS = 5.0
_COLUMNS = "event_id, bank, token, body, correlation_id, attempts"


@dataclass(frozen=True, slots=True)
class Event:
    event_id: str
    bank: str
    token: str
    body: str
    correlation_id: str
    attempts: int


class Outbox:
    """`start` it once the books are open; `stop` leaves what waits to the next start."""

    def __init__(self, settings: Settings, books: Books, *, clock: Callable[[], float]) -> None:
        self._settings = settings
        self._books = books
        self._clock = clock
        self._wake = asyncio.Event()
        self._under_way: dict[str, asyncio.Task[None]] = {}
        self._turning: asyncio.Task[None] | None = None
        self._http = httpx.AsyncClient(
            limits=httpx.Limits(max_connections=_MOST_AT_ONCE, keepalive_expiry=2.0), trust_env=False
        )

    async def start(self) -> None:
        await self._books.write(_all_are_due)
        self._turning = asyncio.create_task(self._turn())

    async def stop(self) -> None:
        tasks = [task for task in (self._turning, *self._under_way.values()) if task]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._http.aclose()

    async def try_once(self, event_id: str) -> None:
        """The first try, for at most two seconds; whatever comes of it, the background does the rest."""
        event = await self._books.read(partial(_one, event_id))
        if event:
            self._begin(event, _FIRST_TRY_SECONDS)
        task = self._under_way.get(event_id)
        if task:
            await asyncio.wait([task], timeout=_FIRST_TRY_SECONDS)

    async def _turn(self) -> None:
        while True:
            self._wake.clear()
            pause = _LONGEST_SLEEP_SECONDS
            try:
                due, next_at_ms = await self._books.read(partial(_due, self._now_ms()))
                for event in due:
                    if len(self._under_way) < _MOST_AT_ONCE:
                        self._begin(event, _LATER_TRIES_SECONDS)
                if next_at_ms is not None:
                    pause = min(pause, max(0.0, (next_at_ms - self._now_ms()) / 1000))
            except Exception as error:
                log.exception("the outbox cannot be read", error=repr(error))
            try:
                async with asyncio.timeout(pause):
                    await self._wake.wait()
            except TimeoutError:
                continue

    def _begin(self, event: Event, timeout_seconds: float) -> None:
        if event.event_id in self._under_way:
            return
        task = asyncio.create_task(self._deliver(event, timeout_seconds))
        self._under_way[event.event_id] = task
        task.add_done_callback(lambda _: self._ended(event.event_id))

    def _ended(self, event_id: str) -> None:
        del self._under_way[event_id]
        self._wake.set()

    async def _deliver(self, event: Event, timeout_seconds: float) -> None:
        with correlated(event.correlation_id):
            try:
                answer = await self._post(event, timeout_seconds)
                await self._books.write(partial(_note, event, answer, self._now_ms()))
                log.info("event sent", bank=event.bank, event_id=event.event_id, answer=answer)
            except Exception as error:
                # The row stays as it was, so this event is due again after the pause below.
                log.exception("event not noted", event_id=event.event_id, error=repr(error))
                await asyncio.sleep(1)

    async def _post(self, event: Event, timeout_seconds: float) -> int | None:
        """The status of the answer, None where there was none in time."""
        body = event.body.encode()
        secret = self._settings.newest_webhook_secret(event.bank)
        headers = sign(secret, event_id=event.event_id, timestamp=int(self._clock()), body=body)
        headers |= {"Content-Type": "application/json", CORRELATION_HEADER: event.correlation_id}
        url = self._settings.webhook_url(event.bank)
        try:
            async with asyncio.timeout(timeout_seconds):
                answer = await self._http.post(url, content=body, headers=headers, timeout=timeout_seconds)
        except (TimeoutError, httpx.HTTPError, httpx.InvalidURL):
            return None
        return answer.status_code

    def _now_ms(self) -> int:
        return int(self._clock() * 1000)


def _all_are_due(connection: sqlite3.Connection) -> None:
    connection.execute("UPDATE outbox SET next_attempt_at_ms = 0 WHERE state = 'waiting'")


def _one(event_id: str, connection: sqlite3.Connection) -> Event | None:
    row = connection.execute(
        f"SELECT {_COLUMNS} FROM outbox WHERE event_id = ? AND state = 'waiting'",  # noqa: S608 # a constant
        (event_id,),
    ).fetchone()
    return Event(*row) if row else None


def _due(now_ms: int, connection: sqlite3.Connection) -> tuple[list[Event], int | None]:
    """What is due now, oldest first, and when the next thing after it will be."""
    rows: Iterable[sqlite3.Row] = connection.execute(
        f"SELECT {_COLUMNS} FROM outbox WHERE state = 'waiting' AND next_attempt_at_ms <= ?"  # noqa: S608
        " ORDER BY next_attempt_at_ms LIMIT ?",
        (now_ms, 2 * _MOST_AT_ONCE),
    )
    events = [Event(*row) for row in rows]
    later = connection.execute(
        "SELECT min(next_attempt_at_ms) FROM outbox WHERE state = 'waiting' AND next_attempt_at_ms > ?",
        (now_ms,),
    ).fetchone()
    next_at_ms: int | None = later[0]
    return events, next_at_ms


def _note(event: Event, answer: int | None, now_ms: int, connection: sqlite3.Connection) -> None:
    """What the merchant's answer means for this event and its payment."""
    if answer is not None and HTTPStatus.OK <= answer < HTTPStatus.MULTIPLE_CHOICES:
        state = "delivered"
    elif answer == HTTPStatus.CONFLICT:
        state = "refused"
        with suppress(NotPaid):  # of a declined payment there is nothing to give back
            payments.refund(connection, event.bank, event.token, now_ms=now_ms)
    else:
        state = "waiting"
    pause_ms = min(1000 * 2 ** min(event.attempts, 6), _LONGEST_PAUSE_MS)
    connection.execute(
        "UPDATE outbox SET state = ?, attempts = attempts + 1, next_attempt_at_ms = ? WHERE event_id = ?",
        (state, now_ms + pause_ms, event.event_id),
    )
