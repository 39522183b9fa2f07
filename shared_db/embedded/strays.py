"""PostgreSQL processes that outlived their postmaster.

After a `kill -9` of the postmaster a busy back end lives on and holds the shared memory, so that no new
server starts for 20 seconds and more. The pid file says nothing about them; where they work does.
"""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

_PROCESSES = Path("/proc")


def at_work_in(cluster: Path) -> list[int]:
    """The PostgreSQL processes whose working folder is this cluster; none where the system cannot tell."""
    return list(_find(cluster))


def end(cluster: Path, *, within_seconds: float = 5) -> None:
    """SIGKILL them all, and return when they are gone and no longer in the way of a new server."""
    until = time.monotonic() + within_seconds
    while (strays := at_work_in(cluster)) and time.monotonic() < until:
        for stray in strays:
            with contextlib.suppress(ProcessLookupError):
                os.kill(stray, signal.SIGKILL)
        time.sleep(0.02)
    if not strays:
        _forget_postmaster(cluster)


def _forget_postmaster(cluster: Path) -> None:
    """Remove the pid file when its number is not a server of this cluster, whatever else runs under it now.

    A new server would take a zombie that nobody reaps, or any process that was given the number after a
    reboot, for the old server, and refuse to start. A number that is free is PostgreSQL's own to judge.
    """
    pid_file = cluster / "postmaster.pid"
    first_line = pid_file.read_text().split("\n", 1)[0].strip() if pid_file.exists() else ""
    if first_line and (_PROCESSES / first_line).exists():
        pid_file.unlink()


def _find(cluster: Path) -> Iterator[int]:
    for process in _PROCESSES.glob("[0-9]*"):
        # A process may end between two looks, and others' are closed to us.
        with contextlib.suppress(OSError):
            if (process / "cwd").readlink() == cluster and (
                process / "comm"
            ).read_text().strip() == "postgres":
                yield int(process.name)
