"""What a web app must know to tell who is at its door: the cookie, the sessions behind it, and who may send forms."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass

from shared_db.sessions import Browser
from wallet.browser_sessions import LIFE, BrowserSessions
from wallet.caller import Caller
from wallet.throttle import Throttle


@dataclass(frozen=True, slots=True)
class Door:
    """One web app's door. Opened with the process, closed with it."""

    name: Browser
    """Distinguishes the cookies of the two apps: on one host, ports share them."""
    sessions: BrowserSessions
    throttle: Throttle
    public_url: str
    is_prod: bool
    trusted_proxy_hops: int
    home: str
    """Where somebody who is signed in begins."""
    changed: Callable[[uuid.UUID], None]
    """Tells this person's open pages that something changed."""

    @property
    def cookie(self) -> str:
        return self.name_of("session")

    @property
    def kept_cookie(self) -> str:
        """What was typed into a form that was turned back, for two minutes; never a password."""
        return self.name_of("form")

    async def caller(self, cookies: str) -> Caller:
        """Who shows these cookies (the header as it came). Raises SignedOut, and Unavailable."""
        return await self.sessions.caller(read_cookie(cookies, self.cookie))

    def is_own_origin(self, origin: str, host: str) -> bool:
        """Whether a form came from one of our own pages. Missing or `null` is nobody's."""
        own = {self.public_url}
        if not self.is_prod:
            own.add(f"http://{host}")
        return bool(host) and origin in own

    def session_cookie(self, token: str) -> str:
        """The header that gives a browser its session; an empty token takes it away."""
        return self._cookie(self.cookie, token, round(LIFE.total_seconds()) if token else 0)

    def keep_cookie(self, kept: str) -> str:
        """The header that lets a browser keep what was typed; empty: forget it."""
        return self._cookie(self.kept_cookie, kept, 120 if kept else 0)

    def short_cookie(self, what: str, value: str, seconds: int) -> str:
        """The header for a cookie of another use, read by its `name_of`; an empty value takes it away."""
        return self._cookie(self.name_of(what), value, seconds if value else 0)

    def name_of(self, what: str) -> str:
        """How a cookie of ours is called."""
        return f"{'__Host-' if self.is_prod else ''}{self.name}_{what}"

    def _cookie(self, name: str, value: str, seconds: int) -> str:
        secure = "; Secure" if self.is_prod else ""
        return f"{name}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}"


TheDoor = Callable[[], Door]
"""Asked when somebody comes; pages are built before there is one."""


def read_cookie(header: str, name: str) -> str:
    """One cookie's value as it stands there, empty where it is missing.

    Nothing is unquoted: ours never need it, other programs' cookies on the same host may be anything, and the
    standard library's reader takes time with the square of a hostile header's length.
    """
    for part in header.split(";"):
        key, _, value = part.strip().partition("=")
        if key == name:
            return value
    return ""
