"""`manage.py backup` and `restore`: one snapshot while money moves, loaded whole or not at all, whoever dies."""

from __future__ import annotations

import asyncio
import json
import random
import resource
import uuid
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from money.movements import Kind
from shared_db.backup import backup
from shared_db.backup_seal import Inside, seal
from shared_db.migrate import migrate
from shared_db.postgres_tools import BackupRefused, run, tool
from shared_db.restore import restore
from shared_db.verify import verify
from tests.integration.backup_town import (
    an_empty_database,
    command_lines,
    ended,
    is_gone,
    left_in,
    major_of,
    relations,
    running,
    waits_for_a_lock,
)
from tests.integration.solvency_town import is_stopped
from tests.town import Books, move

FIGURES = ("revision", "accounts", "transfers", "newest_transfer_at", "wallets_paise", "held_paise")
KINDS_OF_DAMAGE = ("first half", "last byte gone", "one bit", "a letter to the bank", "nothing")


async def keep_sending(books: Books, people: list[uuid.UUID], seed: int) -> None:
    dice = random.Random(seed)
    while True:
        sender, recipient = dice.sample(people, 2)
        await books.post(move(Kind.SEND, sender, recipient, dice.randint(1, 500)))


async def test_a_backup_while_four_callers_move_money_restores_to_exactly_what_it_told(
    database_url: str, tmp_path: Path
) -> None:
    file = tmp_path / "batua.dump"
    async with Books(database_url) as books:
        people = [await books.person(1_000) for _ in range(6)]
        callers = [asyncio.create_task(keep_sending(books, people, seed)) for seed in range(4)]
        try:
            await asyncio.sleep(0.3)
            told = await asyncio.to_thread(backup, database_url, file)
            await asyncio.sleep(0.3)
        finally:
            for caller in callers:
                caller.cancel()
            await asyncio.gather(*callers, return_exceptions=True)
        [(in_the_end,)] = await books.ask("SELECT count(*) FROM transfers")
        books.is_right()

    with an_empty_database(database_url) as elsewhere:
        loaded, is_ok = await asyncio.to_thread(restore, elsewhere, file)

    assert {name: loaded[name] for name in FIGURES} == {name: told[name] for name in FIGURES}
    assert (loaded["sha256"], loaded["bytes"]) == (told["sha256"], file.stat().st_size)
    assert (is_ok, loaded["outgoing"]) == (True, "held")
    assert told["wallets_paise"] == 6_000_00
    assert 6 < int(str(told["transfers"])) < in_the_end
    assert file.stat().st_mode & 0o777 == 0o600
    assert left_in(tmp_path) == [file.name]


async def test_the_commands_print_one_object_each_and_a_second_backup_overwrites_nothing(
    database_url: str, tmp_path: Path
) -> None:
    file = tmp_path / "batua.dump"
    async with running(database_url, tmp_path, "backup", str(file)) as process:
        made = await ended(process)
    async with running(database_url, tmp_path, "backup", str(file)) as process:
        again = await ended(process)
    with an_empty_database(database_url) as elsewhere:
        async with running(elsewhere, tmp_path, "restore", str(file)) as process:
            restored = await ended(process)
        async with Books(elsewhere) as books:
            stopped = await is_stopped(books)

    assert (made[0], made[2], json.loads(made[1])["bytes"]) == (0, "", file.stat().st_size)
    assert (again[0], again[1]) == (1, "")
    assert again[2] == f"{file} is there already, and a backup overwrites nothing.\n"
    assert (restored[0], restored[2], json.loads(restored[1])["verify"]["ok"]) == (0, "", True)
    assert stopped


async def test_a_backup_loaded_by_hand_lets_no_money_out_either(database_url: str, tmp_path: Path) -> None:
    file = tmp_path / "batua.dump"
    await asyncio.to_thread(backup, database_url, file)

    with an_empty_database(database_url) as elsewhere:
        pg_restore = tool("pg_restore", server=major_of(elsewhere))
        listed = await asyncio.to_thread(run, pg_restore, "--list", str(file))
        wanted = tmp_path / "wanted"
        wanted.write_text("\n".join(one for one in listed.splitlines() if "EXTENSION" not in one))
        await asyncio.to_thread(
            run, pg_restore, "--no-owner", f"--use-list={wanted}", str(file), url=elsewhere
        )
        migrate(elsewhere)
        async with Books(elsewhere) as books:
            stopped = await is_stopped(books)

    async with Books(database_url) as books:
        assert (stopped, await is_stopped(books)) == (True, False)


async def test_a_backup_of_nothing_and_one_without_a_place_are_refused(
    database_url: str, tmp_path: Path
) -> None:
    with an_empty_database(database_url) as empty, pytest.raises(BackupRefused, match="holds no Batua"):
        backup(empty, tmp_path / "batua.dump")
    with pytest.raises(BackupRefused, match="cannot be written: No such file"):
        backup(database_url, tmp_path / "no" / "such" / "folder.dump")

    assert left_in(tmp_path) == []


