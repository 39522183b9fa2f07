"""PostgreSQL's own `pg_dump` and `pg_restore`: found, run beside us, and ended with us."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from operator import itemgetter
from pathlib import Path

from psycopg.conninfo import conninfo_to_dict, make_conninfo

from shared_db.embedded.binaries import programs

_TIED = Path(__file__).resolve().parent.parent / "runtime" / "tied.py"
_MOST_WORDS = 500
_TIMED_SINCE = 17
"""From this version on `pg_restore` begins by setting transaction_timeout, which older servers do not know."""
_NOT_ABOUT_THE_WAY = {"PGCLIENTENCODING", "PGDATESTYLE", "PGTZ"}
"""What a program writes must not hang on these."""


class BackupRefused(Exception):
    """A backup cannot be made or restored; the text says why. Nothing half done is left."""


def tool(name: str, *, server: int) -> Path:
    """The `name` of this machine for a server of this major version: its own, else the next newer one.

    Raises BackupRefused, also where there is none but one whose files this server could not take.
    """
    found = sorted(programs(name), key=itemgetter(1))
    for path, major in found:
        if major >= server and (major < _TIMED_SINCE or server >= _TIMED_SINCE):
            return path
    if not found:
        raise BackupRefused(f"There is no {name} here. Put PostgreSQL's client programs on PATH.")
    newest = found[-1][1]
    if newest < server:
        raise BackupRefused(
            f"The server is PostgreSQL {server}, and {name} here is {newest}, which is too old for it. "
            f"Put a newer {name} on PATH."
        )
    raise BackupRefused(
        f"The server is PostgreSQL {server}, and {name} here is {newest}: no backup that this one makes can be "
        f"restored into a server before {_TIMED_SINCE}. Put PostgreSQL {server}'s client programs on PATH."
    )


def run(program: Path, *arguments: str, url: str | None = None, output: int = subprocess.PIPE) -> str:
    """What it printed, once it has ended well; it ends when we do, even by `kill -9`. Raises BackupRefused.

    `url` is the database it works on; no password stands among its arguments. `output` is an open file.
    """
    environment = {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"}
    with ExitStack() as stack:
        if url:
            address, found_there = stack.enter_context(_as_we_reach_it(url, f"batua {program.name}"))
            environment = found_there | environment
            arguments = ("--no-password", "--dbname", address, *arguments)
        command = [sys.executable, "-I", "-S", str(_TIED), str(os.getpid()), str(program), *arguments]
        ended = subprocess.run(  # noqa: S603
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.PIPE,
            env=environment,
            check=False,
        )
    if ended.returncode:
        words = ended.stderr.decode(errors="replace").strip() or f"it ended with {ended.returncode}"
        raise BackupRefused(f"{program.name} could not do it: {words[-_MOST_WORDS:]}")
    return (ended.stdout or b"").decode(errors="replace")


@contextmanager
def _as_we_reach_it(url: str, name: str) -> Generator[tuple[str, dict[str, str]]]:
    """An address without secrets, and the environment that makes it the database which psycopg reaches by this URL."""
    given = conninfo_to_dict(libpq(url), application_name=name)
    environment = {
        name: value
        for name, value in os.environ.items()
        if name == "HOME" or (name.startswith("PG") and name not in _NOT_ABOUT_THE_WAY)
    }
    if password := given.pop("password", None):
        environment["PGPASSWORD"] = str(password)
    of_the_key = given.pop("sslpassword", None)
    if of_the_key is None:
        yield make_conninfo("", **given), environment
        return
    if "service" in given or "PGSERVICE" in environment:
        raise BackupRefused(
            "Beside a service, sslpassword cannot stand in DATABASE_URL: it belongs to the service's file."
        )
    # No variable holds this one, so it goes by a file that is ours alone.
    with tempfile.NamedTemporaryFile("w", prefix="batua-service-") as file:
        file.write(f"[batua]\nsslpassword={of_the_key}\n")
        file.flush()
        yield make_conninfo("", **given, service="batua"), environment | {"PGSERVICEFILE": file.name}


def libpq(url: str) -> str:
    """The URL as PostgreSQL's own programs read it."""
    return url.replace("postgresql+psycopg://", "postgresql://", 1)
