"""The built pages under plain addresses, each with the headers that let a browser run nothing but ours.

Reflex answers `/x` by a redirect to `/x/`; here `/x` is the page, as are `//x`, `/x/`, `/x.html` and
`/x/index.html`, so that whoever stands in front can judge an address by its one spelling, `plain(path)`.
"""

from __future__ import annotations

import base64
import hashlib
import posixpath
import re
from pathlib import Path

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_FALLBACK = "404.html"
_NOT_PAGES = {_FALLBACK, "404/index.html", "__spa-fallback.html"}
_INLINE_SCRIPT = re.compile(r"<script(?![^>]*\bsrc=)[^>]*>(.*?)</script>", re.DOTALL)
_HASHED_FILES = "/assets/"
_FOR_A_YEAR = "public, max-age=31536000, immutable"
_ASK_EACH_TIME = "no-cache"


class BuiltPages:
    """In front of the Reflex application that serves the pages built into `folder`."""

    def __init__(self, app: ASGIApp, *, folder: Path) -> None:
        self._app = app
        files = [file.relative_to(folder).as_posix() for file in sorted(folder.rglob("*.html"))]
        self._policies = {file: _policy((folder / file).read_text()) for file in files}
        self._pages = {plain(f"/{file}"): f"/{file}" for file in files if file not in _NOT_PAGES}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        asked: str = scope["path"]
        file = self._pages.get(plain(asked))
        if file:
            scope = {**scope, "path": file, "raw_path": file.encode()}

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                is_lasting = asked.startswith(_HASHED_FILES) and message["status"] in {200, 206, 304}
                headers = MutableHeaders(scope=message)
                headers.setdefault("Cache-Control", _FOR_A_YEAR if is_lasting else _ASK_EACH_TIME)
                headers["Content-Security-Policy"] = self._policies[(file or f"/{_FALLBACK}")[1:]]
            await send(message)

        await self._app(scope, receive, send_with_headers)


def plain(path: str) -> str:
    """The one spelling of an address: one slash at the front, none at the end, no `.`, `..`, packing or file name."""
    path = posixpath.normpath("/" + path.lstrip("/")).removesuffix(".gz").removesuffix(".br")
    return path.removesuffix("/index.html").removesuffix(".html") or "/"


def _policy(page: str) -> str:
    """Reflex writes a few scripts into each page: exactly these may run, besides our own files."""
    hashes = sorted({f"'sha256-{_sha256(script)}'" for script in _INLINE_SCRIPT.findall(page)})
    return "; ".join(
        (
            "default-src 'self'",
            " ".join(("script-src 'self'", *hashes)),
            "style-src 'self' 'unsafe-inline'",
            "img-src 'self' data:",
            "object-src 'none'",
            "base-uri 'none'",
            "form-action 'self'",
            "frame-ancestors 'none'",
        )
    )


def _sha256(script: str) -> str:
    return base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
