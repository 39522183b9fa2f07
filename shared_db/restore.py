"""Load a backup into an empty database, all of it or nothing; money does not leave it until somebody lets it."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import OperationalError, ProgrammingError

from shared_db.backup import NOT_TAKEN_ALONG, figures
from shared_db.backup_seal import Inside, fingerprint, inside, is_whole
from shared_db.begun_restores import NOBODY_LOADS, begin, begun, end, take_back
from shared_db.command_connection import connected
from shared_db.migrate import bring_to, known_revisions, migrate
from shared_db.postgres_tools import BackupRefused, run, tool
from shared_db.restores import MARK
from shared_db.verify import verify

_TABLES = """
SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
 WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p', 'v', 'm', 'S', 'f')
   AND NOT EXISTS (SELECT FROM pg_depend d
                    WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
"""
# What an empty database has already, what belongs to its superuser, and what is of the old database alone.
_LEFT_OUT = re.compile(
    r"\d+; \d+ \d+ "
    rf"(SCHEMA - |EXTENSION - |COMMENT - EXTENSION |COMMENT - SCHEMA |TABLE DATA public {NOT_TAKEN_ALONG} )"
)
_MARKED_SINCE = "0015"
"""The first revision that knows whether a database was brought back."""
_LOCK = 0x62617475617232
"""Held while restoring: of two that load at once, the one that fails must not take the other's mark away."""
_ALONE = f"SELECT pg_try_advisory_lock(%s) AND {NOBODY_LOADS}"
_MAY_WORK = """
SELECT r.rolsuper OR r.rolcreaterole
       OR EXISTS (SELECT FROM pg_roles b WHERE b.rolname = 'batua_app' AND pg_has_role(b.oid, 'MEMBER'))
  FROM pg_roles r WHERE r.rolname = current_user
"""
_REVISION = re.compile(r"^COPY public\.alembic_version .*\n(\S+)\n\\\.$", re.MULTILINE)


def restore(url: str, path: Path) -> tuple[dict[str, object], bool]:
    """What `manage.py restore` prints, and whether the books are right. No money leaves it, whatever happens to us.

    One that died is begun again by the same call. Raises DatabaseRefused when the database is not there, and
    BackupRefused: then it is as empty as before, or loaded and held, as the text says.
    """
    with _nobody_else_restores(url) as connection:
        server = connection.info.server_version // 10_000
        file, told = _read(path, connection)
        program = tool("pg_restore", server=server)
        contents = _contents(program, path)
        revision = _revision(program, path)
        if not _tables(connection):
            _may_work(connection)
            _load_marked(program, url, path, contents, str(file["sha256"]))
        _begin_held(url, told)
        found = figures(connection)
        [(snapshot_at, stopped)] = connection.execute(
            "SELECT max(snapshot_at), outgoing_is_stopped() FROM restores"
        ).fetchall()
        books = verify(url)
        end(connection)
    printed = (
        file
        | {"revision_of_file": revision, "snapshot_not_before": snapshot_at.isoformat()}
        | found.as_json()
        | {"verify": books, "outgoing": "held" if stopped else "open"}
    )
    return printed, bool(books["ok"])


@contextmanager
def _nobody_else_restores(url: str) -> Generator[psycopg.Connection]:
    with connected(url) as connection:
        connection.autocommit = True
        connection.execute("SET idle_session_timeout = 0")
        [(is_alone,)] = connection.execute(_ALONE, (_LOCK,)).fetchall()
        if not is_alone:
            raise BackupRefused("Somebody restores into this database just now.")
        yield connection


def _read(path: Path, connection: psycopg.Connection) -> tuple[dict[str, object], Inside | None]:
    """The file's fingerprint and what is inside, where it is whole and the database is there for it.

    That is an empty one, or one into which this very file was loaded by a restore that died.
    """
    try:
        if not path.is_file():
            raise BackupRefused(f"There is no file {path}.")
        tables, before = _tables(connection), begun(connection)
        if tables and before is None:
            raise BackupRefused(
                f"This database is not empty: it has {tables} tables. A backup is restored into an empty one."
            )
        if not is_whole(path):
            raise BackupRefused(
                f"{path} is not as `manage.py backup` has written it: cut short, damaged, or of another make."
            )
        file, told = fingerprint(path), inside(path)
    except OSError as error:
        raise BackupRefused(f"{path} cannot be read: {error.strerror}.") from error
    if tables and (before != file["sha256"] or not told or not _is_in(connection, told)):
        raise BackupRefused(
            "This database is not empty: another restore into it was cut off. Restore the same file again, "
            "or take an empty database."
        )
    return file, told


def _tables(connection: psycopg.Connection) -> int:
    return connection.execute(_TABLES).fetchall()[0][0]


def _is_in(connection: psycopg.Connection, told: Inside) -> bool:
    """Whether what the file holds was loaded, rather than tables made for a wallet that begins: rows never leave."""
    [(accounts, transfers)] = connection.execute(
        "SELECT (SELECT count(*) FROM accounts), (SELECT count(*) FROM transfers)"
    ).fetchall()
    return accounts >= told.accounts and transfers >= told.transfers


def _may_work(connection: psycopg.Connection) -> None:
    """Raises BackupRefused where the role that processes work in is missing and this user cannot help it."""
    [(may,)] = connection.execute(_MAY_WORK).fetchall()
    if not may:
        raise BackupRefused(
            "The role batua_app is not there, or not for this user, who may not make roles. As a superuser: "
            "CREATE ROLE batua_app NOLOGIN, unless there is one; GRANT batua_app TO the user of DATABASE_URL."
        )


def _contents(program: Path, path: Path) -> str:
    try:
        listed = run(program, "--list", str(path))
    except BackupRefused as error:
        if "unsupported version" in str(error):
            raise BackupRefused(
                f"{path} comes from a newer PostgreSQL than this server is: restore it into one as new as that."
            ) from error
        raise BackupRefused(f"{path} is not a backup that can be read. {error}") from error
    return "".join(f"{line}\n" for line in listed.splitlines() if not _LEFT_OUT.match(line))


def _revision(program: Path, path: Path) -> str:
    """The shape of the backed-up database. Raises BackupRefused for one that is not ours, or newer than we."""
    rows = run(program, "--data-only", "--schema=public", "--table=alembic_version", "--file=-", str(path))
    found = _REVISION.search(rows)
    if not found:
        raise BackupRefused(f"{path} is a backup of something else: it has no Batua in it.")
    if found[1] not in known_revisions():
        raise BackupRefused(
            f"{path} comes from another release: its tables are of revision {found[1]}, which is unknown here. "
            "Restore it with the release that made it, or a later one."
        )
    return found[1]


def _load(program: Path, url: str, path: Path, contents: str) -> None:
    with tempfile.NamedTemporaryFile("w", prefix="batua-restore-") as wanted:
        wanted.write(contents)
        wanted.flush()
        run(
            program,
            "--single-transaction",
            "--exit-on-error",
            "--no-owner",
            "--no-privileges",
            f"--use-list={wanted.name}",
            str(path),
            url=url,
        )


def _load_marked(program: Path, url: str, path: Path, contents: str, sha256: str) -> None:
    """Whoever dies from here on leaves a mark: what was loaded is not taken for a database that was always here."""
    try:
        begin(url, sha256)
    except psycopg.errors.InsufficientPrivilege as error:
        raise BackupRefused(f"This user may make no schema in the database: {error}") from error
    try:
        _load(program, url, path, contents)
    except BackupRefused:
        take_back(url)
        raise


def _begin_held(url: str, told: Inside | None) -> None:
    """Mark it as brought back, unless one before us got so far, and migrate it. Raises BackupRefused."""
    engine = create_engine(make_url(url).set(drivername="postgresql+psycopg"))
    try:
        with engine.begin() as connection:
            if not connection.scalar(text("SELECT to_regclass('public.restores') IS NOT NULL")):
                bring_to(_MARKED_SINCE, connection)
            if not connection.scalar(text("SELECT count(*) FROM restores")):
                of = {"snapshot_at": told.snapshot_at if told else None, "as_of": None}
                for statement in MARK:
                    connection.exec_driver_sql(statement, of)
        migrate(url)
    except (OperationalError, ProgrammingError) as error:
        if not isinstance(error.orig, psycopg.OperationalError | psycopg.errors.InsufficientPrivilege):
            raise
        raise BackupRefused(
            f"The backup is loaded, no money leaves, and then something failed: {error.orig} "
            "Restore the same file again, and it goes on from there."
        ) from error
    finally:
        engine.dispose()
