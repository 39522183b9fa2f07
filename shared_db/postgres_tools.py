"""PostgreSQL's own `pg_dump` and `pg_restore`: found, run beside us, and ended with us."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from psycopg.conninfo import conninfo_to_dict, make_conninfo

from shared_db.embedded.binaries import programs

_TIED = Path(__file__).resolve().parent.parent / "runtime" / "tied.py"
_MOST_WORDS = 500


class BackupRefused(Exception):
    """A backup cannot be made or restored; the text says why. Nothing half done is left."""


def tool(name: str, *, at_least: int) -> Path:
    """The first `name` of this machine that understands a server of this major version. Raises BackupRefused."""
    found = list(programs(name))
    for path, major in found:
        if major >= at_least:
            return path
    if found:
        newest = max(major for _, major in found)
        raise BackupRefused(
            f"The server is PostgreSQL {at_least}, and {name} here is {newest}, which is too old for it. "
            f"Put a newer {name} on PATH."
        )
    raise BackupRefused(f"There is no {name} here. Put PostgreSQL's client programs on PATH.")


def run(program: Path, *arguments: str, url: str | None = None, output: int = subprocess.PIPE) -> str:
    """What it printed, once it has ended well; it ends when we do, even by `kill -9`. Raises BackupRefused.

    `url` is the database it works on; the password reaches it in its environment alone. `output` is an open file.
    """
    environment = {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"}
    if url:
        given = conninfo_to_dict(libpq(url), application_name=f"batua {program.name}")
        password = given.pop("password", None)
        environment |= {"PGPASSWORD": str(password)} if password else {}
        address = make_conninfo("", **given)
        arguments = ("--no-password", "--dbname", address, *arguments)
    command = [sys.executable, "-I", "-S", str(_TIED), str(os.getpid()), str(program), *arguments]
    ended = subprocess.run(  # noqa: S603
        command, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.PIPE, env=environment, check=False
    )
    if ended.returncode:
        words = ended.stderr.decode(errors="replace").strip() or f"it ended with {ended.returncode}"
        raise BackupRefused(f"{program.name} could not do it: {words[-_MOST_WORDS:]}")
    return (ended.stdout or b"").decode(errors="replace")


def libpq(url: str) -> str:
    """The URL as PostgreSQL's own programs read it."""
    return url.replace("postgresql+psycopg://", "postgresql://", 1)
