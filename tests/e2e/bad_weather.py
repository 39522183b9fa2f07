"""Bad weather over a fleet: one process of each pair is killed again and again, and at times a pair is replaced."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Generator
from contextlib import contextmanager

import psutil

from deploy.local.member import SERVICES
from deploy.local.processes import Fleet

_CALM_SECONDS = 5.0
_KILLED_BEFORE_REPLACED = 4


@contextmanager
def bad_weather(fleet: Fleet) -> Generator[None]:
    """Until the block ends. A story that freezes processes, or kills them itself, has its own weather meanwhile."""
    over = threading.Event()
    thread = threading.Thread(target=_blow, args=(fleet, over))
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def _blow(fleet: Fleet, over: threading.Event) -> None:
    for number, name in enumerate(itertools.cycle(SERVICES)):
        if over.wait(_CALM_SECONDS):
            return
        if not _all_run(fleet):
            continue
        if number % (_KILLED_BEFORE_REPLACED + 1) == _KILLED_BEFORE_REPLACED:
            fleet.roll(name)
        else:
            members = fleet.members(name)
            psutil.Process(members[number // len(SERVICES) % len(members)].pid).kill()
        fleet.wait_until_ready()


def _all_run(fleet: Fleet) -> bool:
    members = [one for name in SERVICES for one in fleet.members(name)]
    return all(one.pid and psutil.Process(one.pid).status() != psutil.STATUS_STOPPED for one in members)
