"""Change tables that are in use: ask for a lock briefly, step back, ask again, and say in the end who has it.

A change of a table wants it for itself. While it waits for that behind one long read, everybody who comes after it
waits, too: the whole service stands still. So it waits two seconds at most, lets the others pass, and tries anew.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

import psycopg.errors
import sqlalchemy.exc
from sqlalchemy import Connection, event, text

from runtime.logs import logger
from shared_db.embedded.errors import DatabaseRefused

log = logger(__name__)
_LOOK_SECONDS = 0.2
_BLOCKERS = text("""
SELECT format('process %s of the database (%s, user %s, %s, its transaction %s s old)', pid,
              coalesce(nullif(application_name, ''), 'no name'), usename, state,
              coalesce(extract(epoch FROM clock_timestamp() - xact_start)::bigint, 0))
  FROM pg_stat_activity WHERE pid = ANY (pg_blocking_pids(:pid)) ORDER BY xact_start
""")


class TablesAreBusy(DatabaseRefused):
    """A table could not be changed because somebody would not let go of it; the text says who."""


@dataclass(frozen=True)
class Patience:
    """How long a change waits for its lock, how often it tries, and for how long it lets others pass in between."""

    lock_seconds: float = 2.0
    tries: int = 20
    longest_pause_seconds: float = 8.0

    def pause_seconds(self, tried: int) -> float:
        """Half a second, one, two, and so on."""
        return min(0.25 * 2.0**tried, self.longest_pause_seconds)


PATIENCE = Patience()


@contextmanager
def alone(connection: Connection, key: int) -> Generator[None]:
    """Nobody else who asks for this key runs at the same time. Closes the transaction the connection may be in."""
    connection.execution_options(isolation_level="AUTOCOMMIT")
    # Asked for again and again: one that waits inside the database would hold up an index built beside the traffic.
    while not connection.scalar(text("SELECT pg_try_advisory_lock(:key)"), {"key": key}):
        time.sleep(_LOOK_SECONDS)
    try:
        yield
    finally:
        connection.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": key})


def keep_trying(
    change: Callable[[], None], connection: Connection, watch: Connection, patience: Patience
) -> None:
    """Call `change`, which works on `connection`, until it got its locks; `watch` sees who was in the way.

    Raises TablesAreBusy when the last try was in vain. What `change` has committed stays.
    """
    pid = connection.scalar(text("SELECT pg_backend_pid()"))
    connection.rollback()
    event.listen(connection, "begin", _waits_at_most(patience.lock_seconds))
    who = ""
    for tried in range(1, patience.tries + 1):
        with _seen_in_the_way(watch, pid) as holders:
            try:
                change()
            except sqlalchemy.exc.OperationalError as error:
                if not isinstance(
                    error.orig, psycopg.errors.LockNotAvailable | psycopg.errors.DeadlockDetected
                ):
                    raise
                connection.rollback()
            else:
                return
        who = "; ".join(holders) or "somebody who has left meanwhile"
        if tried < patience.tries:
            log.warning("a table is busy, migrating waits", tried=tried, held_by=who)
            time.sleep(patience.pause_seconds(tried))
    raise TablesAreBusy(
        f"The database was not migrated: a table is held by {who}. Asked {patience.tries} times for "
        f"{patience.lock_seconds:g} s each. End that transaction, or wait for it, and migrate again; what was done "
        "already stays done, and the release before runs on it."
    )


def _waits_at_most(seconds: float) -> Callable[[Connection], None]:
    def begun(connection: Connection) -> None:
        # Outside of transactions (an index that is built beside the traffic) a wait is in nobody's way.
        if connection.get_execution_options().get("isolation_level") != "AUTOCOMMIT":
            connection.exec_driver_sql(f"SET LOCAL lock_timeout = {int(seconds * 1000)}")

    return begun


@contextmanager
def _seen_in_the_way(watch: Connection, pid: int | None) -> Generator[list[str]]:
    """Fills a list with whoever was last seen to keep this process of the database waiting."""
    seen: list[str] = []
    over = threading.Event()

    def look() -> None:
        # Where the database goes away, the change fails by itself and says so.
        with suppress(sqlalchemy.exc.OperationalError):
            while not over.wait(_LOOK_SECONDS):
                if found := list(watch.scalars(_BLOCKERS, {"pid": pid})):
                    seen[:] = found

    watcher = threading.Thread(target=look, name="who is in the way", daemon=True)
    watcher.start()
    try:
        yield seen
    finally:
        over.set()
        watcher.join()
