"""A backup while money moves: one snapshot by `pg_dump`, in place complete or not at all, and what is in it."""

from __future__ import annotations

import contextlib
import errno
import os
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

import psycopg
from psycopg.rows import class_row

from shared_db.backup_seal import Inside, fingerprint, seal
from shared_db.begun_restores import SCHEMA as MARK
from shared_db.command_connection import connected
from shared_db.postgres_tools import BackupRefused, run, tool

_NO_NAMELESS_FILES = {errno.EOPNOTSUPP, errno.EISDIR, errno.EINVAL}
"""How a disk says that it cannot."""
_UNFINISHED = ".unfinished-backup-"
_FIGURES = """
SELECT (SELECT version_num FROM alembic_version) AS revision,
       (SELECT count(*) FROM accounts) AS accounts,
       (SELECT count(*) FROM transfers) AS transfers,
       (SELECT max(created_at) FROM transfers) AS newest_transfer_at,
       (SELECT coalesce(sum(balance_paise), 0) FROM balances)::bigint AS wallets_paise,
       (SELECT coalesce(sum(held_paise), 0) FROM balances)::bigint AS held_paise
"""
NOT_TAKEN_ALONG = "restores"
"""A table whose rows are of one database alone: what was loaded from a backup has none, and lets no money out."""


@dataclass(frozen=True, slots=True)
class Figures:
    """What a database holds, by one snapshot. Wallets are people's and shops', without what is on hold."""

    revision: str
    accounts: int
    transfers: int
    newest_transfer_at: datetime | None
    wallets_paise: int
    held_paise: int

    def as_json(self) -> dict[str, object]:
        told: dict[str, object] = asdict(self)
        newest = self.newest_transfer_at
        return told | {"newest_transfer_at": newest.isoformat() if newest else None}


def backup(url: str, path: Path) -> dict[str, object]:
    """Write one, mode 0600; what `manage.py backup` prints.

    Raises BackupRefused, or DatabaseRefused when the database is not there; and then there is no file.
    """
    if os.path.lexists(path):
        raise BackupRefused(f"{path} is there already, and a backup overwrites nothing.")
    with connected(url) as connection:
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        connection.read_only = True
        program = tool("pg_dump", server=connection.info.server_version // 10_000)
        # We are idle for as long as the dump takes.
        connection.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
        snapshot, taken_at = connection.execute(
            "SELECT pg_export_snapshot(), statement_timestamp()"
        ).fetchall()[0]
        try:
            found = figures(connection)
        except psycopg.errors.UndefinedTable as error:
            raise BackupRefused(
                "This database holds no Batua. `manage.py migrate` makes its tables."
            ) from error
        with _complete_or_not_at_all(path) as file:
            # The transaction stays open meanwhile: its snapshot is the dump's.
            run(
                program,
                "--format=custom",
                f"--snapshot={snapshot}",
                f"--exclude-table-data=public.{NOT_TAKEN_ALONG}",
                f"--exclude-schema={MARK}",
                "--no-owner",
                "--no-privileges",
                "--lock-wait-timeout=60s",
                url=url,
                output=file.fileno(),
            )
            # Nothing is asked of it any more, so nothing can go wrong with it once the file has its name.
            connection.close()
            seal(file, Inside(taken_at, found.accounts, found.transfers))
    return fingerprint(path) | {"snapshot_at": taken_at.isoformat()} | found.as_json()


def figures(connection: psycopg.Connection) -> Figures:
    """Of the transaction's snapshot. Raises psycopg.errors.UndefinedTable where there is no Batua."""
    with connection.cursor(row_factory=class_row(Figures)) as cursor:
        found = cursor.execute(_FIGURES).fetchone()
    assert found is not None, "the query has exactly one row"
    return found


@contextmanager
def _complete_or_not_at_all(path: Path) -> Generator[BinaryIO]:
    """A file to write, which gets its name once it is on the disk. Raises BackupRefused."""
    try:
        _see_that_it_can_be_named(path)
        with _nameless(path.parent) as (file, name):
            yield file
            os.fsync(file.fileno())
            folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
            try:
                # A link never overwrites. With folders given, it is the file behind /proc that gets the name.
                os.link(name, path.absolute(), src_dir_fd=folder, dst_dir_fd=folder, follow_symlinks=True)
                os.fsync(folder)
            finally:
                os.close(folder)
    except FileExistsError as error:
        raise BackupRefused(f"{path} is there already, and a backup overwrites nothing.") from error
    except OSError as error:
        raise BackupRefused(f"{path} cannot be written: {error.strerror}.") from error


def _see_that_it_can_be_named(path: Path) -> None:
    """Rather now than after an hour's dump. Raises BackupRefused."""
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=_UNFINISHED) as file:
        linked = f"{file.name}-linked"
        try:
            os.link(file.name, linked)
        except OSError as error:
            raise BackupRefused(
                f"{path} cannot be written: its disk knows no hard links ({error.strerror})."
            ) from error
        os.unlink(linked)  # noqa: PTH108


@contextmanager
def _nameless(folder: Path) -> Generator[tuple[BinaryIO, str]]:
    """A new file, mode 0600, and by which name it is linked; the system removes it when nobody has linked it."""
    if without_a_name := getattr(os, "O_TMPFILE", 0):  # which is Linux's alone
        try:
            number = os.open(folder, without_a_name | os.O_RDWR, 0o600)
        except OSError as error:
            if error.errno not in _NO_NAMELESS_FILES:
                raise
        else:
            with open(number, "w+b") as file:  # noqa: PTH123 # a number is no path
                yield file, f"/proc/self/fd/{number}"
            return
    # This disk knows no files without a name: only a `kill -9` leaves this one, and nobody takes it for a backup.
    with tempfile.NamedTemporaryFile(dir=folder, prefix=_UNFINISHED, delete=False) as file:
        try:
            yield file.file, file.name  # pyright: ignore[reportReturnType] # a plain binary file
        finally:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(file.name)  # noqa: PTH108
