"""PostgreSQL's own benchmark program as the yardstick: what this server can do on this machine, now."""

from __future__ import annotations

import asyncio
import re
import subprocess
from pathlib import Path
from urllib.parse import unquote, urlsplit

from shared_db.connection import Database
from shared_db.embedded.binaries import installed

_TPS = re.compile(r"tps = ([0-9.]+)")
_GIVEN_BY_US = """
SELECT name, setting FROM pg_settings
 WHERE source = 'client' AND name NOT IN ('application_name', 'client_encoding', 'TimeZone', 'DateStyle')
"""


def transactions_per_second(
    url: str, script: Path, *, clients: int, seconds: float, variables: dict[str, int], options: str = ""
) -> float:
    """Run `script` with prepared statements and 2 threads. Raises CalledProcessError when a client aborts.

    `options` are the connections' settings, as `options_of_batches` tells them.
    """
    parts = urlsplit(url)
    folder = next(iter(installed())).folder
    command = [
        str(folder / "pgbench"), "--no-vacuum", "--protocol=prepared", f"--client={clients}", "--jobs=2",
        f"--time={max(1, round(seconds))}", f"--file={script}", "-h", str(parts.hostname), "-p", str(parts.port),
        "-U", str(parts.username), *(f"--define={name}={value}" for name, value in variables.items()),
        parts.path.lstrip("/"),
    ]  # fmt: skip
    environment = {"PGPASSWORD": unquote(parts.password or ""), "PGOPTIONS": options}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    found = _TPS.search(done.stdout)
    assert found, done.stdout
    return float(found[1])


def options_of_batches(url: str) -> str:
    """The settings that the product's own batches run with, so that the yardstick is no slower for want of them."""

    async def ask() -> list[tuple[str, str]]:
        database = Database(url)
        try:
            async with database.plain() as connection:
                return await (await connection.execute(_GIVEN_BY_US)).fetchall()
        finally:
            await database.close()

    return " ".join(f"-c {name}={value}" for name, value in asyncio.run(ask()))
