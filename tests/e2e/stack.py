"""The whole house as a test meets it: `manage.py up` as a real process, and ways to disturb it."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, LiteralString
from urllib.parse import quote

import httpx
import psutil
import psycopg

from runtime.dev_secrets import fill_in, read
from runtime.ports import free_port
from tests.e2e.postman import Postman

ROOT = Path(__file__).resolve().parents[2]
_TIED = ROOT / "runtime" / "tied.py"
_UP_WITHIN_SECONDS = 300
_BACK_WITHIN_SECONDS = 30


@dataclass
class Stack:
    """A running `manage.py up`. Addresses have no slash at the end."""

    process: subprocess.Popen[bytes]
    folder: Path
    ports: dict[str, int]
    postman: Postman
    """Stands between the bank and our webhook server, and can hold or lose letters."""
    is_fleet: ClassVar[bool] = False
    """Two of each behind a proxy of one name, with a Redis: what a page has begun outlives its process."""

    @property
    def user_url(self) -> str:
        return f"http://localhost:{self.ports['user_app']}"

    @property
    def merchant_url(self) -> str:
        return f"http://localhost:{self.ports['merchant_app']}"

    @property
    def bank_url(self) -> str:
        return f"http://localhost:{self.ports['dummy_bank']}"

    @property
    def webhook_url(self) -> str:
        return f"http://127.0.0.1:{self.ports['webhook_server']}"

    def inside(self, name: str) -> str:
        """One process of a service as those inside see it, past whatever proxy there is."""
        return f"http://127.0.0.1:{self.ports[name]}"

    @property
    def secrets(self) -> dict[str, str]:
        return read(fill_in(self.folder))

    @property
    def database_url(self) -> str:
        port = (self.folder / "postgres" / "port").read_text().strip()
        return f"postgresql://batua:{quote(self.secrets['DATABASE_PASSWORD'])}@127.0.0.1:{port}/batua"

    def sql(self, statement: LiteralString, *values: object) -> None:
        """Change something in our database behind everybody's back."""
        with psycopg.connect(self.database_url, autocommit=True) as connection:
            connection.execute(statement, values)

    def rows(self, statement: LiteralString, *values: object) -> list[tuple[Any, ...]]:
        """What our database holds."""
        with psycopg.connect(self.database_url, autocommit=True) as connection:
            return connection.execute(statement, values).fetchall()

    def children(self, name: str) -> list[psutil.Process]:
        """The processes of one of the five, by name."""
        return [
            child
            for child in psutil.Process(self.process.pid).children(recursive=True)
            if f"-m {name}" in " ".join(_command(child))
        ]

    def kill(self, name: str) -> None:
        """`kill -9` one of the five."""
        for child in self.children(name):
            child.kill()

    @contextmanager
    def frozen(self, name: str) -> Generator[None]:
        """One of the five takes calls and answers none, until the block ends."""
        stopped = self.children(name)
        for child in stopped:
            child.suspend()
        try:
            yield
        finally:
            for child in stopped:
                child.resume()

    def kill_database(self) -> None:
        """`kill -9` the postmaster."""
        postmaster = next((self.folder / "postgres").rglob("postmaster.pid"))
        os.kill(int(postmaster.read_text().splitlines()[0]), signal.SIGKILL)

    def wait_until_ready(self) -> None:
        """Until every process says that it can do its work."""
        for port in self.ports.values():
            wait_for(lambda port=port: _is_ready(port), f"port {port} to be ready again")

    def verify(self) -> dict[str, object]:
        """What `manage.py verify` prints."""
        done = self._manage("verify")
        found: dict[str, object] = json.loads(done.stdout)
        assert (done.returncode == 0) is found["ok"], done.stderr
        return found

    def latest_code(self, recipient: str) -> str:
        """The six digits that were last sent there, from `manage.py outbox`; empty if there are none."""
        done = self._manage("outbox", "--to", recipient)
        assert done.returncode == 0, done.stderr
        sent = [re.search(r"\b\d{6}\b", json.loads(line)["text"]) for line in done.stdout.splitlines()]
        return sent[-1][0] if sent and sent[-1] else ""

    def environment(self) -> dict[str, str]:
        return _environment(self.folder, self.ports, self.postman)

    def _manage(self, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "manage.py", *words],
            cwd=ROOT,
            env=self.environment(),
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )


@contextmanager
def running_stack(folder: Path) -> Generator[Stack]:
    """Start everything on free ports with its data in `folder`; stop it, and see that nothing is left."""
    names = ("user_app", "merchant_app", "webhook_server", "dummy_bank", "withdraw_service")
    ports = {name: free_port() for name in names}
    with Postman(ports["webhook_server"]) as postman:
        log = folder.parent / "up.log"
        with log.open("wb") as console:
            # Stopped orderly even if this run is killed: whoever presses Ctrl-C gives a worker ten seconds.
            process = subprocess.Popen(
                [sys.executable, "-I", "-S", str(_TIED), str(os.getpid()), sys.executable, "manage.py", "up"],
                cwd=ROOT,
                env=_environment(folder, ports, postman),
                stdout=console,
                stderr=console,
            )
        stack = Stack(process, folder, ports, postman)
        try:
            _wait_until_up(process, log)
            yield stack
        finally:
            _stop(process)


