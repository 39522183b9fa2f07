"""A place to measure in: a folder, a PostgreSQL, real product processes on free ports; all gone afterwards."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from pathlib import Path

import httpx

from bench.pages import put_pages_into
from deploy.local.fleet import running_fleet
from deploy.local.member import WEB_APPS
from deploy.local.processes import Fleet
from runtime.ports import free_port
from settings import ROOT
from shared_db.embedded_postgres import EmbeddedPostgres, ensure_running
from shared_db.migrate import migrate

_READY_WITHIN_SECONDS = 30


@contextmanager
def scratch_database() -> Generator[tuple[Path, EmbeddedPostgres]]:
    """A temporary folder with a migrated database, fsync and synchronous_commit on as in production."""
    with tempfile.TemporaryDirectory(prefix="batua-bench-") as name:
        folder = Path(name)
        with ensure_running(folder / "postgres", password="only-for-a-benchmark", port=None) as server:
            migrate(server.url)
            yield folder, server


@contextmanager
def scratch_fleet() -> Generator[Fleet]:
    """Two of each with their own folder, database, Redis and proxy, and limits that nobody meets."""
    with tempfile.TemporaryDirectory(prefix="batua-bench-") as name:
        for app in WEB_APPS:
            put_pages_into(Path(name), app)
        with running_fleet(Path(name), settings={"RATE_LIMIT_FACTOR": "1000"}) as fleet:
            yield fleet


@contextmanager
def product_process(
    name: str, *, folder: Path, url: str, settings: Mapping[str, str] | None = None
) -> Generator[int]:
    """`python -m name` on this database and a free port, ready; its port. Ended when the block ends."""
    port = free_port()
    environment = os.environ | {
        "BATUA_ENV": "dev",
        "BATUA_DATA": str(folder),
        "DATABASE_URL": url,
        f"{name.upper()}_PORT": str(port),
        "BIND_HOST": "127.0.0.1",
        "RATE_LIMIT_FACTOR": "1000000",
        **(settings or {}),
    }
    # Named for its port as well: there may be two of a kind.
    log_path = folder / f"{name}-{port}.log"
    with log_path.open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", name], cwd=ROOT, env=environment, stdout=log, stderr=log
        )
        try:
            _wait_until_ready(port, process, log_path)
            yield port
        finally:
            process.terminate()
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _wait_until_ready(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + _READY_WITHIN_SECONDS
    while time.monotonic() < until and process.poll() is None:
        try:
            if httpx.get(f"http://127.0.0.1:{port}/readyz", timeout=2).is_success:
                return
        except httpx.HTTPError:
            pass
        time.sleep(0.1)
    raise RuntimeError(f"the process did not get ready; its log ends:\n{log.read_text()[-2000:]}")
