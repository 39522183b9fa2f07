"""Which programs of PostgreSQL make and load a backup, how they reach the database, and on which disks it can lie."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest
from psycopg import sql

from shared_db.backup import backup
from shared_db.embedded.binaries import Binaries, installed, programs
from shared_db.migrate import migrate
from shared_db.postgres_tools import BackupRefused, tool
from shared_db.restore import restore
from tests.integration.backup_town import (
    ROOT,
    an_empty_database,
    command_lines,
    ended,
    left_in,
    relations,
    running,
    waits_for_a_lock,
)
from tests.integration.other_servers import a_server

PROGRAMS = ("pg_dump", "pg_restore")
NO_LINKS = "os.link = lambda *a, **k: (_ for _ in ()).throw(PermissionError(1, 'Operation not permitted'))"


@pytest.fixture
def postgres_15() -> Binaries:
    found = [one for one in installed() if one.major == 15]
    if not found:
        pytest.skip("there is no PostgreSQL 15 on this machine")  # only systems have it, no package
    return found[0]


@pytest.fixture
def server_15(postgres_15: Binaries, tmp_path: Path) -> Iterator[str]:
    with a_server(postgres_15, tmp_path / "server") as url:
        yield url


def test_a_backup_made_on_postgresql_15_is_restored_on_postgresql_15(server_15: str, tmp_path: Path) -> None:
    file = tmp_path / "batua.dump"
    migrate(server_15)
    made = backup(server_15, file)

    with an_empty_database(server_15) as elsewhere:
        restored, is_ok = restore(elsewhere, file)

    assert (is_ok, restored["accounts"], restored["sha256"]) == (True, made["accounts"], made["sha256"])


def test_a_backup_of_a_newer_postgresql_is_refused_by_an_older_one(
    server_15: str, database_url: str, tmp_path: Path
) -> None:
    backup(database_url, tmp_path / "batua.dump")

    with an_empty_database(server_15) as elsewhere:
        with pytest.raises(BackupRefused, match="comes from a newer PostgreSQL"):
            restore(elsewhere, tmp_path / "batua.dump")
        left = relations(elsewhere)

    assert left == 0


def test_a_backup_made_on_postgresql_15_is_restored_on_a_newer_one(
    server_15: str, database_url: str, tmp_path: Path
) -> None:
    file = tmp_path / "batua.dump"
    migrate(server_15)
    backup(server_15, file)

    with an_empty_database(database_url) as elsewhere:
        _, is_ok = restore(elsewhere, file)

    assert is_ok


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_server_is_served_by_the_programs_of_its_own_version_or_the_next(name: str) -> None:
    there = {major for _, major in programs(name)}
    served = {major: tool(name, server=major) for major in there}
    of = dict(programs(name))

    assert {major: of[path] for major, path in served.items()} == {major: major for major in there}
    with pytest.raises(BackupRefused, match="too old for it"):
        tool(name, server=max(there) + 1)


def test_a_program_of_the_servers_own_version_goes_before_newer_ones(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = tmp_path / "pg_dump"
    own.write_text("#!/bin/sh\necho 'pg_dump (PostgreSQL) 17.2'\n")
    own.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")

    assert tool("pg_dump", server=17) == own
    assert tool("pg_dump", server=18) != own


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_backup_that_no_program_here_could_restore_is_not_made(name: str) -> None:
    if 16 in {major for _, major in programs(name)}:
        pytest.skip("there are programs of PostgreSQL 16 here")  # then there is nothing to refuse

    with pytest.raises(BackupRefused, match="into a server before 17"):
        tool(name, server=16)


async def test_a_password_of_the_environment_opens_the_database_for_the_programs_as_well(
    database_url: str, tmp_path: Path
) -> None:
    file, parts = tmp_path / "batua.dump", urlsplit(database_url)
    bare = urlunsplit(parts._replace(netloc=f"{parts.username}@{parts.hostname}:{parts.port}"))
    async with running(bare, tmp_path, "backup", str(file), PGPASSWORD=str(parts.password)) as process:
        code, _, err = await ended(process)

    assert (code, err, file.exists()) == (0, "", True)


async def test_the_programs_get_what_the_environment_says_and_no_secret_in_their_command_line(
    database_url: str, tmp_path: Path
) -> None:
    file = tmp_path / "batua.dump"
    with psycopg.connect(database_url) as connection:
        connection.execute("LOCK TABLE outbox IN ACCESS EXCLUSIVE MODE")
        url = f"{database_url}?sslpassword=of-the-key"
        async with running(url, tmp_path, "backup", str(file), PGSSLMODE="allow") as process:
            await waits_for_a_lock(database_url, "pg_dump")
            lines = await asyncio.to_thread(command_lines)
            environments = await asyncio.to_thread(command_lines, "environ")
            connection.rollback()
            code, _, err = await ended(process)

    assert [one for one in lines if b"pg_dump" in one and b"--snapshot" in one]
    assert [one for one in lines if b"pg_dump" in one and b"of-the-key" in one] == []
    of_the_dump = [one for one in environments if b"PGSERVICEFILE" in one]
    assert [b"PGSSLMODE=allow" in one for one in of_the_dump] == [True]
    assert (code, err, file.exists()) == (0, "", True)


async def test_a_server_that_ends_idle_transactions_does_not_end_a_backup(
    database_url: str, tmp_path: Path
) -> None:
    file, name = tmp_path / "batua.dump", urlsplit(database_url).path.removeprefix("/")
    with psycopg.connect(database_url, autocommit=True) as connection:
        ended_soon = sql.SQL("ALTER DATABASE {} SET idle_in_transaction_session_timeout = 200")
        connection.execute(ended_soon.format(sql.Identifier(name)))
    with psycopg.connect(database_url) as connection:
        connection.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
        connection.execute("LOCK TABLE outbox IN ACCESS EXCLUSIVE MODE")
        async with running(database_url, tmp_path, "backup", str(file)) as process:
            await waits_for_a_lock(database_url, "pg_dump")
            await asyncio.sleep(1)
            connection.rollback()
            code, _, err = await ended(process)

    assert (code, err, file.exists()) == (0, "", True)


@pytest.mark.parametrize(
    ("system", "code", "left"),
    [("del os.O_TMPFILE", 0, ["batua.dump"]), (NO_LINKS, 1, [])],
    ids=["not Linux", "a disk without hard links"],
)
async def test_a_disk_that_cannot_name_a_file_late_is_told_before_the_dump(
    database_url: str, tmp_path: Path, system: str, code: int, left: list[str]
) -> None:
    backups = tmp_path / "backups"
    backups.mkdir()
    program = (
        f"import os; {system}\nimport sys; from pathlib import Path; from shared_db.backup import backup\n"
        "backup(sys.argv[1], Path(sys.argv[2]))"
    )
    with psycopg.connect(database_url) as connection:
        if code:
            # Whoever dumps waits for us, and waits for ever.
            connection.execute("LOCK TABLE outbox IN ACCESS EXCLUSIVE MODE")
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", program, database_url, str(backups / "batua.dump")),
            cwd=ROOT,
            stderr=asyncio.subprocess.PIPE,
        )
        _, err = await asyncio.wait_for(process.communicate(), 30)

    assert (process.returncode, left_in(backups)) == (code, left)
    assert ("knows no hard links" in err.decode()) == bool(code)
