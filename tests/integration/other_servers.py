"""A PostgreSQL of another version, or with other users, beside the one of all tests; its superuser may come in."""

from __future__ import annotations

import contextlib
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

from shared_db.embedded.binaries import Binaries
from shared_db.embedded.unprivileged import choose
from tests.town import free_port


@contextmanager
def a_server(binaries: Binaries, folder: Path) -> Iterator[str]:
    """The address of its database `postgres`, as superuser; it is gone in the end."""
    folder.mkdir(mode=0o700)
    server = choose(folder, binaries)
    made = server.run(
        "initdb", "-D", str(server.cluster), "-U", "postgres", "-A", "trust", "-N", "-E", "UTF8"
    )
    assert made.returncode == 0, made.stderr
    port = free_port()
    settings = ("listen_addresses=127.0.0.1", "unix_socket_directories=", f"port={port}", "fsync=off")
    program = str(server.binaries.folder / "postgres")
    options = [word for one in settings for word in ("-c", one)]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            server.through_keeper("none", program, "-D", str(server.cluster), *options),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd=server.home,
        )
    url = f"postgresql://postgres@127.0.0.1:{port}/postgres"
    try:
        _wait_until_it_answers(url, folder / "log")
        yield url
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(30)


def _wait_until_it_answers(url: str, log: Path) -> None:
    until = time.monotonic() + 60
    while time.monotonic() < until:
        with contextlib.suppress(psycopg.OperationalError):
            psycopg.connect(url).close()
            return
        time.sleep(0.1)
    raise AssertionError(log.read_text())
