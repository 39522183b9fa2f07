"""A backup while money moves: one snapshot by `pg_dump`, in place complete or not at all, and what is in it."""

from __future__ import annotations

import contextlib
import errno
import hashlib
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

from shared_db.postgres_tools import BackupRefused, libpq, run, tool

_SEAL, _DIGITS = b"\nBatua backup, sha256 of all before this line: %s\n", 64
_CHUNK_BYTES = 1_048_576
_NO_NAMELESS_FILES = {errno.EOPNOTSUPP, errno.EISDIR, errno.EINVAL}
"""How a disk says that it cannot."""
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

    Raises BackupRefused, and then there is no file; psycopg.OperationalError when the database is not there.
    """
    if os.path.lexists(path):
        raise BackupRefused(f"{path} is there already, and a backup overwrites nothing.")
    with psycopg.connect(libpq(url)) as connection:
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        connection.read_only = True
        program = tool("pg_dump", at_least=connection.info.server_version // 10_000)
        snapshot, taken_at = connection.execute("SELECT pg_export_snapshot(), clock_timestamp()").fetchall()[
            0
        ]
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
                "--no-owner",
                "--no-privileges",
                "--lock-wait-timeout=60s",
                url=url,
                output=file.fileno(),
            )
            _seal(file)
    return fingerprint(path) | {"snapshot_at": taken_at.isoformat()} | found.as_json()


def figures(connection: psycopg.Connection) -> Figures:
    """Of the transaction's snapshot. Raises psycopg.errors.UndefinedTable where there is no Batua."""
    with connection.cursor(row_factory=class_row(Figures)) as cursor:
        found = cursor.execute(_FIGURES).fetchone()
    assert found is not None, "the query has exactly one row"
    return found


def is_whole(path: Path) -> bool:
    """Whether each byte is as it was written: its seal is that of what stands before it."""
    with path.open("rb") as file:
        sealed = file.seek(0, os.SEEK_END) - len(_SEAL % b"") - _DIGITS
        if sealed < 0:
            return False
        file.seek(sealed)
        seal = file.read()
        return seal == _SEAL % _digest_of(file, sealed)


def fingerprint(path: Path) -> dict[str, object]:
    """Name, size and SHA-256 of a file."""
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256")
        return {"file": str(path), "bytes": file.tell(), "sha256": digest.hexdigest()}


def _seal(file: BinaryIO) -> None:
    """`pg_restore` does not see that the last bytes of a file are gone, nor that one of them is another."""
    seal = _SEAL % _digest_of(file, file.seek(0, os.SEEK_END))
    file.seek(0, os.SEEK_END)
    file.write(seal)
    file.flush()


def _digest_of(file: BinaryIO, length: int) -> bytes:
    """The SHA-256 of the first bytes, in hexadecimal digits."""
    digest = hashlib.sha256()
    file.seek(0)
    while length and (chunk := file.read(min(length, _CHUNK_BYTES))):
        digest.update(chunk)
        length -= len(chunk)
    return digest.hexdigest().encode()


@contextmanager
def _complete_or_not_at_all(path: Path) -> Generator[BinaryIO]:
    """A file to write, which gets its name once it is on the disk. Raises BackupRefused."""
    try:
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


@contextmanager
def _nameless(folder: Path) -> Generator[tuple[BinaryIO, str]]:
    """A new file, mode 0600, and by which name it is linked; the system removes it when nobody has linked it."""
    try:
        number = os.open(folder, os.O_TMPFILE | os.O_RDWR, 0o600)
    except OSError as error:
        if error.errno not in _NO_NAMELESS_FILES:
            raise
    else:
        with open(number, "w+b") as file:  # noqa: PTH123 # a number is no path
            yield file, f"/proc/self/fd/{number}"
        return
    # This disk knows no files without a name: only a `kill -9` leaves this one, and nobody takes it for a backup.
    with tempfile.NamedTemporaryFile(dir=folder, prefix=".unfinished-backup-", delete=False) as file:
        try:
            yield file.file, file.name  # pyright: ignore[reportReturnType] # a plain binary file
        finally:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(file.name)  # noqa: PTH108
