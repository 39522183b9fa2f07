"""Transfers through our service layer against the yardstick: one prepared function call for each of them.

Ours: `wallet.send_money.send`, every rule on (references, entries, the day's totals and limit), 64 or 256 callers
that wait for their own commit. Yardstick: pgbench with 16 clients and a function written for one transfer a
transaction, with the same rules on the same tables, prepared: the most this server gives to whoever does not
batch. (One movement at a time through our batch function is slower; a cell shows it.) Beside them the transfer
everyone writes first, SQLModel with row locks, on a database of its own.
"""

from __future__ import annotations

import random
import uuid
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg

from bench import callers, pgbench
from bench.figures import Row, median_ratio, medians, percentile, say
from bench.people import give, open_wallets
from bench.scratch import scratch_database
from money.rupees import Paise
from shared_db.migrate import migrate
from shared_db.verify import verify

_HERE = Path(__file__).resolve().parent
_ONE_CALL, _BATCH_OF_ONE = "pgbench", "pgbench, batches of one"
_CALLS = {
    _ONE_CALL: "one_transfer(new.id, 'send:' || new.id, {sender}, {recipient}, {amount}, NULL, {day_limit})",
    _BATCH_OF_ONE: "post_transfers(ARRAY[new.id], ARRAY['send:' || new.id], ARRAY['send'], ARRAY[{sender}], "
    "ARRAY[{recipient}], ARRAY[{amount}::bigint], ARRAY[NULL::uuid], ARRAY[NULL::text], ARRAY[{day_limit}::bigint])",
}
_WALLETS = 100_000
_WALLETS_WITH_ROW_LOCKS = 10_000
_EACH_HAS_PAISE = Paise(10**9)


@dataclass(frozen=True)
class _Cell:
    callers: int
    shape: str
    processes: int = 1

    def __str__(self) -> str:
        return f"{self.callers:>4} callers  {self.processes} process(es)  {self.shape}"


_YARDSTICK, _BATCHES_OF_ONE = _Cell(16, _ONE_CALL, 0), _Cell(16, _BATCH_OF_ONE, 0)
_HEADLINE = _Cell(256, callers.UNIFORM)
_HOT = _Cell(256, callers.HOT)
_ONE_BANK, _TWO_BANKS = _Cell(256, callers.ONE_BANK), _Cell(256, callers.TWO_BANKS)
_ROW_LOCKS = _Cell(16, callers.ROW_LOCKS, 2)
_LONE, _LONE_DIRECT = _Cell(1, callers.UNIFORM), _Cell(1, callers.DIRECT)
# What is compared stands side by side.
_QUICK = (_YARDSTICK, _HEADLINE, _HOT, _ONE_BANK, _TWO_BANKS, _ROW_LOCKS, _LONE, _LONE_DIRECT)
_CELLS = (
    *_QUICK,
    _BATCHES_OF_ONE,
    _Cell(64, callers.UNIFORM),
    _Cell(64, callers.HOT),
    _Cell(64, callers.UNIFORM, 2),
    _Cell(64, callers.HOT, 2),
    _Cell(256, callers.UNIFORM, 2),
    _Cell(256, callers.HOT, 2),
    _Cell(256, callers.ONE_BANK, 2),
    _Cell(256, callers.TWO_BANKS, 2),
)


@dataclass
class _Scene:
    url: str
    folder: Path
    options: str
    service: callers.Callers
    row_locks: callers.Callers


def main(quick: bool) -> dict[str, object]:  # noqa: FBT001 # the signature every benchmark has
    """The headline figures and all cells, as in docs/contract.md."""
    rounds, seconds, cells = (1, 1.5, _QUICK) if quick else (3, 3.0, _CELLS)
    found: dict[_Cell, list[Row]] = {cell: [] for cell in cells}
    with scratch_database() as (folder, server), ExitStack() as stack:
        wallets = _prepare(server.url, _WALLETS)
        _create_function(server.url)
        options = pgbench.options_of_batches(server.url)
        beside = _database_beside(server.url)
        few = _prepare(beside, _WALLETS_WITH_ROW_LOCKS)
        scene = _Scene(
            server.url,
            folder,
            options,
            stack.enter_context(callers.started(callers.Place(server.url, options, wallets), 2)),
            stack.enter_context(callers.started(callers.Place(beside, options, few), 2)),
        )
        for number in range(rounds):
            # To and fro: what grows meanwhile weighs on none of them alone.
            for cell in cells if number % 2 == 0 else reversed(cells):
                found[cell].append(_measure(scene, cell, seconds))
                say(str(cell), found[cell][-1])
        _write_payments_of_credits(server.url)
        checked = verify(server.url)
        assert checked["ok"], checked
    return _report(found)


