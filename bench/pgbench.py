"""PostgreSQL's own benchmark program as the yardstick: what this server can do on this machine, now."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from urllib.parse import unquote, urlsplit

from shared_db.embedded.binaries import installed

_TPS = re.compile(r"tps = ([0-9.]+)")


def transactions_per_second(
    url: str, script: Path, *, clients: int, seconds: float, variables: dict[str, int]
) -> float:
    """Run `script` with prepared statements and 2 threads. Raises CalledProcessError when a client aborts."""
    parts = urlsplit(url)
    folder = next(iter(installed())).folder
    command = [
        str(folder / "pgbench"), "--no-vacuum", "--protocol=prepared", f"--client={clients}", "--jobs=2",
        f"--time={max(1, round(seconds))}", f"--file={script}", "-h", str(parts.hostname), "-p", str(parts.port),
        "-U", str(parts.username), *(f"--define={name}={value}" for name, value in variables.items()),
        parts.path.lstrip("/"),
    ]  # fmt: skip
    done = subprocess.run(
        command, env={"PGPASSWORD": unquote(parts.password or "")}, capture_output=True, text=True, check=True
    )
    found = _TPS.search(done.stdout)
    assert found, done.stdout
    return float(found[1])
