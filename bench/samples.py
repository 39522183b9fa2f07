"""What processes hold, looked at again and again: memory, files, threads, connections; and lines through them."""

from __future__ import annotations

import math
import statistics
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import psutil

_BYTES_IN_MB = 1_000_000


class Sample(NamedTuple):
    """One process at one moment; memory in MB, `cpu_seconds` since it began."""

    minute: float
    pid: int
    rss_mb: float
    own_mb: float
    """What would be free if it ended (USS)."""
    files: int
    threads: int
    connections: int
    """To PostgreSQL."""
    cpu_seconds: float


class Line(NamedTuple):
    """The straight line through a row of figures, by least squares, in units a minute."""

    slope: float
    spread: float
    """The slope's standard error."""


def line_through(minutes: Sequence[float], values: Sequence[float]) -> Line:
    """At least three points at different minutes."""
    slope, intercept = statistics.linear_regression(minutes, values)
    off = sum((value - intercept - slope * at) ** 2 for at, value in zip(minutes, values, strict=True))
    middle = statistics.fmean(minutes)
    width = sum((at - middle) ** 2 for at in minutes)
    return Line(slope, math.sqrt(off / (len(minutes) - 2) / width))


@dataclass(frozen=True)
class Watch:
    """Whom to look at, by name, and on which port PostgreSQL listens."""

    pids: Mapping[str, int]
    database_port: int

    def look(self, began: float) -> dict[str, Sample]:
        """All of them now; `began` is of `time.monotonic()`. A process that has ended raises NoSuchProcess."""
        return {name: self._sample(psutil.Process(pid), began) for name, pid in self.pids.items()}

    def _sample(self, process: psutil.Process, began: float) -> Sample:
        memory, cpu = process.memory_full_info(), process.cpu_times()
        to_database = [
            one
            for one in process.net_connections("tcp")
            if one.raddr and one.raddr.port == self.database_port and one.status == psutil.CONN_ESTABLISHED
        ]
        return Sample(
            minute=(time.monotonic() - began) / 60,
            pid=process.pid,
            rss_mb=memory.rss / _BYTES_IN_MB,
            own_mb=memory.uss / _BYTES_IN_MB,
            files=process.num_fds(),
            threads=process.num_threads(),
            connections=len(to_database),
            cpu_seconds=cpu.user + cpu.system,
        )
