"""After a commit: of which owners something changed, told by any process to those that show pages.

A notice is never part of what it follows: it leaves in the background, many together, and a lost one costs a
refresh and nothing else. Within a money transaction it would make all commits of the server wait for each other.
"""

from __future__ import annotations

import asyncio
import base64
import uuid
from collections.abc import Awaitable, Callable, Iterable

import psycopg

from runtime.logs import logger
from shared_db.connection import Connection, Database, connect_alone, with_retries

log = logger(__name__)
_CHANNEL = "batua_owners"
_EVERYBODY = "*"
"""Notices were lost: whoever hears this does not know of whom."""
_ID_BYTES = 16
_PAYLOAD_BYTES = 300 * _ID_BYTES
"""6,400 characters as they are sent; PostgreSQL refuses 8,000."""
_MOST_WAITING = 50_000
_PAUSE_SECONDS = 0.05
_FLUSH_SECONDS = 5
_DRAIN_SECONDS = 5
_LISTEN_AGAIN_SECONDS = 0.3
_LISTEN = "LISTEN batua_owners"
# Nobody waits for the disk because of a notice: its transaction writes nothing that could be lost.
_NOTIFY = """
SELECT set_config('synchronous_commit', 'off', true), count(pg_notify(%s, payload)::text)
  FROM unnest(%b::text[]) AS payload
"""


class Notices:
    """Tells of which owners something changed. One per process and event loop."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._waiting: set[uuid.UUID | str] = set()
        self._some_were_lost = False
        self._telling: asyncio.Task[None] | None = None
        self._closed = False

    def about(self, owners: Iterable[uuid.UUID | str]) -> None:
        """Something of these owners was committed. Waits for nothing and says nothing of a failure."""
        if self._closed:
            return
        if len(self._waiting) < _MOST_WAITING:
            self._waiting.update(owners)
        else:
            self._some_were_lost = True
        if self._waiting and self._telling is None:
            self._telling = asyncio.create_task(self._tell())

    async def drain(self) -> None:
        """Tell what still waits, and nothing more after it. A database that is away keeps it for seconds only."""
        self._closed = True
        if self._telling is not None:
            try:
                await asyncio.wait_for(self._telling, _DRAIN_SECONDS)
            except TimeoutError:
                log.warning("pages were not told of the last changes")

    async def _tell(self) -> None:
        # The first notice leaves at once; what comes while it is told, or in the pause after it, leaves together.
        try:
            while self._waiting:
                await self._flush()
                await asyncio.sleep(_PAUSE_SECONDS)
        finally:
            self._telling = None

    async def _flush(self) -> None:
        owners, self._waiting = self._waiting, set()
        payloads = _payloads(owners)
        if self._some_were_lost:
            payloads.append(_EVERYBODY)
            self._some_were_lost = False

        async def notify(connection: Connection) -> None:
            await connection.execute(_NOTIFY, (_CHANNEL, payloads))

        try:
            async with asyncio.timeout(_FLUSH_SECONDS):
                await with_retries(self._database, notify)
        except Exception as error:  # noqa: BLE001 # whatever it is, it must not reach what it follows
            self._some_were_lost = True
            log.warning("pages were not told of a change", owners=len(owners), error=repr(error))


async def listen(
    url: str,
    *,
    on_owners: Callable[[set[bytes]], Awaitable[None]],
    on_gap: Callable[[], Awaitable[None]],
) -> None:
    """Hear what is told, until cancelled; what arrives during a call waits and comes together in the next one.

    `on_owners` gets the ids' bytes: most are of nobody who looks here, and a UUID costs ten times as much.
    `on_gap`: listening has begun, at first or again, so anything may have changed before it. What the callbacks
    raise is logged.
    """
    heard = _Heard()
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(_hear(url, heard))
        while True:
            was_away, owners = await heard.take()
            if was_away:
                await _safely(on_gap)
            if owners:
                await _safely(lambda owners=owners: on_owners(owners))


class _Heard:
    """What was heard and not passed on yet."""

    def __init__(self) -> None:
        self._owners: set[bytes] = set()
        self._gap = False
        self._anything = asyncio.Event()

    def gap(self) -> None:
        self._gap = True
        self._anything.set()

    def payload(self, written: str) -> None:
        if written == _EVERYBODY or len(self._owners) >= _MOST_WAITING:
            self.gap()
            return
        try:
            self._owners |= _owners(written)
        except ValueError:
            # Whoever may connect may notify.
            log.warning("a notice that is none was ignored", length=len(written))
        self._anything.set()

    async def take(self) -> tuple[bool, set[bytes]]:
        """Whether there was a gap, and the owners."""
        await self._anything.wait()
        self._anything.clear()
        gap, owners = self._gap, self._owners
        self._gap, self._owners = False, set()
        return gap, owners


async def _hear(url: str, heard: _Heard) -> None:
    is_away = False
    while True:
        try:
            async with await connect_alone(url) as connection:
                await connection.execute(_LISTEN)
                is_away = False
                heard.gap()
                async for notice in connection.notifies():
                    heard.payload(notice.payload)
        except (psycopg.Error, OSError) as error:
            if not is_away:
                log.warning("pages do not hear of changes; trying again", error=repr(error))
            is_away = True
        await asyncio.sleep(_LISTEN_AGAIN_SECONDS)


async def _safely(call: Callable[[], Awaitable[None]]) -> None:
    try:
        await call()
    except Exception:
        log.exception("pages could not be told of a change")


def _payloads(owners: Iterable[uuid.UUID | str]) -> list[str]:
    """The ids' bytes one after the other, in base64."""
    packed: list[bytes] = []
    for owner in owners:
        try:
            packed.append(_packed(owner))
        except ValueError:
            log.error("a notice about nobody", owner=str(owner)[:40])
    joined = b"".join(packed)
    starts = range(0, len(joined), _PAYLOAD_BYTES)
    return [base64.b64encode(joined[start : start + _PAYLOAD_BYTES]).decode() for start in starts]


def _packed(owner: uuid.UUID | str) -> bytes:
    if isinstance(owner, uuid.UUID):
        return owner.bytes
    packed = bytes.fromhex(owner.replace("-", ""))  # a fifth of the time that uuid.UUID takes
    if len(packed) != _ID_BYTES:
        raise ValueError(owner)
    return packed


def _owners(payload: str) -> set[bytes]:
    """Raises ValueError."""
    joined = base64.b64decode(payload, validate=True)
    if len(joined) % _ID_BYTES:
        raise ValueError(payload)
    return {joined[at : at + _ID_BYTES] for at in range(0, len(joined), _ID_BYTES)}
