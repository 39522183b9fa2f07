"""A process that is told to stop leaves as the proxy in front of it needs it: no request is cut by its going."""

from __future__ import annotations

import http.client
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager

import pytest

from runtime.ports import free_port
from settings import ROOT

_SERVER = """
import asyncio, sys
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from runtime.serving import serve

async def answer(request: Request) -> PlainTextResponse:
    body = await request.body()
    await asyncio.sleep(float(request.path_params["seconds"]))
    return PlainTextResponse(body)

app = Starlette(routes=[Route("/{seconds}", answer, methods=["GET", "POST"])])
serve(app, host="127.0.0.1", port=int(sys.argv[1]), port_variable="A_PORT", is_behind_proxy=sys.argv[2] == "proxied")
"""
# On a busy machine the signal is heard late.
_HEARD_SECONDS = 0.6


class Server:
    def __init__(self, process: subprocess.Popen[bytes], port: int) -> None:
        self.process = process
        self.port = port

    @contextmanager
    def line(self) -> Generator[http.client.HTTPConnection]:
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        line.auto_open = False
        line.connect()
        assert said(line) == (200, b"", None)
        try:
            yield line
        finally:
            line.close()

    def told_to_stop(self) -> None:
        """And has heard it: it takes no new line."""
        self.process.send_signal(signal.SIGTERM)
        _until(lambda: not self.takes_lines())

    def takes_lines(self) -> bool:
        try:
            socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
        except OSError:
            return False
        return True


@contextmanager
def serving(*, proxied: bool) -> Generator[Server]:
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-c", _SERVER, str(port), "proxied" if proxied else "bare"], cwd=ROOT
    )
    server = Server(process, port)
    try:
        _until(server.takes_lines)
        yield server
    finally:
        process.kill()
        process.wait()


@pytest.fixture
def proxied() -> Generator[Server]:
    with serving(proxied=True) as server:
        yield server


def test_a_line_that_was_idle_is_answered_once_more_and_then_ended(proxied: Server) -> None:
    with proxied.line() as one, proxied.line() as another, proxied.line() as unused:
        proxied.told_to_stop()
        for line in (one, another):
            assert said(line, "/0", b"pay") == (200, b"pay", "close")
        assert proxied.process.wait(20) == 0
        assert was_closed(unused)


def test_what_is_under_way_is_finished_and_ends_its_line(proxied: Server) -> None:
    with proxied.line() as line:
        line.request("POST", "/6", b"pay")
        time.sleep(_HEARD_SECONDS)
        proxied.told_to_stop()
        answer = line.getresponse()
        assert (answer.status, answer.read(), answer.headers["connection"]) == (200, b"pay", "close")
        assert proxied.process.wait(20) == 0


def test_where_nobody_stands_in_front_idle_lines_are_closed_at_once() -> None:
    with serving(proxied=False) as server, server.line() as line:
        server.told_to_stop()
        assert was_closed(line)
        assert server.process.wait(20) == 0


def said(
    line: http.client.HTTPConnection, path: str = "/0", body: bytes = b""
) -> tuple[int, bytes, str | None]:
    """Status, body, and what is said about the line."""
    line.request("POST", path, body)
    answer = line.getresponse()
    return answer.status, answer.read(), answer.headers["connection"]


def was_closed(line: http.client.HTTPConnection) -> bool:
    try:
        said(line)
    except ConnectionError:
        return True
    return False


def _until(true: Callable[[], bool]) -> None:
    until = time.monotonic() + 15
    while not true():
        assert time.monotonic() < until
        time.sleep(0.02)
