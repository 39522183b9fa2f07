"""The storm: a worker is killed every half second, and the whole database every eight."""

from __future__ import annotations

import sys
import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

from shared_db.embedded import strays
from shared_db.embedded.unprivileged import cluster_below, home_of
from shared_db.embedded_postgres import EmbeddedPostgres
from tests.bank_test.crew import Crew

_WORKER_EVERY_SECONDS = 0.5
_DATABASE_EVERY_SECONDS = 8
_AT_WORK_SECONDS = 1.5
"""The least between two kills of the database, where its start took long."""
_TOLD_EVERY_KILLS = 10


def rage(crew: Crew, server: EmbeddedPostgres, folder: Path, seconds: float) -> int:
    """Kill as planned for this long, or a little longer where the machine is slow; how often the database died."""
    is_over = threading.Event()
    with ThreadPoolExecutor(1) as pool:
        database = pool.submit(_kill_the_database, server, folder, seconds, is_over)
        try:
            _kill_workers(crew, seconds, database)
        except BaseException:
            is_over.set()
            raise
        return database.result()


def _kill_workers(crew: Crew, seconds: float, database: Future[int]) -> None:
    started = time.monotonic()
    for number in range(1, int(seconds / _WORKER_EVERY_SECONDS)):
        time.sleep(max(0.0, started + number * _WORKER_EVERY_SECONDS - time.monotonic()))
        if database.done() and database.exception():
            return
        crew.kill_one()
        if crew.kills % _TOLD_EVERY_KILLS == 0:
            say(f"{time.monotonic() - started:.0f} s: {crew.kills} kills of workers")


def _kill_the_database(
    server: EmbeddedPostgres, folder: Path, seconds: float, is_over: threading.Event
) -> int:
    """SIGKILL to the postmaster and all its children, and the launcher brings it back."""
    cluster = cluster_below(home_of(folder.resolve()))
    started, kills = time.monotonic(), 0
    for due in range(_DATABASE_EVERY_SECONDS, int(seconds), _DATABASE_EVERY_SECONDS):
        if is_over.wait(max(_AT_WORK_SECONDS, started + due - time.monotonic())):
            break
        kills += bool(strays.at_work_in(cluster))
        strays.end(cluster)
        killed = time.monotonic()
        server.restart_if_dead()
        say(f"{time.monotonic() - started:.0f} s: the database was killed, and back {_since(killed)} later")
    return kills


def say(text: str) -> None:
    """Standard output is for the result."""
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


def _since(moment: float) -> str:
    return f"{time.monotonic() - moment:.1f} s"
