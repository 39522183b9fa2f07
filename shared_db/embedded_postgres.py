"""Our own PostgreSQL below BATUA_DATA: started when needed, shared by all who need it, stopped by the last.

Every user holds a shared lock on `users.lock` while it lives; the server's keeper (embedded/keeper.py) stops
the server when it gets that lock for itself. So a crash, a `kill -9` and a Ctrl-C all end alike, and starting
again is always the same: take `start.lock`, look whether the server answers, and if not, start it.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import subprocess
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import quote

import psycopg

from runtime.ports import can_listen, free_port
from shared_db.embedded import binaries, strays
from shared_db.embedded.cluster import DATABASE, ROLE, prepare
from shared_db.embedded.errors import DatabaseRefused, last_lines
from shared_db.embedded.unprivileged import Server, choose, cluster_below, home_of

__all__ = ["DatabaseRefused", "EmbeddedPostgres", "ensure_running"]

_HOST = "127.0.0.1"
_ANSWER_SECONDS = 2
_START_SECONDS = 120
_STOP_SECONDS = 16
_LOOK_EVERY_SECONDS = 0.05
_TRIES = 3
_LARGEST_LOG_BYTES = 10_000_000


class EmbeddedPostgres:
    """A running server that we are a user of, until `stop`. A context manager, too."""

    def __init__(self, folder: Path, password: str, wanted_port: int | None) -> None:
        self._folder = folder
        self._password = password
        self._wanted_port = wanted_port
        self._cluster = cluster_below(home_of(folder))
        self._keeper: subprocess.Popen[bytes] | None = None
        self._users = _open_lock(folder / "users.lock")
        self.port = 0
        # Waits where the last user has just left: for the end of the server that is stopping.
        fcntl.flock(self._users, fcntl.LOCK_SH)

    @property
    def url(self) -> str:
        return f"postgresql://{ROLE}:{quote(self._password, safe='')}@{_HOST}:{self.port}/{DATABASE}"

    @property
    def log(self) -> Path:
        return self._folder / "postgres.log"

    def is_alive(self) -> bool:
        """Whether our server, and no stranger on its port, takes connections now."""
        try:
            return self._serves(self.port)
        except psycopg.OperationalError:
            return False

    def restart_if_dead(self) -> None:
        """Bring the server back on the same port, data intact. Raises DatabaseRefused."""
        with self._starting():
            if not self._answers_soon():
                self._start(self.port)

    def start(self) -> None:
        """Use the server that runs, or start it. Raises DatabaseRefused."""
        with self._starting():
            self.port = self._kept_port()
            if self.port and self._answers_soon():
                return
            for tries_left in reversed(range(_TRIES)):
                port = self._choose_port()
                try:
                    self._start(port)
                except DatabaseRefused:
                    # Somebody may have taken a port of our own choice in the last moment.
                    if self._wanted_port or not tries_left or can_listen(_HOST, port):
                        raise
                else:
                    return

    def stop(self) -> None:
        """Leave. The last one out waits until the server has stopped."""
        if self._users < 0:
            return
        with self._starting():
            fcntl.flock(self._users, fcntl.LOCK_UN)
            last = _gets_alone(self._users)
            fcntl.flock(self._users, fcntl.LOCK_UN)
        os.close(self._users)
        self._users = -1
        if last:
            self._wait_for_the_end()
        if self._keeper and self._keeper.poll() is None:
            # It goes on for others, as somebody else's child.
            self._keeper.returncode = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _choose_port(self) -> int:
        if self._wanted_port:
            if not can_listen(_HOST, self._wanted_port):
                raise DatabaseRefused(
                    f"Port {self._wanted_port} is taken. Set DATABASE_PORT to a free one, or leave it unset."
                )
            return self._wanted_port
        kept = self._kept_port()
        return kept if kept and can_listen(_HOST, kept) else free_port(_HOST)

    def _kept_port(self) -> int:
        path = self._folder / "port"
        text = path.read_text().strip() if path.exists() else ""
        return int(text) if text.isdecimal() else 0

    @contextmanager
    def _starting(self) -> Generator[None]:
        lock = _open_lock(self._folder / "start.lock")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
        finally:
            os.close(lock)

    def _answers_soon(self) -> bool:
        """Whether a server of ours is there, perhaps busy or still recovering: only a dead one is replaced.

        Raises DatabaseRefused when it lives and does not let us in.
        """
        until = time.monotonic() + _START_SECONDS
        while time.monotonic() < until:
            try:
                return self._serves(self.port)
            except psycopg.OperationalError as error:
                if can_listen(_HOST, self.port) or not strays.at_work_in(self._cluster):
                    return False
                if "password authentication failed" in str(error):
                    break
            time.sleep(_LOOK_EVERY_SECONDS)
        raise DatabaseRefused(
            f"The database in {self._folder} runs already and does not let us in: it is overloaded, or "
            "DATABASE_PASSWORD has changed since it started. Stop whatever uses it first."
        )

    def _serves(self, port: int) -> bool:
        """Ask by logging in, as the applications do: an open port may be a stranger's, a pid file is hearsay.

        Raises OperationalError when it does not answer.
        """
        with psycopg.connect(
            host=_HOST,
            port=port,
            user=ROLE,
            password=self._password,
            dbname="postgres",
            connect_timeout=_ANSWER_SECONDS,
            require_auth="scram-sha-256",
            sslmode="disable",
            application_name="batua start",
        ) as connection:
            row = connection.execute("SHOW data_directory").fetchone()
        return row == (str(self._cluster),)

    def _start(self, port: int) -> None:
        server = choose(self._folder, self._binaries())
        self._cluster = server.cluster
        strays.end(self._cluster)
        prepare(server, self._password)
        self._launch(server, port)
        self._wait_until_ready(port)
        self.port = port
        (self._folder / "port").write_text(f"{port}\n")

    def _binaries(self) -> binaries.Binaries:
        version = self._cluster / "PG_VERSION"
        made_by = int(version.read_text()) if version.exists() else None
        found = list(binaries.installed())
        for one in found:
            if made_by in (None, one.major):
                return one
        if found:
            raise DatabaseRefused(
                f"The database in {self._folder} was made by PostgreSQL {made_by}, here is {found[0].version}. "
                "Set BATUA_DATA to a new folder, or DATABASE_URL to a server of your own."
            )
        raise DatabaseRefused("No PostgreSQL was found. Run `make install`, or set DATABASE_URL.")

    def _launch(self, server: Server, port: int) -> None:
        if self._keeper:
            self._keeper.wait(_STOP_SECONDS)
        if self.log.exists() and self.log.stat().st_size > _LARGEST_LOG_BYTES:
            self.log.replace(self.log.with_suffix(".log.1"))
        locks = [_open_lock(self._folder / name) for name in ("start.lock", "users.lock")]
        log = os.open(self.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            self._keeper = server.start(locks, log, "-D", str(server.cluster), "-c", f"port={port}")
        finally:
            for number in (*locks, log):
                os.close(number)

    def _wait_until_ready(self, port: int) -> None:
        until = time.monotonic() + _START_SECONDS
        while self._keeper and self._keeper.poll() is None and time.monotonic() < until:
            with contextlib.suppress(psycopg.OperationalError):
                if self._serves(port):
                    return
            time.sleep(_LOOK_EVERY_SECONDS)
        raise DatabaseRefused(
            "The database did not start. Set DATABASE_PORT or BATUA_DATA to something else, or DATABASE_URL "
            f"to a server of your own. The end of {self.log}:\n{last_lines(self.log)}"
        )

    def _wait_for_the_end(self) -> None:
        until = time.monotonic() + _STOP_SECONDS
        while time.monotonic() < until:
            keeper_left = self._keeper is None or self._keeper.poll() is not None
            if keeper_left and not strays.at_work_in(self._cluster) and can_listen(_HOST, self.port or 1):
                return
            time.sleep(_LOOK_EVERY_SECONDS)


def ensure_running(folder: Path, *, password: str, port: int | None) -> EmbeddedPostgres:
    """The server whose data lies in `folder`, started if need be; the caller is its user until `stop`.

    `port` None takes a free port and keeps it for the next time. Raises DatabaseRefused.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    server = EmbeddedPostgres(folder.resolve(), password, port)
    try:
        server.start()
    except BaseException:
        server.stop()
        raise
    return server


def _open_lock(path: Path) -> int:
    return os.open(path, os.O_RDWR | os.O_CREAT, 0o600)


def _gets_alone(lock: int) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
