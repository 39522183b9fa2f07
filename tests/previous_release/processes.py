"""Processes of two releases on one database: each runs the source of a folder, on the packages of this one."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from runtime.ports import free_port
from tests.previous_release.lint import ROOT

_DESK = "tests.withdraw_storm.desk"
_PROCESSES = ("dummy_bank", "webhook_server", "withdraw_service", "user_app")
# Where browsers are: both releases stand behind one proxy, and the banks send people back to that.
_PUBLIC_USER_URL = "http://wallet.example"
_READY_WITHIN_SECONDS = 90
_OURS = re.compile(
    r"(BATUA|DATABASE|HDFC|AXIS|PUBLIC|JWT|API|REDIS|RATE|BANK|BIND)_|.*_(APP|SERVER|BANK|SERVICE)_PORT$"
)


@dataclass
class Release:
    """One release in its folder; on `ports` its processes serve and look for one another."""

    source: Path
    data: Path
    url: str
    name: str
    ports: dict[str, int] = field(default_factory=lambda: {name: free_port() for name in _PROCESSES})
    _processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def address(self, process: str) -> str:
        return f"http://127.0.0.1:{self.ports[process]}"

    def start(self, *names: str) -> None:
        """And wait until each is ready; `user_app` is its REST API without the pages."""
        for name in names:
            with self._log(name).open("ab") as log:
                module = _DESK if name == "user_app" else name
                self._processes[name] = subprocess.Popen(
                    [
                        *(sys.executable, "-I", "-S", str(ROOT / "runtime" / "tied.py"), str(os.getpid())),
                        *(sys.executable, "-m", module),
                    ],
                    cwd=self.source,
                    env=self._environment(),
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    start_new_session=True,
                )
        for name in names:
            self._wait_for(name)

    def stop(self, *names: str) -> None:
        """As a release does: SIGTERM, and what is under way is finished. All of them when none is named."""
        leaving = [self._processes.pop(name) for name in names or list(self._processes)]
        for one in leaving:
            one.terminate()
        for one in leaving:
            try:
                one.wait(20)
            except subprocess.TimeoutExpired:
                one.kill()
                one.wait()

    def command(self, *words: str) -> str:
        """What `manage.py` of this release prints; it must end with 0."""
        done = subprocess.run(
            [sys.executable, "manage.py", *words],
            cwd=self.source,
            env=self._environment(),
            capture_output=True,
            text=True,
            check=False,
            timeout=180,
        )
        assert done.returncode == 0, f"{self.name}: {' '.join(words)}\n{done.stdout}{done.stderr}"
        return done.stdout

    def books_add_up(self) -> bool:
        return json.loads(self.command("verify"))["ok"]

    def complaints(self) -> list[str]:
        """What its processes logged as an error of theirs."""
        return [
            f"{self.name} {path.name}: {line[:300]}"
            for path in sorted(self.data.glob(f"{self.name}-*.log"))
            for line in path.read_text().splitlines()
            if re.search(
                r'"level": ?"(error|critical)"|\[(error|critical) *\]|Traceback|psycopg\.errors', line
            )
        ]

    def _log(self, name: str) -> Path:
        return self.data / f"{self.name}-{name}.log"

    def _environment(self) -> Mapping[str, str]:
        kept = {one: value for one, value in os.environ.items() if not _OURS.match(one)}
        ports = {f"{name.upper()}_PORT": str(port) for name, port in self.ports.items()}
        return (
            kept
            | ports
            | {
                "BATUA_ENV": "dev",
                "BATUA_DATA": str(self.data),
                "DATABASE_URL": self.url,
                "BIND_HOST": "127.0.0.1",
                "PUBLIC_USER_URL": _PUBLIC_USER_URL,
                "RATE_LIMIT_FACTOR": "1000000",
            }
        )

    def _wait_for(self, name: str) -> None:
        until = time.monotonic() + _READY_WITHIN_SECONDS
        while time.monotonic() < until and self._processes[name].poll() is None:
            try:
                if httpx.get(f"{self.address(name)}/readyz", timeout=3, trust_env=False).is_success:
                    return
            except httpx.HTTPError:
                pass
            time.sleep(0.1)
        raise AssertionError(
            f"{self.name}'s {name} did not get ready:\n{self._log(name).read_text()[-2000:]}"
        )
