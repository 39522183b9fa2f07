"""Transfers over real HTTP against the yardstick: pgbench's smallest honest transfer between two rows.

Ours: `POST /api/v1/account/transfer` of the real process, token and session checked, throttled, parsed, posted by
double entry with every rule on. Yardstick: pgbench, prepared: BEGIN, two balance updates in id order, insert of the
transfer, COMMIT; same number of connections, same number of people, same server, in turns within one run.

Payments (`POST /api/v1/account/payments`) are compared with one another: all of them to one shop, as at the counter of
a festival, against as many shops as there are people, side by side in each round.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import psycopg

from bench import load, pgbench
from bench.api_requests import balance, payment, transfer
from bench.figures import Row, median_ratio, medians, say
from bench.pages import put_pages_into
from bench.people import Person, signed_in
from bench.scratch import product_process, scratch_database
from bench.shops import open_shops
from money.rupees import Paise
from runtime.dev_secrets import fill_in, read
from shared_db.ids import new_id
from shared_db.verify import verify

_APP = "user_app"
_PEOPLE = 1_000
_EACH_HAS_PAISE = Paise(10**10)
_MOST_PER_SECOND = 9_000
_UNIFORM, _HOT = "uniform", "all to one"
_BALANCE = "balance"
_SHOPS = 1_000
_TO_SHOPS, _TO_ONE_SHOP = "payments to 1,000 shops", "payments to one shop"
_UNTOLD = frozenset({_BALANCE, _TO_SHOPS, _TO_ONE_SHOP})
"""Shapes without a yardstick."""
_DONE = {_TO_SHOPS: 201, _TO_ONE_SHOP: 201}
_WITH_KEYS = "uniform, under keys"
_SETTINGS = {
    "PUBLIC_USER_URL": "",
    "REDIS_URL": "",
    "JWT_HOURS": "24",
    "TRANSFER_LIMIT_PAISE": str(10**15),
    "TRANSFER_DAY_LIMIT_PAISE": str(10**15),
}


@dataclass(frozen=True)
class _Cell:
    connections: int
    shape: str

    def __str__(self) -> str:
        return f"{self.connections:>4} connections  {self.shape}"


_HEADLINE, _HOT_ONE, _READS = _Cell(64, _UNIFORM), _Cell(64, _HOT), _Cell(64, _BALANCE)
_PAYMENTS, _HOT_SHOP = _Cell(64, _TO_SHOPS), _Cell(64, _TO_ONE_SHOP)
_QUICK = (_Cell(16, _UNIFORM), _HEADLINE, _HOT_ONE, _READS, _PAYMENTS, _HOT_SHOP)
_CELLS = (*_QUICK, _Cell(16, _HOT), _Cell(16, _BALANCE), _Cell(64, _WITH_KEYS))


@dataclass
class _Scene:
    url: str
    script: Path
    port: int
    people: Sequence[Person]
    shops: Sequence[str]
    """Their handles."""


def main(quick: bool) -> dict[str, object]:  # noqa: FBT001 # the signature every benchmark has
    """The headline figures and all cells, as in docs/contract.md."""
    rounds, seconds, cells = (1, 2.0, _QUICK) if quick else (3, 4.0, _CELLS)
    found: dict[_Cell, list[Row]] = {cell: [] for cell in cells}
    with scratch_database() as (folder, server):
        put_pages_into(folder, _APP)
        secret = read(fill_in(folder))["JWT_SECRET"]
        people = signed_in(server.url, _PEOPLE, each_has_paise=_EACH_HAS_PAISE, secret=secret)
        shops = open_shops(server.url, _SHOPS)
        _prepare_yardstick(server.url)
        given = _SETTINGS | {"JWT_SECRET": secret}
        with product_process(_APP, folder=folder, url=server.url, settings=given) as port:
            scene = _Scene(server.url, folder / "yardstick.sql", port, people, shops)
            _measure(scene, _HEADLINE, 1.0)
            for number in range(rounds):
                # To and fro: what grows meanwhile weighs on none of them alone.
                for cell in cells if number % 2 == 0 else reversed(cells):
                    found[cell].append(_measure(scene, cell, seconds))
                    say(str(cell), found[cell][-1])
        checked = verify(server.url)
        assert checked["ok"], checked
    return _report(found)


def _report(found: dict[_Cell, list[Row]]) -> dict[str, object]:
    middle = {cell: medians(rows) for cell, rows in found.items()}
    headline = middle[_HEADLINE]
    return {
        "transfer_rps": headline["per_s"],
        "transfer_p50_ms": headline["p50_ms"],
        "transfer_p99_ms": headline["p99_ms"],
        "transfers_over_pgbench": headline["ratio"],
        "hot_transfers_over_pgbench": middle[_HOT_ONE]["ratio"],
        "balance_rps": middle[_READS]["per_s"],
        "payment_rps": middle[_PAYMENTS]["per_s"],
        "hot_merchant_over_uniform": median_ratio(found[_HOT_SHOP], found[_PAYMENTS], "per_s"),
        "cells": [
            {"connections": cell.connections, "shape": cell.shape, "processes": 1} | row
            for cell, row in middle.items()
        ],
    }


def _measure(scene: _Scene, cell: _Cell, seconds: float) -> Row:
    tps = None if cell.shape in _UNTOLD else _yardstick(scene, cell, seconds)
    if tps is None:
        _checkpoint(scene)
    requests = _requests(scene, cell, round(_MOST_PER_SECOND * seconds))
    measured = load.run(load.Load(scene.port, cell.connections, seconds, requests))
    done = _DONE.get(cell.shape, 200)
    assert set(measured.statuses) == {done}, measured.statuses
    per_s = measured.statuses[done] / measured.seconds
    row = {
        "per_s": round(per_s, 1),
        "p50_ms": measured.percentile(0.5),
        "p99_ms": measured.percentile(0.99),
    }
    return row if tps is None else row | {"pgbench_tps": round(tps, 1), "ratio": round(per_s / tps, 3)}


# ------------------------------------------------------------------------------------------ requests


def _requests(scene: _Scene, cell: _Cell, count: int) -> list[bytes]:
    callers = random.choices(scene.people, k=count)
    if cell.shape == _BALANCE:
        return [balance(scene.port, caller) for caller in callers]
    if cell.shape == _TO_SHOPS:
        return [payment(scene.port, caller, random.choice(scene.shops)) for caller in callers]
    if cell.shape == _TO_ONE_SHOP:
        return [payment(scene.port, caller, scene.shops[0]) for caller in callers]
    receiver = scene.people[0]
    if cell.shape == _HOT:
        senders = [caller for caller in callers if caller is not receiver]
        return [transfer(scene.port, sender, receiver) for sender in senders]
    pairs = [(caller, random.choice(scene.people)) for caller in callers]
    return [
        transfer(scene.port, sender, to, key=new_id().hex if cell.shape == _WITH_KEYS else None)
        for sender, to in pairs
        if sender is not to
    ]


# ------------------------------------------------------------------------------------------ yardstick


def _prepare_yardstick(url: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CREATE TABLE yardstick_balance (user_id int PRIMARY KEY, amount bigint NOT NULL)")
        connection.execute(
            "INSERT INTO yardstick_balance SELECT n, 1000000000 FROM generate_series(0, %s) n", (_PEOPLE - 1,)
        )
        connection.execute(
            "CREATE TABLE yardstick_transfer (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, "
            "sender_id int NOT NULL, receiver_id int NOT NULL, amount bigint NOT NULL, "
            "created_at timestamptz NOT NULL DEFAULT now())"
        )
        connection.execute("VACUUM ANALYZE")


def _yardstick(scene: _Scene, cell: _Cell, seconds: float) -> float:
    # The hot one stands in the middle of the order: its row is locked first by half of the senders, last by the rest.
    receiver = ":people / 2" if cell.shape == _HOT else "(:sender + random(1, :people - 1)) % :people"
    sender = (
        "(:people / 2 + random(1, :people - 1)) % :people" if cell.shape == _HOT else "random(0, :people - 1)"
    )
    scene.script.write_text(
        f"\\set sender {sender}\n"
        f"\\set receiver {receiver}\n"
        "\\set first least(:sender, :receiver)\n"
        "\\set second greatest(:sender, :receiver)\n"
        "\\set first_gets case when :first = :sender then -100 else 100 end\n"
        "BEGIN;\n"
        "UPDATE yardstick_balance SET amount = amount + :first_gets WHERE user_id = :first;\n"
        "UPDATE yardstick_balance SET amount = amount - :first_gets WHERE user_id = :second;\n"
        "INSERT INTO yardstick_transfer (sender_id, receiver_id, amount) VALUES (:sender, :receiver, 100);\n"
        "COMMIT;\n"
    )
    _checkpoint(scene)
    return pgbench.transactions_per_second(
        scene.url, scene.script, clients=cell.connections, seconds=seconds, variables={"people": _PEOPLE}
    )


def _checkpoint(scene: _Scene) -> None:
    """Whatever is measured starts right after one, so that all pay alike for writing whole pages to the log."""
    with psycopg.connect(scene.url, autocommit=True) as connection:
        connection.execute("CHECKPOINT")
