"""HTTP/1.1 that costs little: connections to one door are kept, and each answer is read whole."""

from __future__ import annotations

import asyncio
from typing import NamedTuple

from bench.load import content_length

_LARGEST_HEAD_BYTES = 64 * 1024


class Cut(Exception):
    """The connection ended before there was a whole answer."""


class Answer(NamedTuple):
    """What a door said."""

    status: int
    body: bytes


class _Kept(NamedTuple):
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter


class Connections:
    """To one port of this machine; as many as are needed at once."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._idle: list[_Kept] = []

    async def ask(self, message: bytes, *, within_seconds: float) -> Answer:
        """Send a whole request. Raises Cut; whether it was done is then unknown."""
        try:
            async with asyncio.timeout(within_seconds):
                return await self._ask(message)
        except (OSError, EOFError, ValueError, TimeoutError) as error:
            raise Cut from error

    def close(self) -> None:
        for kept in self._idle:
            kept.writer.close()

    async def _ask(self, message: bytes) -> Answer:
        kept = self._usable() or _Kept(
            *await asyncio.open_connection("127.0.0.1", self._port, limit=_LARGEST_HEAD_BYTES)
        )
        try:
            kept.writer.write(message)
            head = await kept.reader.readuntil(b"\r\n\r\n")
            answer = Answer(int(head[9:12]), await _body(kept.reader, head.lower()))
        except BaseException:
            kept.writer.close()
            raise
        if b"connection: close" in head.lower():
            kept.writer.close()
        else:
            self._idle.append(kept)
        return answer

    def _usable(self) -> _Kept | None:
        while self._idle:
            kept = self._idle.pop()
            if not kept.reader.at_eof() and not kept.writer.is_closing():
                return kept
            kept.writer.close()
        return None


async def _body(reader: asyncio.StreamReader, head: bytes) -> bytes:
    if b"transfer-encoding: chunked" not in head:
        return await reader.readexactly(content_length(head))
    body = b""
    while size := int((await reader.readuntil(b"\r\n")).split(b";")[0], 16):
        body += await reader.readexactly(size)
        await reader.readexactly(2)
    await reader.readuntil(b"\r\n")
    return body
