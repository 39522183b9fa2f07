"""A restore that dies after loading, a database brought back by other means: held all the same, and compared whole."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest

from money.desk_errors import NotHeld
from money.times import kolkata_day
from shared_db.backup import backup
from shared_db.begun_restores import begin
from shared_db.embedded.binaries import installed
from shared_db.migrate import _LOCK as MIGRATING
from shared_db.migrate import migrate
from shared_db.postgres_tools import BackupRefused
from shared_db.restore import restore
from tests.integration import books_town
from tests.integration.backup_town import an_empty_database, ended, relations, running
from tests.integration.books_town import Town
from tests.integration.other_servers import a_server
from tests.integration.solvency_town import follow, is_stopped
from tests.integration.test_books_commands import manage
from tests.integration.withdrawal_town import opened
from tests.town import Books, free_port
from wallet.catch_up import catch_up

BEFORE_THE_MARK = ("DROP TABLE restores", "UPDATE alembic_version SET version_num = '0014'")
RESTORES = "SELECT snapshot_at, opened_at IS NULL FROM restores ORDER BY number"


@pytest.fixture
async def town(database_url: str, tmp_path: Path) -> AsyncIterator[Town]:
    async with books_town.opened(database_url, tmp_path) as town:
        yield town


@asynccontextmanager
async def cut_off_after_loading(backed_up: Path, into: str, folder: Path) -> AsyncIterator[None]:
    """A restore is killed once its tables are there; nothing of it is left but what it has committed."""
    async with await psycopg.AsyncConnection.connect(into, autocommit=True) as connection:
        # Whoever migrates waits for us.
        await connection.execute("SELECT pg_advisory_lock(%s)", (MIGRATING,))
        async with running(into, folder, "restore", str(backed_up)) as process, asyncio.timeout(60):
            while not await is_there(connection, "withdrawals"):  # noqa: ASYNC110 # the database tells nobody
                await asyncio.sleep(0.02)
            await asyncio.sleep(0.3)
            process.kill()
            await process.wait()
        await connection.execute("SELECT pg_advisory_unlock(%s)", (MIGRATING,))
        others = "SELECT FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        async with asyncio.timeout(30):
            while await (await connection.execute(others)).fetchall():  # noqa: ASYNC110 # the same
                await asyncio.sleep(0.02)
    yield


async def is_there(connection: psycopg.AsyncConnection, table: str) -> bool:
    rows = await (await connection.execute("SELECT to_regclass(%s) IS NOT NULL", (table,))).fetchall()
    return rows[0][0]


@pytest.mark.parametrize("release", ["before the mark", "this one"])
async def test_a_restore_killed_after_loading_is_held_whoever_migrates_and_goes_on_when_called_again(
    database_url: str, tmp_path: Path, release: str
) -> None:
    file = tmp_path / "batua.dump"
    async with opened(database_url, tmp_path) as town:
        queued = await town.asks(await town.books.person(100), 50)
        if release == "before the mark":
            await town.books.ask("; ".join(BEFORE_THE_MARK))
        told = await asyncio.to_thread(backup, database_url, file)

    with an_empty_database(database_url) as elsewhere:
        async with cut_off_after_loading(file, elsewhere, tmp_path):
            migrate(elsewhere)
        async with Books(elsewhere) as books:
            before = await is_stopped(books)
            # A worker that runs meanwhile writes down that the books are followed now.
            await follow(books)
            restored, is_ok = await asyncio.to_thread(restore, elsewhere, file)
            after = await is_stopped(books)
            rows = await books.ask(RESTORES)
            status = await books.ask("SELECT status FROM withdrawals WHERE id = %s", queued)
        with pytest.raises(BackupRefused, match="not empty"):
            restore(elsewhere, file)

    assert (before, after, is_ok, restored["outgoing"]) == (True, True, True, "held")
    assert restored["snapshot_not_before"] == told["snapshot_at"]
    assert rows == [(datetime.fromisoformat(str(told["snapshot_at"])), True)]
    assert status == [("unknown",)]


async def test_a_restore_that_was_cut_off_goes_on_with_the_same_file_alone(
    database_url: str, tmp_path: Path
) -> None:
    file, another = tmp_path / "batua.dump", tmp_path / "another.dump"
    async with Books(database_url) as books:
        await books.person(10)
        backup(database_url, another)
        backup(database_url, file)

    with an_empty_database(database_url) as elsewhere:
        async with cut_off_after_loading(file, elsewhere, tmp_path):
            with pytest.raises(BackupRefused, match="another restore into it was cut off"):
                restore(elsewhere, another)
    with an_empty_database(database_url) as elsewhere:
        # Died before it had loaded, and then somebody began a wallet here.
        begin(elsewhere, str(backup(database_url, tmp_path / "third.dump")["sha256"]))
        migrate(elsewhere)
        with pytest.raises(BackupRefused, match="another restore into it was cut off"):
            restore(elsewhere, tmp_path / "third.dump")


async def test_a_backup_of_a_database_whose_restore_was_cut_off_can_be_restored(
    database_url: str, tmp_path: Path
) -> None:
    begin(database_url, "of a file")
    backup(database_url, tmp_path / "batua.dump")

    with an_empty_database(database_url) as elsewhere:
        _, is_ok = restore(elsewhere, tmp_path / "batua.dump")

    assert is_ok


async def test_a_backup_that_does_not_say_when_it_was_made_is_as_of_its_newest_row(
    database_url: str, tmp_path: Path
) -> None:
    file = tmp_path / "batua.dump"
    backup(database_url, file)
    written = file.read_bytes()
    before = written[: written.rindex(b"\nBatua backup, what is inside")]
    seal = b"\nBatua backup, sha256 of all before this line: %s\n"
    file.write_bytes(before + seal % hashlib.sha256(before).hexdigest().encode())

    with an_empty_database(database_url) as elsewhere:
        restored, is_ok = restore(elsewhere, file)
        with psycopg.connect(elsewhere) as connection:
            [(newest,)] = connection.execute("SELECT max(created_at) FROM accounts").fetchall()

    assert (is_ok, restored["snapshot_not_before"]) == (True, newest.isoformat())


async def test_a_user_who_may_not_make_the_role_is_told_before_anything_is_loaded(
    database_url: str, tmp_path: Path
) -> None:
    backup(database_url, tmp_path / "batua.dump")

    with a_server(next(installed()), tmp_path / "server") as superuser:
        with psycopg.connect(superuser, autocommit=True) as connection:
            connection.execute("CREATE ROLE meera LOGIN")
            connection.execute("CREATE DATABASE of_meera OWNER meera")
        address = superuser.replace("postgres@", "meera@").replace("/postgres", "/of_meera")
        with pytest.raises(BackupRefused, match="GRANT batua_app TO"):
            restore(address, tmp_path / "batua.dump")
        left = relations(address)
        with psycopg.connect(superuser, autocommit=True) as connection:
            connection.execute("CREATE ROLE batua_app NOLOGIN")
            connection.execute("GRANT batua_app TO meera")
        _, is_ok = restore(address, tmp_path / "batua.dump")

    assert (left, is_ok) == (0, True)


async def test_what_fails_after_loading_is_told_and_the_same_command_goes_on(
    database_url: str, tmp_path: Path
) -> None:
    binaries = next(installed())
    if binaries.major < 16:
        pytest.skip("before PostgreSQL 16 roles may be given freely")  # so this failure cannot be had
    file = tmp_path / "batua.dump"
    backup(database_url, file)

    with a_server(binaries, tmp_path / "server") as superuser:
        with psycopg.connect(superuser, autocommit=True) as connection:
            for statement in ("CREATE ROLE batua_app", "CREATE ROLE meera LOGIN CREATEROLE"):
                connection.execute(statement.encode())
            connection.execute("CREATE DATABASE of_meera OWNER meera")
        address = superuser.replace("postgres@", "meera@").replace("/postgres", "/of_meera")
        with pytest.raises(BackupRefused, match=r"(?s)no money leaves.*goes on from there"):
            restore(address, file)
        with psycopg.connect(superuser, autocommit=True) as connection:
            connection.execute("GRANT batua_app TO meera")
        restored, is_ok = restore(address, file)
        with psycopg.connect(address) as connection:
            rows = connection.execute(RESTORES.encode()).fetchall()

    assert (is_ok, restored["outgoing"], len(rows)) == (True, "held", 1)


async def test_a_hold_compares_from_the_day_it_was_told_whatever_has_run_since(
    town: Town, tmp_path: Path
) -> None:
    as_of = datetime.now(UTC) - timedelta(days=3)
    before = kolkata_day(as_of) - timedelta(days=1)
    await follow(town.books)
    held = await manage(town, tmp_path, "hold", "--as-of", as_of.isoformat())
    found = await catch_up(town.books.database, town.bank.clients)
    as_a_day = await manage(town, tmp_path, "hold", "--as-of", kolkata_day(as_of).isoformat())
    first = await town.books.ask("SELECT min(snapshot_at) FROM restores WHERE opened_at IS NULL")

    printed = json.loads(held.stdout)
    assert (held.returncode, held.stderr) == (0, "")
    assert (printed["first_day"], printed["outgoing"]) == (before.isoformat(), "held")
    assert printed["as_of"] == printed["snapshot_not_before"] == as_of.isoformat()
    assert (found.first, await is_stopped(town.books)) == (before, True)
    midnight = datetime.combine(kolkata_day(as_of), datetime.min.time()) - timedelta(hours=5, minutes=30)
    assert first == [(midnight.replace(tzinfo=UTC),)]
    assert json.loads(as_a_day.stdout)["first_day"] == before.isoformat()


async def test_a_hold_without_a_moment_in_the_past_is_refused(town: Town, tmp_path: Path) -> None:
    tomorrow = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    tried = [
        await manage(town, tmp_path, "hold", *(("--as-of", one) if one else ()))
        for one in (
            "",
            tomorrow,
            "yesterday",
            "2026-11-27T21:00:00",
            "2026-02-30",
            "0001-01-01T00:00:00+14:00",
        )
    ]

    assert [one.returncode for one in tried] == [2, 1, 1, 1, 1, 1]
    assert [one.stdout for one in tried] == [""] * 6
    assert "--as-of" in tried[0].stderr
    assert "has not come yet" in tried[1].stderr
    assert ["A moment is written with its offset" in one.stderr for one in tried[2:]] == [True] * 4
    assert not await is_stopped(town.books)
    with pytest.raises(NotHeld):
        await catch_up(town.books.database, town.bank.clients)


async def test_a_command_says_in_a_sentence_that_there_is_no_database_or_no_batua_in_it(
    town: Town, tmp_path: Path
) -> None:
    file, away = tmp_path / "batua.dump", f"postgresql://batua:secret@127.0.0.1:{free_port()}/batua"
    backup(town.books.url, file)
    hold = ("hold", "--as-of", "2026-11-01")
    commands = (("backup", str(tmp_path / "new.dump")), ("verify",), ("restore", str(file)), hold)
    nobody_there = [await manage(town, tmp_path, *one, DATABASE_URL=away) for one in commands]
    with an_empty_database(town.books.url) as empty:
        nothing_there = [
            await manage(town, tmp_path, *one, DATABASE_URL=empty)
            for one in (hold, ("verify",), ("catch-up",))
        ]
    await town.books.ask("; ".join(BEFORE_THE_MARK))
    older = [await manage(town, tmp_path, *one) for one in (hold, ("catch-up",))]

    tried = [*nobody_there, *nothing_there, *older]
    assert [one.returncode for one in tried] == [1, 1, 1, 1, 1, 1, 2, 1, 2]
    assert [one.stdout for one in tried] == [""] * 9
    assert [one.stderr for one in tried if "Traceback" in one.stderr or "secret" in one.stderr] == []
    assert ["The database cannot be reached" in one.stderr for one in nobody_there] == [True] * 4
    assert ["holds no Batua" in one.stderr for one in (*nothing_there, *older)] == [True] * 5


async def test_a_file_that_cannot_be_read_is_refused_in_a_sentence(database_url: str, tmp_path: Path) -> None:
    with an_empty_database(database_url) as elsewhere:
        async with running(elsewhere, tmp_path, "restore", str(tmp_path / ("long" * 100))) as process:
            code, out, err = await ended(process)

    assert (code, out) == (1, "")
    assert err.endswith("cannot be read: File name too long.\n")