@pytest.mark.parametrize("damage", KINDS_OF_DAMAGE)
async def test_a_file_that_is_no_whole_backup_leaves_the_database_empty(
    database_url: str, tmp_path: Path, damage: str
) -> None:
    file = tmp_path / "batua.dump"
    backup(database_url, file)
    whole = file.read_bytes()
    spoilt = {
        "first half": whole[: len(whole) // 2],
        "last byte gone": whole[:-1],
        "one bit": whole[:20_000] + bytes([whole[20_000] ^ 1]) + whole[20_001:],
        "a letter to the bank": b"Dear bank,\n",
        "nothing": b"",
    }
    file.write_bytes(spoilt[damage])

    with an_empty_database(database_url) as elsewhere:
        before = relations(elsewhere)
        with pytest.raises(BackupRefused):
            restore(elsewhere, file)
        after = relations(elsewhere)

    assert (before, after) == (0, 0)


async def test_a_backup_goes_into_an_empty_database_only(database_url: str, tmp_path: Path) -> None:
    file = tmp_path / "batua.dump"
    async with Books(database_url) as books:
        asha = await books.person(10)
        backup(database_url, file)

        with pytest.raises(BackupRefused, match="not empty"):
            restore(database_url, file)

        assert await books.has(asha) == (10_00, 0)
        assert not await is_stopped(books)


async def test_a_newer_release_and_somebody_elses_backup_are_refused(
    database_url: str, tmp_path: Path
) -> None:
    newer, foreign = tmp_path / "newer.dump", tmp_path / "foreign.dump"
    with psycopg.connect(database_url) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    backup(database_url, newer)

    with an_empty_database(database_url) as elsewhere:
        with pytest.raises(BackupRefused, match="9999, which is unknown here"):
            restore(elsewhere, newer)
        with psycopg.connect(elsewhere) as connection:
            connection.execute("CREATE TABLE recipes (name text)")
        with foreign.open("w+b") as file:
            run(
                tool("pg_dump", server=major_of(elsewhere)),
                "--format=custom",
                url=elsewhere,
                output=file.fileno(),
            )
            seal(file, Inside(datetime.now(UTC), 0, 0))
        with psycopg.connect(elsewhere) as connection:
            connection.execute("DROP TABLE recipes")
        with pytest.raises(BackupRefused, match="no Batua in it"):
            restore(elsewhere, foreign)
        left = relations(elsewhere)

    assert left == 0


@pytest.mark.parametrize("fate", ["killed", "thrown out"])
async def test_a_backup_that_dies_in_the_middle_leaves_no_file(
    database_url: str, tmp_path: Path, fate: str
) -> None:
    backups = tmp_path / "backups"
    backups.mkdir()
    with psycopg.connect(database_url) as connection:
        connection.execute("LOCK TABLE outbox IN ACCESS EXCLUSIVE MODE")
        async with running(database_url, tmp_path, "backup", str(backups / "batua.dump")) as process:
            dumps = await waits_for_a_lock(database_url, "pg_dump")
            programs = await asyncio.to_thread(command_lines)
            if fate == "killed":
                process.kill()
                await process.wait()
            else:
                connection.execute("SELECT pg_terminate_backend(%s)", (dumps,))
                code, out, err = await ended(process)
                assert (code, out, "Traceback" in err) == (1, "", False)
                assert "pg_dump could not do it" in err
        await is_gone(database_url, dumps)

    assert [one for one in programs if b"pg_dump" in one and b"--snapshot" in one]
    assert not [one for one in programs if b"pg_dump" in one and b"only-for-tests" in one]
    assert left_in(backups) == []


async def test_a_full_disk_leaves_no_file(database_url: str, tmp_path: Path) -> None:
    backups = tmp_path / "backups"
    backups.mkdir()

    def full() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))

    async with running(database_url, tmp_path, "backup", str(backups / "batua.dump"), before=full) as process:
        code, out, err = await ended(process)

    assert (code, out, "pg_dump could not do it" in err) == (1, "", True)
    assert left_in(backups) == []


async def test_a_restore_that_is_killed_in_the_middle_leaves_an_empty_database_for_the_next(
    database_url: str, tmp_path: Path
) -> None:
    file = tmp_path / "batua.dump"
    backup(database_url, file)

    with an_empty_database(database_url) as elsewhere:
        with psycopg.connect(elsewhere) as connection:
            # Whoever makes a table of this name waits for us.
            connection.execute("CREATE TABLE withdrawals ()")
            async with running(elsewhere, tmp_path, "restore", str(file)) as process:
                loads = await waits_for_a_lock(elsewhere, "pg_restore")
                process.kill()
                await process.wait()
            connection.rollback()
        await is_gone(elsewhere, loads)
        left = relations(elsewhere)
        restore(elsewhere, file)
        found = verify(elsewhere)

    assert left == 0
    assert found["ok"]


async def test_a_backup_of_a_release_before_the_mark_is_held_as_well(
    database_url: str, tmp_path: Path
) -> None:
    file = tmp_path / "batua.dump"
    with psycopg.connect(database_url) as connection:
        for statement in ("DROP TABLE restores", "UPDATE alembic_version SET version_num = '0014'"):
            connection.execute(sql.SQL(statement))
    await asyncio.to_thread(backup, database_url, file)

    with an_empty_database(database_url) as elsewhere:
        loaded, is_ok = await asyncio.to_thread(restore, elsewhere, file)
        async with Books(elsewhere) as books:
            stopped = await is_stopped(books)

    assert (loaded["revision_of_file"], is_ok, stopped) == ("0014", True, True)
