"""`python -m bench.soak --minutes 30`: mixed load and open pages on two of each; does anything grow?

Every 10 seconds it looks at each process. After the first fifth a line is fitted through the memory that each would
free if it ended, and through its connections to PostgreSQL. It ends with 1 when memory grows by 1 MB a minute or more,
when connections are not flat, when a request was answered by a 5xx, or when the books are not what was acknowledged.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import psycopg
from redis import Redis

from bench.crowd import gather
from bench.figures import say
from bench.journal import check
from bench.mixed_load import Doors, load_running
from bench.people import cookies_of
from bench.samples import Sample, Watch, line_through
from bench.scratch import scratch_fleet
from bench.tabs import open_tabs
from deploy.local.member import SERVICES
from deploy.local.processes import Fleet
from shared_db.connection import APPLICATION

_LOOK_EVERY_SECONDS = 10.0
_WARM_UP_SHARE = 0.2
_MOST_MB_A_MINUTE = 1.0
# A pool opens and closes one now and then; what leaks goes on and on.
_MOST_CONNECTIONS_MORE = 2.0
_BYTES_IN_MB = 1_000_000


class House(NamedTuple):
    """What is no single process's: at one moment."""

    minute: float
    connections: int
    """Of all our processes, as PostgreSQL counts them."""
    redis_clients: int
    redis_mb: float


@dataclass
class Seen:
    """All samples of a soak."""

    of: dict[str, list[Sample]] = field(default_factory=lambda: defaultdict[str, list[Sample]](list))
    house: list[House] = field(default_factory=list[House])


def main() -> None:
    """Exit code 0 when nothing grows and the books are right, else 1."""
    asked = argparse.ArgumentParser(prog="python -m bench.soak", description=__doc__)
    asked.add_argument("--minutes", type=float, default=30)
    asked.add_argument("--rate", type=float, default=50, help="requests in a second")
    asked.add_argument("--tabs", type=int, default=40, help="open pages")
    given = asked.parse_args()
    found = soak(minutes=given.minutes, rate=given.rate, tabs=given.tabs)
    print(json.dumps(found))
    sys.exit(1 if found["wrong"] else 0)


def soak(*, minutes: float, rate: float, tabs: int) -> dict[str, object]:
    """The figures; `wrong` lists what is not as it should be, in sentences."""
    seen = Seen()
    with scratch_fleet() as fleet:
        crowd = gather(fleet.database_url, secret=fleet.secrets["JWT_SECRET"])
        cookies = asyncio.run(
            cookies_of(fleet.database_url, "user_app", [one.id for one in crowd.people[:tabs]])
        )
        with (
            open_tabs(fleet.user_url, cookies) as pages,
            load_running(doors_of(fleet), crowd, rate=rate) as load,
        ):
            _look_on(fleet, seen, minutes)
        wrong = check(load.report.journal, crowd, fleet.database_url)
    told = [len(shown) for shown in pages.shown]
    report = load.report
    wrong += [f"{count} times {what}" for what, count in (report.failed + report.unanswered).items()]
    wrong += [f"{count} times refused: {what}" for what, count in report.refused.items()]
    figures, grew = judged(seen, minutes)
    return {
        "minutes": minutes,
        "rate": rate,
        "tabs": tabs,
        "balances_told": sum(told),
        "load": report.figures(),
        **figures,
        "wrong": [*wrong, *grew],
    }


def doors_of(fleet: Fleet) -> Doors:
    """Those of the proxy, and the bank's own."""
    return Doors(fleet.doors["user_app"], fleet.doors["merchant_app"], fleet.doors["dummy_bank"])


def processes_of(fleet: Fleet) -> dict[str, int]:
    """The pid of each, by a name such as `user_app-2`; the database's are its own."""
    ours = {one.child.spec.name: one.pid for name in SERVICES for one in fleet.members(name)}
    return ours | {name: fleet.other(name).pid for name in ("proxy", "redis", "dummy_bank")}


def judged(seen: Seen, minutes: float) -> tuple[dict[str, object], list[str]]:
    """The figures for each process, and what grew."""
    wrong: list[str] = []
    cells: list[dict[str, object]] = []
    warm = minutes * _WARM_UP_SHARE
    for name, samples in seen.of.items():
        row = _row([one for one in samples if one.minute >= warm])
        say(name, row)
        cells.append({"process": name, **row})
        if len({one.pid for one in samples}) > 1:
            wrong.append(f"{name} was started again")
        if row["mb_a_minute"] >= _MOST_MB_A_MINUTE:
            wrong.append(f"{name} grows by {row['mb_a_minute']} MB a minute")
        if row["connections_more"] > _MOST_CONNECTIONS_MORE:
            wrong.append(f"{name} has {row['connections_more']} more connections at the end")
    house = [one for one in seen.house if one.minute >= warm]
    figures = {
        "connections_min": min(one.connections for one in house),
        "connections_max": max(one.connections for one in house),
        "redis_clients_max": max(one.redis_clients for one in house),
        "redis_mb_max": round(max(one.redis_mb for one in house), 2),
        "redis_mb_a_minute": round(
            line_through([one.minute for one in house], [one.redis_mb for one in house]).slope, 3
        ),
        "cells": cells,
    }
    return figures, wrong


def _row(samples: Sequence[Sample]) -> dict[str, float]:
    at = [one.minute for one in samples]
    memory = line_through(at, [one.own_mb for one in samples])
    connections = line_through(at, [one.connections for one in samples])
    first, last = samples[0], samples[-1]
    return {
        "rss_mb": round(last.rss_mb, 1),
        "own_mb": round(last.own_mb, 1),
        "mb_a_minute": round(memory.slope, 3),
        "spread": round(memory.spread, 3),
        "connections_min": min(one.connections for one in samples),
        "connections_max": max(one.connections for one in samples),
        "connections_more": round(connections.slope * (at[-1] - at[0]), 1),
        "files_max": max(one.files for one in samples),
        "threads_max": max(one.threads for one in samples),
        "cpu_share": round((last.cpu_seconds - first.cpu_seconds) / (at[-1] - at[0]) / 60, 3),
    }


def _look_on(fleet: Fleet, seen: Seen, minutes: float) -> None:
    began = time.monotonic()
    due = began
    with (
        Redis.from_url(fleet.redis_url) as redis,
        psycopg.connect(fleet.database_url, autocommit=True) as database,
    ):
        while due <= began + minutes * 60:
            time.sleep(max(0.0, due - time.monotonic()))
            watch = Watch(processes_of(fleet), fleet.database.port)
            for name, sample in watch.look(began).items():
                seen.of[name].append(sample)
            seen.house.append(_house(redis, database, began))
            due += _LOOK_EVERY_SECONDS


def _house(redis: Redis, database: psycopg.Connection, began: float) -> House:
    row = database.execute(
        "SELECT count(*) FROM pg_stat_activity WHERE application_name = %s", (APPLICATION,)
    ).fetchone()
    assert row
    told = redis.info()
    assert isinstance(told, dict)
    return House(
        (time.monotonic() - began) / 60, row[0], told["connected_clients"], told["used_memory"] / _BYTES_IN_MB
    )


if __name__ == "__main__":
    main()
