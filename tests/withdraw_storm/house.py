"""The house of one run: a PostgreSQL, a bank, a webhook server, desks and workers, each a process to be killed."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import httpx

from runtime.dev_secrets import fill_in, read
from runtime.ports import free_port
from shared_db.embedded import strays
from shared_db.embedded.unprivileged import cluster_below, home_of
from shared_db.embedded_postgres import EmbeddedPostgres, ensure_running
from shared_db.migrate import migrate
from tests.withdraw_storm.broken import install
from tests.withdraw_storm.plan import BANKS, DESKS, WORKERS, Plan
from tests.withdraw_storm.worker import NOT_IDEMPOTENT

ROOT = Path(__file__).resolve().parents[2]
BANK, WEBHOOKS = "dummy_bank", "webhook_server"
EVERYBODY = (BANK, WEBHOOKS, *DESKS, *WORKERS)
_TIED = ROOT / "runtime" / "tied.py"
_READY_WITHIN_SECONDS = 60
_OURS = re.compile(
    r"(BATUA|DATABASE|HDFC|AXIS|PUBLIC|JWT|API|REDIS|RATE|BANK|BIND)_|.*_(APP|SERVER|BANK|SERVICE)_PORT$"
)


class House:
    """Its processes by name. Start them in one thread alone: they end when it does."""

    def __init__(self, folder: Path, server: EmbeddedPostgres, plan: Plan) -> None:
        self.folder = folder
        self.server = server
        self.secrets = read(fill_in(folder))
        self.ports = dict(zip(EVERYBODY, _free_ports(len(EVERYBODY)), strict=True))
        self._plan = plan
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        self.accidents: list[str] = []
        """Processes that ended by themselves."""

    @property
    def url(self) -> str:
        return self.server.url

    @property
    def books(self) -> Path:
        """The bank's."""
        return self.folder / "dummy_bank" / "books.sqlite3"

    def address(self, name: str) -> str:
        return f"http://127.0.0.1:{self.ports[name]}"

    def start(self, name: str) -> None:
        with (self.folder / f"{name}.log").open("ab") as log:
            self._processes[name] = subprocess.Popen(
                [
                    sys.executable,
                    "-I",
                    "-S",
                    str(_TIED),
                    str(os.getpid()),
                    sys.executable,
                    "-m",
                    *self._what(name),
                ],
                cwd=ROOT,
                env=self._environment(name),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def kill(self, name: str) -> None:
        """`kill -9`."""
        one = self._processes[name]
        if one.poll() is not None:
            self.accidents.append(f"{name} had ended with {one.returncode}")
        one.kill()
        one.wait()

    def kill_and_start(self, name: str) -> None:
        self.kill(name)
        self.start(name)

    def freeze(self, name: str) -> None:
        self._processes[name].send_signal(signal.SIGSTOP)

    def thaw(self, name: str) -> None:
        self._processes[name].send_signal(signal.SIGCONT)

    def pid(self, name: str) -> int:
        return self._processes[name].pid

    def kill_the_database(self) -> None:
        """SIGKILL to the postmaster and all its children, and the launcher brings it back."""
        strays.end(cluster_below(home_of((self.folder / "postgres").resolve())))
        self.server.restart_if_dead()

    async def is_ready(self, name: str) -> None:
        """Until it says so; one that ended meanwhile is started again."""
        until = time.monotonic() + _READY_WITHIN_SECONDS
        async with httpx.AsyncClient(trust_env=False, timeout=3) as client:
            while time.monotonic() < until:
                code = self._processes[name].poll()
                if code is not None:
                    self.accidents.append(f"{name} ended with {code}")
                    self.start(name)
                try:
                    if (await client.get(f"{self.address(name)}/readyz")).is_success:
                        return
                except httpx.HTTPError:
                    pass
                await asyncio.sleep(0.1)
        raise RuntimeError(f"{name} did not get ready; its log ends:\n{self.end_of_log(name)}")

    async def break_banks(self, **faults: object) -> None:
        """Both of them, as soon as they can be reached."""
        async with httpx.AsyncClient(base_url=self.address(BANK), trust_env=False) as browser:
            for bank in BANKS:
                answer = await browser.put(f"/{bank}/control/faults", json=faults)
                assert answer.is_success, answer.text

    def end_of_log(self, name: str) -> str:
        return (self.folder / f"{name}.log").read_text()[-3000:]

    def end(self) -> None:
        for one in self._processes.values():
            one.kill()
            one.wait()

    def _what(self, name: str) -> Sequence[str]:
        if name in DESKS:
            return ["tests.withdraw_storm.desk"]
        if name not in WORKERS:
            return [name]
        words = [self._plan.broken.value] if self._plan.broken else []
        words += [] if self._plan.is_idempotent else [NOT_IDEMPOTENT]
        return ["tests.withdraw_storm.worker", *words] if words else ["withdraw_service"]

    def _environment(self, name: str) -> dict[str, str]:
        kept = {one: value for one, value in os.environ.items() if not _OURS.match(one)}
        given = {
            "BATUA_ENV": "dev",
            "BATUA_DATA": str(self.folder),
            "DATABASE_URL": self.url,
            "BIND_HOST": "127.0.0.1",
            "RATE_LIMIT_FACTOR": "1000000",
            "DUMMY_BANK_PORT": str(self.ports[BANK]),
            "WEBHOOK_SERVER_PORT": str(self.ports[WEBHOOKS]),
        }
        if name in DESKS:
            given["USER_APP_PORT"] = str(self.ports[name])
        if name in WORKERS:
            given["WITHDRAW_SERVICE_PORT"] = str(self.ports[name])
        return kept | given


@asynccontextmanager
async def a_house(folder: Path, plan: Plan, *, without: Sequence[str] = ()) -> AsyncIterator[House]:
    """Everything started and ready but `without`; nothing of it is left afterwards."""
    async with AsyncExitStack() as stack:
        server = stack.enter_context(
            ensure_running(folder / "postgres", password="only-for-the-storm", port=None)
        )
        migrate(server.url)
        if plan.broken:
            install(server.url, plan.broken)
        house = House(folder, server, plan)
        stack.callback(house.end)
        names = [name for name in EVERYBODY if name not in without]
        for name in names:
            house.start(name)
        for name in names:
            await house.is_ready(name)
        yield house


def _free_ports(count: int) -> list[int]:
    found: set[int] = set()
    while len(found) < count:
        found.add(free_port())
    return list(found)
