"""One process of a service, under an address of its own; every process of a service has the same port."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from runtime.child import Child, ChildSpec

WEB_APPS = ("user_app", "merchant_app")
SERVICES = ("webhook_server", "withdraw_service", *WEB_APPS)
"""In the order in which a release takes them, as deploy/release.sh does."""
_STOP_SECONDS = 30.0


@dataclass
class Member:
    """A process that is started again when it dies, as an engine would do it."""

    name: str
    host: str
    port: int
    child: Child

    @property
    def pid(self) -> int:
        """Of the process that runs now; 0 while none does."""
        return self.child.pid

    @property
    def url(self) -> str:
        return f"http://{self.host}:{self.port}"


def member(
    name: str, host: str, port: int, *, code: Path, logs: Path, environment: Mapping[str, str]
) -> Member:
    """Not started yet. `code` is the project's root of the release that it runs."""
    spec = ChildSpec(
        name=f"{name}-{host.rpartition('.')[2]}",
        command=(sys.executable, "-m", name, *(("--built",) if name in WEB_APPS else ())),
        ready_at=(host, port),
        environment={**environment, "BIND_HOST": host, f"{name.upper()}_PORT": str(port)},
        stop_seconds=_STOP_SECONDS,
    )
    return Member(name, host, port, Child(spec, logs=logs, folder=code))
