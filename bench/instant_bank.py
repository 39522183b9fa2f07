"""A bank that pays at once, or after a wait of its own choosing, and remembers in which order it was asked.

It is not what is measured, so it costs little: one process, uvloop, no framework. It speaks the payouts of the banks'
contract and nothing else. It runs as `python -m bench.instant_bank`, reads its port and each bank's wait, pickled, from
standard input, writes `ready` once it listens, and its books, pickled, when its input ends.
"""

from __future__ import annotations

import asyncio
import json
import pickle
import subprocess
import sys
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, cast

import uvloop

from bench.load import content_length
from runtime.ports import free_port

_ROOT = Path(__file__).resolve().parent.parent
_READY = b"ready\n"
_HEAD_ENDS = b"\r\n\r\n"


@dataclass
class Books:
    """What the bank has been asked to pay; complete once it is closed."""

    paid: dict[str, str] = field(default_factory=dict[str, str])
    """The account number of each reference, in the order in which they came."""
    sent_again: int = 0
    """Payouts whose reference was known already: the bank paid none of them a second time."""
    overlaps: int = 0
    """Payouts that came while another into the same account was under way."""


@dataclass
class InstantBank:
    """One that is running. `books` are known once it is closed."""

    port: int
    books: Books = field(default_factory=Books)

    def address(self, bank: str) -> str:
        """As the setting of this bank wants it."""
        return f"http://127.0.0.1:{self.port}/{bank}/api"


@contextmanager
def open_bank(waits: Mapping[str, float]) -> Generator[InstantBank]:
    """Each bank of `waits` answers a payout after so many seconds, until the block ends."""
    bank = InstantBank(free_port())
    with subprocess.Popen(
        [sys.executable, "-m", "bench.instant_bank"], cwd=_ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdin
        assert process.stdout
        try:
            process.stdin.write(pickle.dumps((bank.port, dict(waits))))
            process.stdin.flush()
            assert process.stdout.readline() == _READY, "the bank listens"
            yield bank
            process.stdin.close()
            bank.books = pickle.loads(process.stdout.read())
        finally:
            process.kill()


class _Desk:
    """Takes what the connections read, and says what they shall answer, and after how long."""

    def __init__(self, waits: Mapping[str, float]) -> None:
        self.books = Books()
        self._waits = waits
        self._under_way: set[str] = set()

    def pay(self, bank: str, body: bytes) -> tuple[float, str, str]:
        """The wait, the account, the reference."""
        order = json.loads(body)
        reference, account = order["reference"], order["account_number"]
        if reference in self.books.paid:
            self.books.sent_again += 1
        else:
            self.books.paid[reference] = account
        if account in self._under_way:
            self.books.overlaps += 1
        self._under_way.add(account)
        return self._waits[bank], account, reference

    def is_over(self, account: str) -> None:
        self._under_way.discard(account)

    def knows(self, reference: str) -> bool:
        return reference in self.books.paid


class _Connection(asyncio.Protocol):
    def __init__(self, desk: _Desk) -> None:
        self._desk = desk
        self._received = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        self._received += data
        head, found, body = self._received.partition(_HEAD_ENDS)
        if not found or len(body) < content_length(head):
            return
        self._received = b""
        method, target, _ = head.split(b"\r\n", 1)[0].decode().split(" ")
        parts = target.split("/")
        if method == "GET":
            self._answer_about(parts[-1])
            return
        wait, account, reference = self._desk.pay(parts[1], body)
        if wait:
            asyncio.get_running_loop().call_later(wait, self._paid, account, reference)
        else:
            self._paid(account, reference)

    def _paid(self, account: str, reference: str) -> None:
        self._desk.is_over(account)
        self._answer_about(reference)

    def _answer_about(self, reference: str) -> None:
        assert self._transport
        known = self._desk.knows(reference)
        body = json.dumps(
            {"reference": reference, "status": "succeeded", "utr": f"UTR{reference[-12:]}", "reason": None}
            if known
            else {"detail": "unknown reference"}
        ).encode()
        status = "200 OK" if known else "404 Not Found"
        head = f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        self._transport.write(head.encode() + body)


async def _serve(port: int, waits: Mapping[str, float], until: IO[bytes]) -> Books:
    desk = _Desk(waits)
    server = await asyncio.get_running_loop().create_server(lambda: _Connection(desk), "127.0.0.1", port)
    async with server:
        sys.stdout.buffer.write(_READY)
        sys.stdout.buffer.flush()
        await asyncio.to_thread(until.read)
    return desk.books


def main() -> None:
    """The process that `open_bank` starts."""
    port, waits = pickle.load(sys.stdin.buffer)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        sys.stdout.buffer.write(pickle.dumps(runner.run(_serve(port, waits, sys.stdin.buffer))))


if __name__ == "__main__":
    # Imported under its own name: what is pickled by `__main__` is found by nobody else.
    from bench import instant_bank  # noqa: PLW0406

    instant_bank.main()
