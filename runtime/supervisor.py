"""Start processes, keep them alive, and stop them in order. It knows nothing of what they do."""

from __future__ import annotations

import contextlib
import fcntl
import os
import signal
import time
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from types import FrameType

from runtime.child import Child, ChildSpec

Say = Callable[[str], None]
_LOOK_EVERY_SECONDS = 0.1
_STOP_LOOK_EVERY_SECONDS = 0.02
_FOUNDATION_EVERY_SECONDS = 1.0
_LOGS_EVERY_SECONDS = 60.0
_READY_WITHIN_SECONDS = 90.0
_CRASHES_AT_START = 3
_LAST_LINES = 15


class StartRefused(Exception):
    """Something cannot be started; the text says what, and the end of its log says why."""


@dataclass(frozen=True)
class Foundation:
    """What the children stand on, such as the database: looked after like them, but not a child."""

    name: str
    is_alive: Callable[[], bool]
    revive: Callable[[], None]


@contextmanager
def alone_in(folder: Path) -> Generator[None]:
    """Hold the folder for this process. Raises StartRefused when another one does."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    with (folder / "up.lock").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            raise StartRefused(
                f"Batua already runs with this BATUA_DATA ({folder}), as process {lock.read().strip()}. "
                "Stop it, or set BATUA_DATA to another folder."
            ) from None
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield


class Supervisor:
    """Runs in the main thread; `start`, then `watch`, and `stop` in any case."""

    def __init__(
        self,
        specs: Sequence[ChildSpec],
        *,
        logs: Path,
        folder: Path,
        say: Say,
        foundation: Foundation | None = None,
    ) -> None:
        logs.mkdir(parents=True, exist_ok=True)
        self._children = [Child(spec, logs=logs, folder=folder) for spec in specs]
        self._say = say
        self._foundation = foundation
        self._next_look_at_foundation = 0.0
        self._next_look_at_logs = 0.0
        self._stop_asked = 0

    def start(self) -> None:
        """Start all, and return when each is ready. Raises StartRefused when one does not get there."""
        for child in self._children:
            child.start()
        until = time.monotonic() + _READY_WITHIN_SECONDS
        waiting = list(self._children)
        while waiting:
            for child in waiting:
                if child.crashed() and child.crashes >= _CRASHES_AT_START:
                    raise StartRefused(f"{child.spec.name} does not start.\n{_end_of(child.log)}")
                child.start_when_due()
            waiting = [child for child in waiting if not child.is_ready()]
            if waiting and time.monotonic() > until:
                child = waiting[0]
                raise StartRefused(f"{child.spec.name} does not get ready.\n{_end_of(child.log)}")
            time.sleep(_LOOK_EVERY_SECONDS)

    def watch(self) -> None:
        """Restart whatever dies, until SIGINT, SIGTERM or SIGHUP; a second one makes `stop` hurry."""
        self._count_signals()
        while not self._stop_asked:
            for child in self._children:
                self._look_at(child)
            self._look_at_foundation()
            self._look_at_logs()
            time.sleep(_LOOK_EVERY_SECONDS)

    def stop(self) -> None:
        """Stop stage by stage; who does not end in its time is killed. Nothing is left."""
        self._stop_asked = max(self._stop_asked, 1)
        self._count_signals()
        in_order = sorted(self._children, key=lambda child: child.spec.stop_stage)
        for _, stage in groupby(in_order, key=lambda child: child.spec.stop_stage):
            self._stop_together(list(stage))

    def _look_at(self, child: Child) -> None:
        ending = child.crashed()
        if ending:
            self._say(f"{child.spec.name} ended ({ending}); its log is {child.log}")
        if child.start_when_due():
            self._say(f"{child.spec.name} started again")

    def _look_at_foundation(self) -> None:
        now = time.monotonic()
        if not self._foundation or now < self._next_look_at_foundation:
            return
        self._next_look_at_foundation = now + _FOUNDATION_EVERY_SECONDS
        if self._foundation.is_alive():
            return
        self._say(f"{self._foundation.name} does not answer; starting it again")
        try:
            self._foundation.revive()
        except Exception as error:  # noqa: BLE001 # whatever it was, the next look tries again
            self._say(str(error))
        else:
            self._say(f"{self._foundation.name} answers again")

    def _look_at_logs(self) -> None:
        now = time.monotonic()
        if now >= self._next_look_at_logs:
            self._next_look_at_logs = now + _LOGS_EVERY_SECONDS
            for child in self._children:
                child.shorten_log()

    def _stop_together(self, stage: list[Child]) -> None:
        for child in stage:
            child.ask_to_stop()
        until = time.monotonic() + max(child.spec.stop_seconds for child in stage)
        while stage := [child for child in stage if not child.has_stopped()]:
            if time.monotonic() > until or self._stop_asked > 1:
                for child in stage:
                    child.kill()
            time.sleep(_STOP_LOOK_EVERY_SECONDS)

    def _count_signals(self) -> None:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._ask_to_stop)

    def _ask_to_stop(self, _number: int, _frame: FrameType | None) -> None:
        self._stop_asked += 1


def _end_of(log: Path) -> str:
    lines: list[str] = []
    with contextlib.suppress(FileNotFoundError):
        lines = log.read_text(errors="replace").splitlines()[-_LAST_LINES:]
    return "\n".join([f"The end of {log}:", *lines])