class Person:
    """Somebody with an account, who calls the API."""

    def __init__(self, stack: Stack, first_name: str = "Asha") -> None:
        self.stack = stack
        self.email = f"{first_name.lower()}-{uuid.uuid4().hex[:8]}@people.example"
        answer = httpx.post(
            f"{stack.user_url}/api/v1/user/signup",
            json={
                "username": self.email,
                "firstName": first_name,
                "lastName": "Rao",
                "password": "correct horse",
            },
        )
        assert answer.status_code == 200, answer.text
        self._headers = {"Authorization": f"Bearer {answer.json()['token']}"}

    def _get(self, path: str) -> httpx.Response:
        return httpx.get(f"{self.stack.user_url}/api/v1/account{path}", headers=self._headers, timeout=20)

    def balance(self) -> float:
        answer = self._get("/balance")
        assert answer.status_code == 200, answer.text
        return answer.json()["balance"]

    def start_on_ramp(self, bank: str, amount: float) -> dict[str, str]:
        answer = httpx.post(
            f"{self.stack.user_url}/api/v1/account/on-ramps",
            json={"bank": bank, "amount": amount},
            headers=self._headers,
            timeout=20,
        )
        assert answer.status_code == 201, answer.text
        return answer.json()

    def moves(self, route: str, **body: object) -> httpx.Response:
        """`transfer`, `payments` or `withdrawals`."""
        return httpx.post(
            f"{self.stack.user_url}/api/v1/account/{route}", json=body, headers=self._headers, timeout=20
        )

    def on_ramp(self, started: dict[str, str]) -> dict[str, object]:
        answer = self._get(f"/on-ramps/{started['id']}")
        assert answer.status_code == 200, answer.text
        return answer.json()

    def waits_for_balance(self, rupees: float) -> None:
        """Until the balance is so much; it may only get there, never beyond."""
        wait_for(lambda: self.balance() >= rupees, f"a balance of {rupees}")
        assert self.balance() == rupees

    def waits_for_status(self, started: dict[str, str], status: str) -> None:
        wait_for(lambda: self.on_ramp(started)["status"] == status, f"status {status}")


def decide_at_bank(stack: Stack, started: dict[str, str], action: str, customer: str = "9876500001") -> None:
    """Approve or decline as the bank's page would, without a browser."""
    address = f"{stack.bank_url}/{started['bank']}/control/payments/{started['token']}"
    answer = httpx.post(address, json={"action": action, "customer": customer}, timeout=20)
    assert answer.status_code == 200, answer.text


def wait_for(is_so: Callable[[], bool], what: str, seconds: float = _BACK_WITHIN_SECONDS) -> None:
    """Look again and again; a process that is down meanwhile counts as not yet."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        try:
            if is_so():
                return
        except (httpx.TransportError, AssertionError):
            pass
        time.sleep(0.1)
    raise AssertionError(f"waited {seconds} seconds for {what}")


def clean_environment() -> dict[str, str]:
    """What surrounds this run, without any setting of ours."""
    return {name: value for name, value in os.environ.items() if not _OURS.match(name)}


def _environment(folder: Path, ports: dict[str, int], postman: Postman) -> dict[str, str]:
    return {
        **clean_environment(),
        "BATUA_DATA": str(folder),
        "RATE_LIMIT_FACTOR": "1000",
        "BANK_WEBHOOK_URL": postman.url,
        **{f"{name.upper()}_PORT": str(port) for name, port in ports.items()},
    }


_OURS = re.compile(
    r"(BATUA|DATABASE|HDFC|AXIS|PUBLIC|JWT|API|REDIS|RATE|BANK|BIND|GOOGLE|GITHUB)_|.*_(APP|SERVER|BANK|SERVICE)_PORT$"
)


def _wait_until_up(process: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + _UP_WITHIN_SECONDS
    while time.monotonic() < until:
        if process.poll() is not None or "Ctrl-C stops everything" in log.read_text():
            break
        time.sleep(0.2)
    assert process.poll() is None, log.read_text()
    assert "Ctrl-C stops everything" in log.read_text(), log.read_text()


def _stop(process: subprocess.Popen[bytes]) -> None:
    family = psutil.Process(process.pid).children(recursive=True) if process.poll() is None else []
    process.terminate()
    try:
        code = process.wait(40)
    except subprocess.TimeoutExpired:
        process.kill()
        raise
    assert code == 0, f"`up` ended with {code}"
    _, left = psutil.wait_procs(family, timeout=5)
    assert not left, f"left behind: {left}"


def _is_ready(port: int) -> bool:
    return httpx.get(f"http://127.0.0.1:{port}/readyz", timeout=3).is_success


def _command(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.Error:
        return []
