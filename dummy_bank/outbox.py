"""Tell the merchant what happened, until it has heard: every event is delivered at least once.

An event is a row, so it outlives every crash. Who decided a payment tries once; after that, and for payouts
from the start, the background tries again after 1, 2, 4, 8 … at most 60 seconds. A 409 means that the merchant
cannot book it, and the event ends: of a payment, the customer gets the money back; a payout stays as it is,
because its money is with the beneficiary or was never taken.
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
_COLUMNS = "sending_id, event_id, bank, token, body, correlation_id, attempts, new_id_each_try"


@dataclass(frozen=True, slots=True)
class Sending:
    sending_id: int
    event_id: str
    bank: str
    token: str | None
    """None for the event of a payout."""
    body: str
    correlation_id: str
    attempts: int
    new_id_each_try: int

    @property
    def webhook_id(self) -> str:
        again = self.attempts and self.new_id_each_try
        return f"{self.event_id}_{self.attempts}" if again else self.event_id


class Outbox:
    """`start` it once the books are open; `stop` leaves what waits to the next start."""

    def __init__(self, settings: Settings, books: Books, *, clock: Callable[[], float]) -> None:
        self._settings = settings
        self._books = books
        self._clock = clock
        self._wake = asyncio.Event()
        self._under_way: dict[int, asyncio.Task[None]] = {}
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

    def wake(self) -> None:
        """Look at once whether something is due: there are new events."""
        self._wake.set()

    async def try_once(self, sending_id: int) -> None:
        """The first try, for at most two seconds; whatever comes of it, the background does the rest."""
        sending = await self._books.read(partial(_one, sending_id, self._now_ms()))
        if sending:
            self._begin(sending, _FIRST_TRY_SECONDS)
        task = self._under_way.get(sending_id)
        if task:
            await asyncio.wait([task], timeout=_FIRST_TRY_SECONDS)

    async def _turn(self) -> None:
        while True:
            self._wake.clear()
            pause = _LONGEST_SLEEP_SECONDS
            try:
                due, next_at_ms = await self._books.read(partial(_due, self._now_ms()))
                for sending in due:
                    if len(self._under_way) < _MOST_AT_ONCE:
                        self._begin(sending, _LATER_TRIES_SECONDS)
                if next_at_ms is not None:
                    pause = min(pause, max(0.0, (next_at_ms - self._now_ms()) / 1000))
            except Exception as error:
                log.exception("the outbox cannot be read", error=repr(error))
            try:
                async with asyncio.timeout(pause):
                    await self._wake.wait()
            except TimeoutError:
                continue

    def _begin(self, sending: Sending, timeout_seconds: float) -> None:
        if sending.sending_id in self._under_way:
            return
        task = asyncio.create_task(self._deliver(sending, timeout_seconds))
        self._under_way[sending.sending_id] = task
        task.add_done_callback(lambda _: self._ended(sending.sending_id))

    def _ended(self, sending_id: int) -> None:
        del self._under_way[sending_id]
        self._wake.set()

    async def _deliver(self, sending: Sending, timeout_seconds: float) -> None:
        with correlated(sending.correlation_id):
            try:
                answer = await self._post(sending, timeout_seconds)
                await self._books.write(partial(_note, sending, answer, self._now_ms()))
                log.info("event sent", bank=sending.bank, event_id=sending.webhook_id, answer=answer)
            except Exception as error:
                # The row stays as it was, so this event is due again after the pause below.
                log.exception("event not noted", event_id=sending.event_id, error=repr(error))
                await asyncio.sleep(1)

    async def _post(self, sending: Sending, timeout_seconds: float) -> int | None:
        """The status of the answer, None where there was none in time."""
        body = sending.body.encode()
        secret = self._settings.newest_webhook_secret(sending.bank)
        headers = sign(secret, event_id=sending.webhook_id, timestamp=int(self._clock()), body=body)
        headers |= {"Content-Type": "application/json", CORRELATION_HEADER: sending.correlation_id}
        url = self._settings.webhook_url(sending.bank)
        try:
            async with asyncio.timeout(timeout_seconds):
                answer = await self._http.post(url, content=body, headers=headers, timeout=timeout_seconds)
        except (TimeoutError, httpx.HTTPError, httpx.InvalidURL):
            return None
        return answer.status_code

    def _now_ms(self) -> int:
        return int(self._clock() * 1000)


def _all_are_due(connection: sqlite3.Connection) -> None:
    connection.execute("UPDATE outbox SET next_attempt_at_ms = not_before_ms WHERE state = 'waiting'")


def _one(sending_id: int, now_ms: int, connection: sqlite3.Connection) -> Sending | None:
    row = connection.execute(
        f"SELECT {_COLUMNS} FROM outbox WHERE sending_id = ? AND state = 'waiting' AND not_before_ms <= ?",  # noqa: S608
        (sending_id, now_ms),
    ).fetchone()
    return Sending(*row) if row else None


def _due(now_ms: int, connection: sqlite3.Connection) -> tuple[list[Sending], int | None]:
    """What is due now, oldest first, and when the next thing after it will be."""
    rows: Iterable[sqlite3.Row] = connection.execute(
        f"SELECT {_COLUMNS} FROM outbox WHERE state = 'waiting' AND next_attempt_at_ms <= ?"  # noqa: S608
        " ORDER BY next_attempt_at_ms LIMIT ?",
        (now_ms, 2 * _MOST_AT_ONCE),
    )
    sendings = [Sending(*row) for row in rows]
    later = connection.execute(
        "SELECT min(next_attempt_at_ms) FROM outbox WHERE state = 'waiting' AND next_attempt_at_ms > ?",
        (now_ms,),
    ).fetchone()
    next_at_ms: int | None = later[0]
    return sendings, next_at_ms


def _note(sending: Sending, answer: int | None, now_ms: int, connection: sqlite3.Connection) -> None:
    """What the merchant's answer means for this sending, and for the payment it tells of."""
    if answer is not None and HTTPStatus.OK <= answer < HTTPStatus.MULTIPLE_CHOICES:
        state = "delivered"
    elif answer == HTTPStatus.CONFLICT:
        state = "refused"
        if sending.token is not None:
            with suppress(NotPaid):  # of a declined payment there is nothing to give back
                payments.refund(connection, sending.bank, sending.token, now_ms=now_ms)
    else:
        state = "waiting"
    pause_ms = min(1000 * 2 ** min(sending.attempts, 6), _LONGEST_PAUSE_MS)
    connection.execute(
        "UPDATE outbox SET state = ?, attempts = attempts + 1, next_attempt_at_ms = ? WHERE sending_id = ?",
        (state, now_ms + pause_ms, sending.sending_id),
    )
