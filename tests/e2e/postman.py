"""The way between the bank and us, as a small HTTP server: it carries letters, holds them up, loses or doubles them."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self

import httpx

_HEADERS = ("webhook-id", "webhook-timestamp", "webhook-signature", "content-type")


class Postman:
    """What `mood` says: `carry`, `refuse` (answers 503), `lose` (says 200 and forgets), `double` (carries twice)."""

    def __init__(self, webhook_port: int) -> None:
        self.mood = "carry"
        self.answers: list[int] = []
        """What our webhook server said, letter by letter."""
        self.cut_off = 0
        """Letters that were not answered at all."""
        self._to = f"http://127.0.0.1:{webhook_port}"
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)

    def deliver(self, path: str, headers: dict[str, str], body: bytes) -> int:
        if self.mood == "refuse":
            return 503
        if self.mood == "lose":
            return 200
        for _ in range(2 if self.mood == "double" else 1):
            try:
                self.answers.append(httpx.post(self._to + path, content=body, headers=headers).status_code)
            except httpx.TransportError:
                self.cut_off += 1
                return 502
        return self.answers[-1]

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        postman = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:  # the base class calls it so
                body = self.rfile.read(int(self.headers.get("content-length", 0)))
                headers = {name: self.headers[name] for name in _HEADERS if self.headers[name]}
                self.send_response(postman.deliver(self.path, headers, body))
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002
                pass

        return Handler
