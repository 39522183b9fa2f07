"""The names of the services, as an engine's own DNS tells them: one name, the addresses of all that run."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Self

from dnslib import QTYPE, RR, A, DNSRecord
from dnslib.server import BaseResolver, DNSHandler, DNSLogger, DNSServer

from runtime.ports import free_port

_HOST = "127.0.0.1"
# As the engine's: nobody shall remember for long who was there.
_LIVES_SECONDS = 0

WhoIsThere = Callable[[str], Sequence[str]]


class Names(BaseResolver):
    """A DNS server on loopback that asks `who_is_there` anew for each question; a context manager."""

    def __init__(self, who_is_there: WhoIsThere) -> None:
        self.port = free_port(_HOST)
        self._who_is_there = who_is_there
        silent = DNSLogger(log="-recv,-send,-request,-reply,-truncated,-error,-data")
        self._server = DNSServer(self, port=self.port, address=_HOST, logger=silent)

    @property
    def address(self) -> str:
        return f"{_HOST}:{self.port}"

    def resolve(self, request: DNSRecord, handler: DNSHandler) -> DNSRecord:  # noqa: ARG002 # as the library calls it
        """IPv4 addresses; none for another kind of question, and for a name that nobody has."""
        reply = request.reply()
        if request.q.qtype == QTYPE.A:
            name = str(request.q.qname).rstrip(".")
            for address in self._who_is_there(name):
                reply.add_answer(RR(request.q.qname, QTYPE.A, rdata=A(address), ttl=_LIVES_SECONDS))
        return reply

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.server.serve_forever, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.server.shutdown()
        self._server.server.server_close()
