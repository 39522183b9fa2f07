"""Children of the fleet together: wait until they are ready, stop them, say why one does not start."""

from __future__ import annotations

import time
from collections.abc import Sequence

from runtime.child import Child

LOOK_EVERY_SECONDS = 0.05
READY_WITHIN_SECONDS = 60.0
_LAST_LINES = 15


class FleetRefused(Exception):
    """Something of the fleet does not start; the text says what, and the end of its log says why."""


def wait_for(children: Sequence[Child]) -> None:
    """Until each can do its work. Raises FleetRefused."""
    until = time.monotonic() + READY_WITHIN_SECONDS
    while children := [child for child in children if not child.is_ready()]:
        if time.monotonic() > until:
            raise FleetRefused(why(children[0]))
        time.sleep(LOOK_EVERY_SECONDS)


def stop_all(children: Sequence[Child]) -> None:
    """Together, as an engine does it: told first, killed when their time is over."""
    for child in children:
        child.ask_to_stop()
    until = time.monotonic() + max((child.spec.stop_seconds for child in children), default=0.0)
    while children := [child for child in children if not child.has_stopped()]:
        if time.monotonic() > until:
            for child in children:
                child.kill()
        time.sleep(LOOK_EVERY_SECONDS)


def why(child: Child) -> str:
    """Which one, and what it said last."""
    said = child.log.read_text(errors="replace").splitlines()[-_LAST_LINES:] if child.log.exists() else []
    return f"{child.spec.name} does not get ready.\n" + "\n".join(said)
