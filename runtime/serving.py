"""Serve one ASGI application on one port until told to stop, and leave with exit code 0."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import signal
import socket
import sys
import time
from collections.abc import Generator

import uvicorn
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_GRACE_SECONDS = 4
_GRACE_BEHIND_PROXY_SECONDS = 10
# Longer than deploy/Caddyfile keeps a line without use.
LINGERS_SECONDS = 2.5
_LOOK_EVERY_SECONDS = 0.05
# Longer than any proxy keeps a line without use: whoever closes first must be the one who also sends requests, or a
# payment is written into a line that is just being closed. nginx keeps lines for 60 s, deploy/Caddyfile for 1.5 s.
_IDLE_SECONDS = 75


def serve(app: ASGIApp, *, host: str, port: int, port_variable: str, is_behind_proxy: bool = False) -> None:
    """Run until SIGTERM or SIGINT; open requests get up to 4 seconds to finish.

    Behind a proxy they get 10, and what comes on lines that are open already is answered for 2.5 s more. A taken port
    ends the process with a sentence that names `port_variable`.
    """
    _refuse_taken_port(host, port, port_variable)
    leaving = _Leaving(app)
    config = uvicorn.Config(
        leaving,
        host=host,
        port=port,
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=_GRACE_BEHIND_PROXY_SECONDS if is_behind_proxy else _GRACE_SECONDS,
        timeout_keep_alive=_IDLE_SECONDS,
        # The peer's address is judged by our own code: X-Forwarded-For must not change it on the way.
        proxy_headers=False,
        ws_max_size=64 * 1024,
    )
    _Server(config, leaving, lingers=LINGERS_SECONDS if is_behind_proxy else 0.0).run()


class _Leaving:
    """From when it is told so, every answer is the last on its line: the proxy takes the next request elsewhere."""

    def __init__(self, app: ASGIApp) -> None:
        self.is_leaving = False
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if not self.is_leaving or scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_last(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", ()), (b"connection", b"close")]
            await send(message)

        await self._app(scope, receive, send_last)


class _Server(uvicorn.Server):
    """Leaves as a proxy needs it, and with exit code 0.

    uvicorn closes idle lines as soon as it is told to stop. A payment that is being written into one then is cut, and
    no proxy may send it twice. It also raises the signal again after a clean stop; a supervisor reads that as a crash.
    """

    def __init__(self, config: uvicorn.Config, leaving: _Leaving, *, lingers: float) -> None:
        super().__init__(config)
        self._leaving = leaving
        self._lingers = lingers

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        # What stands now stands to the end. Looking through it at every full collection stopped all requests of a web
        # app, with Reflex in its memory, for a tenth of a second.
        gc.collect()
        gc.freeze()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        if self._lingers:
            await self._linger()
        await super().shutdown(sockets)

    async def _linger(self) -> None:
        """Refuse new lines, which the proxy tries at a neighbour, and answer once more on each that is open."""
        # Whoever stands before the door already comes in; who comes to a closed one is not sent anything.
        await asyncio.sleep(0)
        for server in self.servers:
            server.close()
        self._leaving.is_leaving = True
        for connection in list(self.server_state.connections):
            # What is under way was begun as one request of many; a websocket has no cycle and stays to the end.
            cycle = getattr(connection, "cycle", None)
            if cycle is not None and not cycle.response_complete:
                connection.shutdown()
        until = time.monotonic() + self._lingers
        while self.server_state.connections and not self.force_exit:
            await asyncio.sleep(_LOOK_EVERY_SECONDS)
            if time.monotonic() > until:
                return

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None]:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.handle_exit, number, None)
        yield


def _refuse_taken_port(host: str, port: int, port_variable: str) -> None:
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            sys.exit(
                f"Port {port} on {host} cannot be used ({error.strerror}). Set {port_variable} to a free one."
            )
