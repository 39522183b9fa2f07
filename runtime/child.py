"""One child process of the supervisor: its own session, its own log file, and no way to outlive us."""

from __future__ import annotations

import contextlib
import http.client
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

_TIED = Path(__file__).with_name("tied.py")
_LARGEST_LOG_BYTES = 50_000_000
_OUTGOING_STOPPED = b'"outgoing":"stopped"'
_LONGEST_ANSWER = 1_000
_BACK_OFF_SECONDS = (0.0, 0.5, 1.0, 2.0, 4.0)
# A child that lived so long has not crashed on start; its next restart is immediate again.
_STEADY_SECONDS = 30


@dataclass(frozen=True)
class ChildSpec:
    """What to run, where it says that it is ready, and when it is stopped."""

    name: str
    command: tuple[str, ...]
    ready_at: tuple[str, int]
    """Host and port whose `/readyz` answers 200, or that it waits for our books alone."""
    environment: Mapping[str, str] = field(default_factory=dict[str, str])
    """On top of ours."""
    stop_stage: int = 0
    """Lower stages stop first; one stage stops together."""
    stop_seconds: float = 8
    """How long a clean end may take before force."""


class Child:
    """The running process of a spec, again and again."""

    def __init__(self, spec: ChildSpec, *, logs: Path, folder: Path) -> None:
        self.spec = spec
        self.log = logs / f"{spec.name}.log"
        self.crashes = 0
        self._folder = folder
        self._popen: subprocess.Popen[bytes] | None = None
        self._started_at = 0.0
        self._start_at = 0.0

    @property
    def pid(self) -> int:
        """Of the process that runs now; 0 while none does."""
        return self._popen.pid if self._popen else 0

    def start(self) -> None:
        self.shorten_log()
        with self.log.open("ab") as log:
            self._popen = subprocess.Popen(  # noqa: S603
                [sys.executable, "-I", "-S", str(_TIED), str(os.getpid()), *self.spec.command],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self._folder,
                env={**os.environ, **self.spec.environment},
                # A Ctrl-C in the terminal reaches us alone: we stop the children in order.
                start_new_session=True,
            )
        self._started_at = time.monotonic()

    def start_when_due(self) -> bool:
        """Start again after a crash, if its pause is over; whether it was."""
        if self._popen or time.monotonic() < self._start_at:
            return False
        self.start()
        return True

    def crashed(self) -> str:
        """How it ended, if it just has, else nothing; its next start is planned then."""
        if not self._popen or self._is_running():
            return ""
        code = self._bury()
        now = time.monotonic()
        self.crashes = 1 if now - self._started_at > _STEADY_SECONDS else self.crashes + 1
        self._start_at = now + _BACK_OFF_SECONDS[min(self.crashes, len(_BACK_OFF_SECONDS)) - 1]
        return f"exit code {code}" if code >= 0 else f"signal {signal.Signals(-code).name}"

    def is_ready(self) -> bool:
        connection = http.client.HTTPConnection(*self.spec.ready_at, timeout=2)
        try:
            connection.request("GET", "/readyz")
            answer = connection.getresponse()
            # A worker that may send nothing while our books do not add up is as ready as it can be: money comes in.
            return answer.status == http.HTTPStatus.OK or _OUTGOING_STOPPED in answer.read(_LONGEST_ANSWER)
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    def ask_to_stop(self) -> None:
        if self._popen and self._is_running():
            self._popen.send_signal(signal.SIGTERM)

    def has_stopped(self) -> bool:
        """Whether it is gone; what it left of its own children then goes as well."""
        if self._popen and not self._is_running():
            self._bury()
        return self._popen is None

    def kill(self) -> None:
        if self._popen:
            self._bury()

    def shorten_log(self) -> None:
        """Move a long log aside. The child appends, so its file can be cut under its pen."""
        if self.log.exists() and self.log.stat().st_size > _LARGEST_LOG_BYTES:
            shutil.copyfile(self.log, self.log.with_suffix(".log.1"))
            os.truncate(self.log, 0)

    def _is_running(self) -> bool:
        assert self._popen
        # Without reaping: as long as the leader is not, its session's number cannot be anybody else's.
        flags = os.WEXITED | os.WNOHANG | os.WNOWAIT
        return os.waitid(os.P_PID, self._popen.pid, flags) is None

    def _bury(self) -> int:
        assert self._popen
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._popen.pid, signal.SIGKILL)
        code = self._popen.wait()
        self._popen = None
        return code
