"""Tabs without a browser: websockets that open the wallet's page and take in what it is told.

They run as a process of their own (`python -m bench.tabs`), so that their Python does not share an interpreter with
what sends and measures. It reads a pickled address and cookies from standard input, writes `ready` when every tab
has been shown a balance, and when its input ends writes what each tab was shown, pickled.
"""

from __future__ import annotations

import asyncio
import json
import pickle
import re
import subprocess
import sys
import time
import uuid
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, NamedTuple
from urllib.parse import urlsplit

from websockets.asyncio.client import connect

_ROOT = Path(__file__).resolve().parent.parent
_READY = b"ready\n"
_READY_WITHIN_SECONDS = 30
_NAMESPACE = "/_event"
_HYDRATE = {
    "name": "reflex___state____state.hydrate_and_load",
    "payload": {},
    "router_data": {"pathname": "/transfer", "query": {}, "asPath": "/transfer"},
}
_BALANCE = re.compile(r'\\?"balance_rx_state_\\?": ?\\?"([^"\\]+)')
"""Not the empty one that every State begins with. The update may be a text within the frame's text."""


class Shown(NamedTuple):
    """A balance that a tab was told, and when, in seconds of the wall clock."""

    balance: str
    at: float


@dataclass
class Tabs:
    """What each tab was shown; known once all are closed."""

    shown: list[list[Shown]] = field(default_factory=list[list[Shown]])


@contextmanager
def open_tabs(url: str, cookies: Sequence[str]) -> Generator[Tabs]:
    """One tab for each cookie, as its header has it, until the block ends."""
    process = subprocess.Popen(
        [sys.executable, "-m", "bench.tabs"], cwd=_ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert process.stdin
    assert process.stdout
    tabs = Tabs()
    try:
        process.stdin.write(pickle.dumps((url, list(cookies))))
        process.stdin.flush()
        assert process.stdout.readline() == _READY, "every tab is shown a balance"
        yield tabs
        process.stdin.close()
        tabs.shown = pickle.loads(process.stdout.read())
    finally:
        process.kill()
        process.wait()


async def _stay_open(url: str, cookie: str, shown: list[Shown], is_shown: asyncio.Event) -> None:
    address = f"ws://{urlsplit(url).netloc}/_event/?EIO=4&transport=websocket&token={uuid.uuid4()}"
    async with connect(
        address, additional_headers={"Cookie": cookie, "Origin": url}, max_size=None
    ) as socket:
        await socket.send(f"40{_NAMESPACE},")
        await socket.send(f"42{_NAMESPACE}," + json.dumps(["event", _HYDRATE], separators=(",", ":")))
        async for frame in socket:
            now = time.time()
            text = frame if isinstance(frame, str) else frame.decode()
            if text == "2":
                await socket.send("3")
            elif (found := _BALANCE.search(text)) and (not shown or found[1] != shown[-1].balance):
                shown.append(Shown(found[1], now))
                is_shown.set()


async def _stay_all(url: str, cookies: Sequence[str], until: IO[bytes]) -> list[list[Shown]]:
    everything: list[list[Shown]] = [[] for _ in cookies]
    are_shown = [asyncio.Event() for _ in cookies]
    async with asyncio.TaskGroup() as group:
        tabs = [
            group.create_task(_stay_open(url, *one))
            for one in zip(cookies, everything, are_shown, strict=True)
        ]
        async with asyncio.timeout(_READY_WITHIN_SECONDS):
            for is_shown in are_shown:
                await is_shown.wait()
        sys.stdout.buffer.write(_READY)
        sys.stdout.buffer.flush()
        await asyncio.to_thread(until.read)
        for tab in tabs:
            tab.cancel()
    return everything


def main() -> None:
    """The process that `open_tabs` starts."""
    url, cookies = pickle.load(sys.stdin.buffer)
    shown = asyncio.run(_stay_all(url, cookies, sys.stdin.buffer))
    sys.stdout.buffer.write(pickle.dumps(shown))


if __name__ == "__main__":
    # Imported under its own name: what is pickled by `__main__` is found by nobody else.
    from bench import tabs  # noqa: PLW0406

    tabs.main()
