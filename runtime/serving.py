"""Serve one ASGI application on one port until told to stop, and leave with exit code 0."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import signal
import socket
import sys
from collections.abc import Generator

import uvicorn
from starlette.types import ASGIApp

_GRACE_SECONDS = 4
# Longer than any proxy keeps a line without use: whoever closes first must be the one who also sends requests, or a
# payment is written into a line that is just being closed. nginx keeps lines for 60 s, deploy/Caddyfile for 30 s.
_IDLE_SECONDS = 75


def serve(app: ASGIApp, *, host: str, port: int, port_variable: str) -> None:
    """Run until SIGTERM or SIGINT; open requests get up to 4 seconds to finish.

    A taken port ends the process with a sentence that names `port_variable`.
    """
    _refuse_taken_port(host, port, port_variable)
    config = uvicorn.Config(
        app,
        host=host,
        port=port,
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=_GRACE_SECONDS,
        timeout_keep_alive=_IDLE_SECONDS,
        # The peer's address is judged by our own code: X-Forwarded-For must not change it on the way.
        proxy_headers=False,
        ws_max_size=64 * 1024,
    )
    _Server(config).run()


class _Server(uvicorn.Server):
    """uvicorn raises the signal again after a clean stop; a supervisor reads that as a crash."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        # What stands now stands to the end. Looking through it at every full collection stopped all requests of a web
        # app, with Reflex in its memory, for a tenth of a second.
        gc.collect()
        gc.freeze()

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