def _report(found: dict[_Cell, list[Row]]) -> dict[str, object]:
    middle = {cell: medians(rows) for cell, rows in found.items()}

    def ratio(one: _Cell, other: _Cell, figure: str = "tps") -> float:
        return median_ratio(found[one], found[other], figure)

    return {
        "pgbench_tps": middle[_YARDSTICK]["tps"],
        "service_tps": middle[_HEADLINE]["tps"],
        "ratio": ratio(_HEADLINE, _YARDSTICK),
        "p50_ms": middle[_HEADLINE]["p50_ms"],
        "p99_ms": middle[_HEADLINE]["p99_ms"],
        "hot_over_uniform": ratio(_HOT, _HEADLINE),
        "one_bank_over_two": ratio(_ONE_BANK, _TWO_BANKS),
        "orm_ratio": ratio(_ROW_LOCKS, _YARDSTICK),
        "lone_latency_ratio": ratio(_LONE, _LONE_DIRECT, "p50_ms"),
        "cells": [
            {"callers": cell.callers, "shape": cell.shape, "processes": cell.processes}
            | row
            | {"ratio": ratio(cell, _YARDSTICK)}
            for cell, row in middle.items()
        ],
    }


def _measure(scene: _Scene, cell: _Cell, seconds: float) -> Row:
    # Each starts right after a checkpoint, so each pays for writing whole pages to the log.
    with psycopg.connect(scene.url, autocommit=True) as connection:
        connection.execute("CHECKPOINT")
    if cell.shape in _CALLS:
        tps = pgbench.transactions_per_second(
            scene.url,
            _script(scene.folder, cell.shape),
            clients=cell.callers,
            seconds=seconds,
            variables={"wallets": _WALLETS},
            options=scene.options,
        )
        return {"tps": round(tps, 1)}
    crowd = scene.row_locks if cell is _ROW_LOCKS else scene.service
    measured = crowd.take(cell.shape, callers=cell.callers, processes=cell.processes, seconds=seconds)
    return {
        "tps": round(measured.per_second, 1),
        "p50_ms": percentile(measured.milliseconds, 0.5),
        "p99_ms": percentile(measured.milliseconds, 0.99),
        "python_us": round(measured.python_seconds * 1e6 / len(measured.milliseconds), 1),
    }


def _prepare(url: str, count: int) -> list[uuid.UUID]:
    """Wallets with money, whose ids pgbench can write: their number, as 32 digits."""
    wallets = [uuid.UUID(f"{number:032}") for number in range(1, count + 1)]
    open_wallets(url, random.sample(wallets, count))
    give(url, wallets, _EACH_HAS_PAISE)
    return wallets


def _database_beside(url: str) -> str:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CREATE DATABASE row_locks")
    beside = urlunsplit(urlsplit(url)._replace(path="/row_locks"))
    migrate(beside)
    return beside


def _create_function(url: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute((_HERE / "one_transfer.sql").read_bytes())


def _script(folder: Path, shape: str) -> Path:
    call = _CALLS[shape].format(
        sender="lpad(:sender, 32, '0')::uuid",
        recipient="lpad(:recipient, 32, '0')::uuid",
        amount=callers.AMOUNT_PAISE,
        day_limit=callers.DAY_LIMIT_PAISE,
    )
    script = folder / "one_call.sql"
    script.write_text(
        "\\set sender random(1, :wallets)\n"
        "\\set recipient 1 + (:sender + random(0, :wallets - 2)) % :wallets\n"
        f"SELECT posted.outcome, posted.transfer_id FROM (SELECT uuidv7() AS id) new, {call} posted;\n"
    )
    return script


def _write_payments_of_credits(url: str) -> None:
    """`verify` wants a payment behind every credit from a bank; here only the credits were measured."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("""
            INSERT INTO on_ramps (id, user_id, bank, amount_paise, status, correlation_id, created_at, expires_at,
                                  settled_at, version)
            SELECT substr(t.reference, 9)::uuid, t.target_id, split_part(a.name, ':', 1), t.amount_paise, 'success',
                   'bench', t.created_at, t.created_at, t.created_at, 1
              FROM transfers t JOIN accounts a ON a.id = t.source_id WHERE t.kind = 'on_ramp'
        """)
