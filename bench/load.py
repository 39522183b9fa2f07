"""A small HTTP/1.1 load generator: keep-alive connections that send prepared requests as fast as they are answered.

It runs as a process of its own (`python -m bench.load`), reads one pickled `Load` from standard input and writes
one pickled `Measured`, so that its Python does not share an interpreter with anything it measures.
"""

from __future__ import annotations

import asyncio
import pickle
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

import uvloop

from bench.figures import percentile

_ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Load:
    """Requests are whole messages, head and body; each is sent at most once."""

    port: int
    connections: int
    seconds: float
    requests: Sequence[bytes]


@dataclass
class Measured:
    """`milliseconds` holds one latency for each answer."""

    seconds: float
    statuses: Counter[int] = field(default_factory=Counter[int])
    milliseconds: list[float] = field(default_factory=list[float])

    def percentile(self, share: float) -> float:
        return percentile(self.milliseconds, share)


def run(load: Load) -> Measured:
    """Send the load from a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "bench.load"],
        cwd=_ROOT,
        input=pickle.dumps(load),
        stdout=subprocess.PIPE,
        check=True,
        timeout=load.seconds + 60,
    )
    measured = pickle.loads(done.stdout)
    assert isinstance(measured, Measured)
    return measured


def content_length(head: bytes) -> int:
    """As the head of a message has it; 0 where it has none."""
    start = head.lower().find(b"content-length:")
    return int(head[start + 15 :].split(b"\r\n", 1)[0]) if start >= 0 else 0


class _Connection(asyncio.Protocol):
    def __init__(self, requests: Iterator[bytes], until: float, measured: Measured) -> None:
        self._requests = requests
        self._until = until
        self._measured = measured
        self._received = b""
        self._usual = 0
        self._usual_start = b""
        self._sent_at = 0.0
        self._transport: asyncio.Transport | None = None
        self.finished = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._send()

    def data_received(self, data: bytes) -> None:
        # An answer as long as the last complete one, with the same status line, is complete as well: the client
        # shares two cores with what it measures, so it must cost little.
        if self._received or len(data) != self._usual or data[:12] != self._usual_start:
            self._received += data
            if not _is_complete(self._received):
                return
            data, self._received = self._received, b""
            self._usual, self._usual_start = len(data), data[:12]
        self._measured.milliseconds.append((time.perf_counter() - self._sent_at) * 1000)
        self._measured.statuses[int(data[9:12])] += 1
        self._send()

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.finished.done():
            self.finished.set_result(exc)

    def _send(self) -> None:
        assert self._transport
        request = next(self._requests, None) if time.perf_counter() < self._until else None
        if request is None:
            self._transport.close()
            return
        self._sent_at = time.perf_counter()
        self._transport.write(request)


def _is_complete(received: bytes) -> bool:
    head, found, body = received.partition(b"\r\n\r\n")
    return bool(found) and len(body) >= content_length(head)


async def _generate(load: Load) -> Measured:
    loop = asyncio.get_running_loop()
    started = time.perf_counter()
    measured = Measured(0)
    requests = iter(load.requests)

    def connection() -> _Connection:
        return _Connection(requests, started + load.seconds, measured)

    opened = [
        await loop.create_connection(connection, "127.0.0.1", load.port) for _ in range(load.connections)
    ]
    await asyncio.gather(*(protocol.finished for _, protocol in opened))
    measured.seconds = time.perf_counter() - started
    return measured


def main() -> None:
    """The process that `run` starts."""
    given: Load = pickle.load(sys.stdin.buffer)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        sys.stdout.buffer.write(pickle.dumps(runner.run(_generate(given))))


if __name__ == "__main__":
    # Imported under its own name: what is pickled by `__main__` is found by nobody else.
    from bench import load  # noqa: PLW0406

    load.main()
