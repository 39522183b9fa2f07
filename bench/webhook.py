"""Webhooks over real HTTP against the yardstick: the smallest honest transaction that credits a payment.

Ours: signature checked, schema checked, row matched, judged, posted by double entry, kept in the inbox.
Yardstick: pgbench, prepared: BEGIN, conditional status update, balance update, COMMIT; same number of
connections, same table sizes, same server, in turns within one run.
"""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import psycopg

from bank_api.signing import sign
from bench import load, pgbench
from bench.figures import medians, say
from bench.people import open_wallets
from bench.scratch import product_process, scratch_database
from runtime.dev_secrets import fill_in, read
from shared_db.ids import new_id
from shared_db.verify import verify

_AMOUNT_PAISE = 50_000
_USERS = 1_000
_MOST_PER_SECOND = 9_000
_HEADLINE = (64, "uniform")


@dataclass(frozen=True)
class _Cell:
    connections: int
    shape: str
    """`uniform`: 1,000 wallets at two banks; `hot`: all to one wallet."""


@dataclass(frozen=True)
class _Payment:
    bank: str
    token: str
    user_id: str


def main(quick: bool) -> dict[str, object]:  # noqa: FBT001 # the signature every benchmark has
    """The headline figures and all cells, as in docs/contract.md."""
    rounds, seconds = (1, 2.0) if quick else (3, 4.0)
    cells = [_Cell(16, "uniform"), _Cell(64, "uniform")]
    if not quick:
        cells.append(_Cell(64, "hot"))
    with scratch_database() as (folder, server):
        secrets = read(fill_in(folder))
        rows = round(_MOST_PER_SECOND * seconds)
        _prepare_yardstick(server.url, rows * rounds * len(cells))
        users = [new_id() for _ in range(_USERS)]
        open_wallets(server.url, users)
        found: dict[_Cell, list[dict[str, float]]] = {cell: [] for cell in cells}
        with product_process("webhook_server", folder=folder, url=server.url) as port:
            for number in range(rounds):
                for place, cell in enumerate(cells):
                    offset = (number * len(cells) + place) * rows
                    tps = _yardstick(server.url, folder, cell, seconds, offset, rows)
                    chosen = users if cell.shape == "uniform" else users[:1]
                    payments = list(_open_payments(server.url, chosen, rows))
                    measured = load.run(
                        load.Load(port, cell.connections, seconds, _requests(port, payments, secrets))
                    )
                    found[cell].append(_row(measured, tps))
                    say(f"{cell.connections:>4} connections  {cell.shape}", found[cell][-1])
        checked = verify(server.url)
        assert checked["ok"], checked
    return _report(found)


def _row(measured: load.Measured, tps: float) -> dict[str, float]:
    assert set(measured.statuses) == {200}, measured.statuses
    credits_per_s = measured.statuses[200] / measured.seconds
    return {
        "credits_per_s": round(credits_per_s, 1),
        "p50_ms": measured.percentile(0.5),
        "p99_ms": measured.percentile(0.99),
        "pgbench_tps": round(tps, 1),
        "ratio": round(credits_per_s / tps, 3),
    }


def _report(found: dict[_Cell, list[dict[str, float]]]) -> dict[str, object]:
    in_the_middle = {cell: medians(rows) for cell, rows in found.items()}
    cells = [
        {"connections": cell.connections, "shape": cell.shape, "processes": 1} | row
        for cell, row in in_the_middle.items()
    ]
    return {**in_the_middle[_Cell(*_HEADLINE)], "cells": cells}


def _open_payments(url: str, users: Sequence[uuid.UUID], count: int) -> Iterator[_Payment]:
    columns = (
        "id, user_id, bank, amount_paise, status, token, correlation_id, version, created_at, expires_at, "
        "next_enquiry_at"
    )
    payments = [
        _Payment(("hdfc", "axis")[number % 2], f"pay_{new_id().hex}", str(users[number % len(users)]))
        for number in range(count)
    ]
    with psycopg.connect(url, autocommit=True) as connection, connection.cursor() as cursor:
        moment = cursor.execute(
            "SELECT now(), now() + interval '15 minutes', now() + interval '1 hour'"
        ).fetchone()
        assert moment
        with cursor.copy(f"COPY on_ramps ({columns}) FROM STDIN") as copy:
            for one in payments:
                copy.write_row(
                    (
                        str(new_id()),
                        one.user_id,
                        one.bank,
                        _AMOUNT_PAISE,
                        "pending",
                        one.token,
                        "bench",
                        0,
                        *moment,
                    )
                )
        cursor.execute("ANALYZE")
        cursor.execute("CHECKPOINT")
    return iter(payments)


def _requests(port: int, payments: Sequence[_Payment], secrets: dict[str, str]) -> list[bytes]:
    now = int(time.time())
    return [_request(port, one, secrets[f"{one.bank.upper()}_WEBHOOK_SECRETS"], now) for one in payments]


def _request(port: int, payment: _Payment, secret: str, now: int) -> bytes:
    event = {
        "type": "payment.succeeded",
        "timestamp": "2026-11-21T10:00:00Z",
        "data": {
            "token": payment.token,
            "user_identifier": payment.user_id,
            "amount_paise": _AMOUNT_PAISE,
            "bank_reference": f"BENCH{payment.token[-11:]}",
        },
    }
    body = json.dumps(event).encode()
    headers = sign(secret, event_id=f"evt_{payment.token}", timestamp=now, body=body)
    lines = [
        f"POST /webhooks/{payment.bank} HTTP/1.1",
        f"Host: 127.0.0.1:{port}",
        "Content-Type: application/json",
        f"Content-Length: {len(body)}",
        *(f"{name}: {value}" for name, value in headers.items()),
    ]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def _prepare_yardstick(url: str, rows: int) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CREATE TABLE yardstick_balance (user_id int PRIMARY KEY, amount bigint NOT NULL)")
        connection.execute(
            "INSERT INTO yardstick_balance SELECT n, 0 FROM generate_series(0, %s) n", (_USERS - 1,)
        )
        connection.execute(
            "CREATE TABLE yardstick_payment (id bigint PRIMARY KEY, token bigint UNIQUE NOT NULL, "
            "user_id int NOT NULL, amount bigint NOT NULL, status text NOT NULL)"
        )
        connection.execute(
            "INSERT INTO yardstick_payment SELECT n, n, n %% %s, 50000, 'Processing' FROM generate_series(0, %s) n",
            (_USERS, rows),
        )
        connection.execute("VACUUM ANALYZE")


def _yardstick(url: str, folder: Path, cell: _Cell, seconds: float, offset: int, rows: int) -> float:
    # Each client walks through payments of its own; pgbench keeps a client's variables between transactions.
    script = folder / "yardstick.sql"
    user = "0" if cell.shape == "hot" else ":token % :users"
    script.write_text(
        "\\set n :n + 1\n"
        "\\set token :start + :client_id * :share + :n\n"
        f"\\set user {user}\n"
        "BEGIN;\n"
        "UPDATE yardstick_payment SET status = 'Success' WHERE token = :token AND status = 'Processing';\n"
        "UPDATE yardstick_balance SET amount = amount + 50000 WHERE user_id = :user;\n"
        "COMMIT;\n"
    )
    # Both sides start right after a checkpoint, so both pay for writing whole pages to the log.
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CHECKPOINT")
    variables = {"n": 0, "start": offset, "share": rows // cell.connections, "users": _USERS}
    return pgbench.transactions_per_second(
        url, script, clients=cell.connections, seconds=seconds, variables=variables
    )
