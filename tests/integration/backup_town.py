"""What the tests of backups share: an empty database beside the one they fill, and the commands as processes."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
from psycopg import sql

from tests.databases import LET_GO

ROOT = Path(__file__).resolve().parents[2]
RELATIONS = "SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relname NOT LIKE 'pg_stat%'"


@contextmanager
def an_empty_database(beside: str) -> Iterator[str]:
    """The address of a new one on the same server, dropped in the end."""
    name = urlsplit(beside).path.removeprefix("/") + "_elsewhere"
    with psycopg.connect(beside, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        try:
            yield urlunsplit(urlsplit(beside)._replace(path=f"/{name}"))
        finally:
            connection.execute(LET_GO, (name,))
            connection.execute(sql.SQL("DROP DATABASE {}").format(sql.Identifier(name)))


def relations(url: str) -> int:
    """How much there is in a database."""
    with psycopg.connect(url) as connection:
        return connection.execute(RELATIONS).fetchall()[0][0]


def major_of(url: str) -> int:
    """The server's version, such as 18."""
    with psycopg.connect(url) as connection:
        return connection.info.server_version // 10_000


def left_in(folder: Path) -> list[str]:
    """The names of all files there, hidden ones as well."""
    return sorted(one.name for one in folder.iterdir())


def command_lines(what: str = "cmdline") -> list[bytes]:
    """Of every program that runs, or its `environ`."""
    found: list[bytes] = []
    for one in Path("/proc").glob(f"[0-9]*/{what}"):
        with contextlib.suppress(OSError):
            found.append(one.read_bytes())
    return found


@asynccontextmanager
async def running(
    url: str, folder: Path, *arguments: str, before: Callable[[], None] | None = None, **environment: str
) -> AsyncIterator[asyncio.subprocess.Process]:
    """A command of ours; whatever becomes of the block, it has ended afterwards."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "manage.py", *arguments),
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "BATUA_DATA": str(folder / "wallet"), "DATABASE_URL": url}
        | environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        preexec_fn=before,
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def ended(process: asyncio.subprocess.Process) -> tuple[int, str, str]:
    """Its exit code, and what it said where."""
    out, err = await asyncio.wait_for(process.communicate(), 60)
    assert process.returncode is not None
    return process.returncode, out.decode(), err.decode()


async def waits_for_a_lock(url: str, program: str) -> int:
    """The server's process that serves this program, once it waits for a lock of ours."""
    asked = """SELECT pid FROM pg_stat_activity
                WHERE datname = current_database() AND application_name = %s AND wait_event_type = 'Lock'"""
    async with asyncio.timeout(30), await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
        while not (found := await (await connection.execute(asked, (f"batua {program}",))).fetchall()):  # noqa: ASYNC110 # the database tells nobody
            await asyncio.sleep(0.02)
    return found[0][0]


async def is_gone(url: str, pid: int) -> None:
    """Once that process of the server has ended."""
    asked = "SELECT FROM pg_stat_activity WHERE pid = %s"
    async with asyncio.timeout(30), await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
        while await (await connection.execute(asked, (pid,))).fetchall():  # noqa: ASYNC110 # the same
            await asyncio.sleep(0.02)
