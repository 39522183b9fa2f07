"""How long a claim takes, with few lanes waiting and with many, and in the shapes in which a queue goes bad.

Each crowd has a database of its own beside the others on the same server, so that they are measured in turns. The rows
are written by COPY: nothing is sent, and nobody's money is meant.
"""

from __future__ import annotations

import asyncio
import statistics
import time
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import psycopg

from bench.figures import say
from money.breaker import STANDARD
from money.withdrawal import LEASE
from shared_db.connection import Connection, Database
from shared_db.ids import new_id
from shared_db.migrate import migrate
from shared_db.withdrawals import claim

_MOST = 50
_FEW, _MANY = 100, 100_000
_WAITING = "waiting"
_STALE = "waiting, statistics of an empty table"
_OTHER = "10 waiting beside them at the other bank"
_BACK_OFF = "all in back-off"
_BLOATED = "waiting, each written five times without a vacuum"
_BLOATED_BACK_OFF = "all in back-off, the same without a vacuum"
_TEN = 10
_WRITTEN = 5
_PUT_OFF = "UPDATE lanes SET next_at = clock_timestamp() + interval '1 hour'"
_MAKE_DUE = "UPDATE lanes SET next_at = clock_timestamp() - interval '1 hour'"
_WRITE = "UPDATE lanes SET token = token + 1, next_at = next_at + interval '1 microsecond'"
_PUT_BACK = "UPDATE lanes SET next_at = clock_timestamp() WHERE owner_id = ANY (%s)"


@dataclass
class Cell:
    """One shape."""

    lanes: int
    shape: str
    milliseconds: list[float] = field(default_factory=list[float])

    @property
    def median_ms(self) -> float:
        return round(statistics.median(self.milliseconds), 3)

    def written(self) -> dict[str, object]:
        return {"shape": f"claim: {self.shape}", "lanes": self.lanes, "claim_ms": self.median_ms}


def headline(cells: Sequence[Cell]) -> dict[str, float]:
    """The plain shape, with few and with many."""
    waiting = {one.lanes: one.median_ms for one in cells if one.shape == _WAITING}
    return {f"claim_ms_{lanes}_lanes": milliseconds for lanes, milliseconds in waiting.items()}


def measure(url: str, *, times: int, crowds: Sequence[int] = (_FEW, _MANY)) -> list[Cell]:
    """Every shape with each crowd."""
    urls = {lanes: _crowd(url, lanes) for lanes in crowds}
    cells = _claims(urls, _STALE, "hdfc", times)
    _on_each(urls, "VACUUM ANALYZE")
    cells += _claims(urls, _WAITING, "hdfc", times)
    cells += _claims(urls, _OTHER, "axis", times)
    _on_each(urls, _PUT_OFF, "VACUUM ANALYZE")
    cells += _claims(urls, _BACK_OFF, "hdfc", times)
    _on_each(urls, _MAKE_DUE, *[_WRITE] * _WRITTEN)
    cells += _claims(urls, _BLOATED, "hdfc", times)
    _on_each(urls, _PUT_OFF)
    cells += _claims(urls, _BLOATED_BACK_OFF, "hdfc", times)
    for cell in cells:
        say(f"claim, {cell.lanes} lanes, {cell.shape}", {"claim_ms": cell.median_ms})
    return cells


def _claims(urls: Mapping[int, str], shape: str, bank: str, times: int) -> list[Cell]:
    async def in_turns() -> list[Cell]:
        databases = {lanes: Database(url) for lanes, url in urls.items()}
        cells = {lanes: Cell(lanes, shape) for lanes in urls}
        try:
            for _ in range(times):
                for lanes, database in databases.items():
                    async with database.plain() as connection:
                        cells[lanes].milliseconds.append(await _claim(connection, bank))
        finally:
            for database in databases.values():
                await database.close()
        return list(cells.values())

    return asyncio.run(in_turns())


async def _claim(connection: Connection, bank: str) -> float:
    """One, as the worker makes it; its lanes are due again at once, as after a payout."""
    began = time.perf_counter()
    async with connection.transaction():
        claimed = await claim(
            connection, bank, most=_MOST, worker="bench", lease=LEASE, try_every=STANDARD.try_every
        )
    took = (time.perf_counter() - began) * 1000
    await connection.execute(_PUT_BACK, ([one.head.owner_id for one in claimed],))
    return took


# ------------------------------------------------------------------------------------------ rows


def _crowd(url: str, lanes: int) -> str:
    """The address of a new database in which so many wait at one bank, and ten at the other."""
    name = f"lanes_{lanes}"
    _run(url, f"CREATE DATABASE {name}")
    there = urlsplit(url)._replace(path=f"/{name}").geturl()
    migrate(there)
    _run(there, "ALTER TABLE lanes SET (autovacuum_enabled = off)")
    owners = [new_id() for _ in range(lanes + _TEN)]
    _fill(there, owners)
    return there


def _fill(url: str, owners: Sequence[uuid.UUID]) -> None:
    now = datetime.now(UTC) - timedelta(hours=1)
    banks = ["axis"] * _TEN + ["hdfc"] * (len(owners) - _TEN)
    rows: dict[str, list[tuple[object, ...]]] = {
        "accounts (id, kind, name)": [(owner, "user", "user") for owner in owners],
        "balances (account_id, balance_paise, held_paise, last_number)": [
            (owner, 0, 0, 0) for owner in owners
        ],
        "lanes (owner_id, bank, pending, last_number, next_at, token)": [
            (owner, bank, 1, 1, now + timedelta(milliseconds=place), 0)
            for place, (owner, bank) in enumerate(zip(owners, banks, strict=True))
        ],
        "withdrawals (id, owner_id, number, bank, account_number, ifsc, amount_paise, status, next_call, sends, tries,"
        " acknowledged, refused, correction, correlation_id, created_at, version)": [
            (
                new_id(), owner, 1, bank, "100000000000", "HDFC0ABC123", 100, "queued", "send", 0, 0,
                False, False, "none", "bench", now, 0,
            )
            for owner, bank in zip(owners, banks, strict=True)
        ],
    }  # fmt: skip
    with psycopg.connect(url) as connection, connection.cursor() as cursor:
        for table, written in rows.items():
            with cursor.copy(f"COPY {table} FROM STDIN".encode()) as copy:
                for row in written:
                    copy.write_row(row)


def _on_each(urls: Mapping[int, str], *statements: str) -> None:
    for url in urls.values():
        for statement in statements:
            _run(url, statement)


def _run(url: str, statement: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(statement.encode())
