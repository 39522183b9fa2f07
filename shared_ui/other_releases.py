"""While a release comes, its pages and those of the one before are served side by side, by whichever process is asked.

A page names its scripts by their content. Its process may have none of them: the page came from a neighbour that
another release runs, or was opened before its release went. So each process lays its files into Redis, and looks there
for what it does not have itself. Where there is no Redis, or it has forgotten, the browser loads the page anew.
"""

from __future__ import annotations

import asyncio
import mimetypes
import re
import time
from collections.abc import Sequence
from pathlib import Path

from redis.asyncio import Redis
from redis.exceptions import MaxConnectionsError, RedisError
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from runtime.logs import logger

log = logger(__name__)
_FILE = re.compile(r"/assets/([A-Za-z0-9_.-]{1,120})")
_KEPT_SECONDS = 14 * 86_400
_LAID_AGAIN_EACH_SECONDS = 86_400.0
_LOOKED_AFTER_EACH_SECONDS = 30.0
_TRIED_AGAIN_SECONDS = 5.0
_ANSWER_SECONDS = 2.0
# Who knocks at names that nobody has is not to keep Redis, or us, from our work.
_MOST_LINES = 32
_LEFT_ALONE_SECONDS = 1.0
_PACKED = {".br", ".gz"}


class OtherReleases:
    """The files of every release of a web app. `name` is the app's, `folder` holds our own built pages."""

    def __init__(self, *, name: str, folder: Path, redis_url: str) -> None:
        self._prefix = f"batua_pages_{name}_"
        self._folder = folder / "assets"
        self._redis: Redis = Redis.from_url(
            redis_url,
            socket_timeout=_ANSWER_SECONDS,
            socket_connect_timeout=_ANSWER_SECONDS,
            max_connections=_MOST_LINES,
        )
        self._asked_again_at = 0.0

    def in_front_of(self, app: ASGIApp) -> ASGIApp:
        """Answers for files that `app` does not have."""

        async def with_other_releases(scope: Scope, receive: Receive, send: Send) -> None:
            asked = _FILE.fullmatch(scope["path"]) if scope["type"] == "http" else None
            found = await self._of_another(asked[1]) if asked else None
            await (found or app)(scope, receive, send)

        return with_other_releases

    async def lay_ours(self) -> None:
        """Lay our files into Redis, again each day and whenever it has forgotten them, until cancelled."""
        files = [path for path in self._folder.iterdir() if path.suffix not in _PACKED]
        lie_until = 0.0
        try:
            while True:
                try:
                    if time.monotonic() > lie_until or not await self._lie_there(files):
                        for path in files:
                            await self._redis.set(
                                self._prefix + path.name, path.read_bytes(), ex=_KEPT_SECONDS
                            )
                        lie_until = time.monotonic() + _LAID_AGAIN_EACH_SECONDS
                except (RedisError, OSError) as error:
                    log.warning("our pages' files could not be laid into Redis", error=repr(error))
                    await asyncio.sleep(_TRIED_AGAIN_SECONDS)
                else:
                    await asyncio.sleep(_LOOKED_AFTER_EACH_SECONDS)
        finally:
            await self._redis.aclose()

    async def _lie_there(self, files: Sequence[Path]) -> bool:
        return bool(await self._redis.exists(*(self._prefix + path.name for path in files[:1])))

    async def _of_another(self, name: str) -> Response | None:
        if (self._folder / name).is_file() or time.monotonic() < self._asked_again_at:
            return None
        try:
            found: bytes | None = await self._redis.get(self._prefix + name)
        except MaxConnectionsError:
            return None
        except (RedisError, OSError):
            self._asked_again_at = time.monotonic() + _LEFT_ALONE_SECONDS
            return None
        kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
        return None if found is None else Response(found, media_type=kind)
