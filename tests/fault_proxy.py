"""A TCP proxy that breaks connections on purpose: hand in what each one is to suffer, in turn.

    async with fault_proxy(port_of_the_server) as proxy:
        proxy.next(drop_answer(), passed_on())  # the last one for ever
        ... call proxy.port ...

It knows nothing of HTTP: it moves bytes, and what it drops never comes back.
"""

import asyncio
import socket
import struct
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import TypeAlias

_CHUNK_BYTES = 64 * 1024


@dataclass
class Line:
    """One connection: the caller's end, and the server behind the proxy."""

    from_caller: asyncio.StreamReader
    to_caller: asyncio.StreamWriter
    server_port: int
    _server_ends: list[asyncio.StreamWriter] = field(default_factory=list)

    async def open_server(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        from_server, to_server = await asyncio.open_connection("127.0.0.1", self.server_port)
        self._server_ends.append(to_server)
        return from_server, to_server

    def close(self) -> None:
        for end in (*self._server_ends, self.to_caller):
            end.close()


Behaviour: TypeAlias = Callable[[Line], Awaitable[None]]


def passed_on() -> Behaviour:
    """Nothing is broken."""
    return late(0)


def late(seconds: float) -> Behaviour:
    """Everything arrives, this much later."""

    async def behave(line: Line) -> None:
        await asyncio.sleep(seconds)
        from_server, to_server = await line.open_server()
        await _first_to_end(_pour(line.from_caller, to_server), _pour(from_server, line.to_caller))

    return behave


def cut_after(count: int, *, mark: bytes = b"") -> Behaviour:
    """The answer's first `count` bytes arrive, counted from the end of `mark`; then the connection closes."""

    async def behave(line: Line) -> None:
        from_server, to_server = await line.open_server()
        asking = asyncio.create_task(_pour(line.from_caller, to_server))
        answer = b""
        while chunk := await from_server.read(_CHUNK_BYTES):
            sent, answer = len(answer), answer + chunk
            found = answer.find(mark)
            end = len(answer) if found < 0 else found + len(mark) + count
            line.to_caller.write(answer[sent:end])
            await line.to_caller.drain()
            if len(answer) > end:
                break
        asking.cancel()

    return behave


def drop_answer() -> Behaviour:
    """The request reaches the server and the server answers; the caller sees a closed connection."""
    return cut_after(0)


def reset() -> Behaviour:
    """The request is taken, reaches nobody, and the connection is reset (RST)."""

    async def behave(line: Line) -> None:
        await line.from_caller.read(_CHUNK_BYTES)
        connection: socket.socket = line.to_caller.get_extra_info("socket")
        # Lingering for no time at all makes the kernel send RST where it would send FIN.
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        line.to_caller.transport.abort()

    return behave


def black_hole() -> Behaviour:
    """The connection is accepted and every byte taken; nothing ever comes back."""

    async def behave(line: Line) -> None:
        while await line.from_caller.read(_CHUNK_BYTES):
            pass

    return behave


def slow(bytes_a_second: int) -> Behaviour:
    """The answer drips: one byte at a time, so that no single read waits for long."""

    async def behave(line: Line) -> None:
        from_server, to_server = await line.open_server()
        asking = asyncio.create_task(_pour(line.from_caller, to_server))
        while byte := await from_server.read(1):
            line.to_caller.write(byte)
            await line.to_caller.drain()
            await asyncio.sleep(1 / bytes_a_second)
        asking.cancel()

    return behave


@dataclass
class FaultProxy:
    port: int
    connections: int = 0
    """How many have come so far."""
    _plan: deque[Behaviour] = field(default_factory=lambda: deque([passed_on()]))

    def next(self, *behaviours: Behaviour) -> None:
        """What the next connections suffer, one after the other; the last one is for all that follow."""
        assert behaviours, "somebody has to come next"
        self._plan = deque(behaviours)

    def take(self) -> Behaviour:
        self.connections += 1
        return self._plan[0] if len(self._plan) == 1 else self._plan.popleft()


@asynccontextmanager
async def fault_proxy(server_port: int) -> AsyncIterator[FaultProxy]:
    """Stands in front of 127.0.0.1:`server_port` until the block ends; whoever is connected is cut off then."""
    open_lines: set[asyncio.Task[None]] = set()

    async def serve(from_caller: asyncio.StreamReader, to_caller: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task
        open_lines.add(task)
        line = Line(from_caller, to_caller, server_port)
        try:
            # Either end may leave in the middle, and a server that is not there refuses us.
            with suppress(OSError, asyncio.CancelledError):
                await proxy.take()(line)
        finally:
            line.close()
            open_lines.discard(task)

    listening = await asyncio.start_server(serve, "127.0.0.1", 0)
    proxy = FaultProxy(listening.sockets[0].getsockname()[1])
    try:
        yield proxy
    finally:
        listening.close()
        for task in list(open_lines):
            task.cancel()
        await asyncio.gather(*open_lines, return_exceptions=True)


async def _pour(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    while chunk := await source.read(_CHUNK_BYTES):
        target.write(chunk)
        await target.drain()


async def _first_to_end(*ways: Awaitable[None]) -> None:
    tasks = [asyncio.ensure_future(way) for way in ways]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
