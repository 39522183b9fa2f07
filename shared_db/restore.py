"""Load a backup into an empty database, all of it or nothing; money does not leave it until somebody lets it."""

from __future__ import annotations

import re
import tempfile
from pathlib import Path

import psycopg
from sqlalchemy import create_engine
from sqlalchemy.engine import make_url

from shared_db.backup import NOT_TAKEN_ALONG, figures
from shared_db.backup_seal import fingerprint, is_whole
from shared_db.migrate import bring_to, known_revisions, migrate
from shared_db.postgres_tools import BackupRefused, libpq, run, tool
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
_REVISION = re.compile(r"^COPY public\.alembic_version .*\n(\S+)\n\\\.$", re.MULTILINE)


def restore(url: str, path: Path) -> tuple[dict[str, object], bool]:
    """What `manage.py restore` prints, and whether the books are right. No money leaves it, whatever happens to us.

    Raises BackupRefused, and then the database is as empty as before; psycopg.OperationalError when it is not there.
    """
    if not path.is_file():
        raise BackupRefused(f"There is no file {path}.")
    with psycopg.connect(libpq(url)) as connection:
        server = connection.info.server_version // 10_000
        [(tables,)] = connection.execute(_TABLES).fetchall()
    if tables:
        raise BackupRefused(
            f"This database is not empty: it has {tables} tables. A backup is restored into an empty one."
        )
    if not is_whole(path):
        raise BackupRefused(
            f"{path} is not as `manage.py backup` has written it: cut short, damaged, or of another make."
        )
    program = tool("pg_restore", server=server)
    contents = _contents(program, path)
    revision = _revision(program, path)
    _load(program, url, path, contents)
    _begin_held(url, revision)
    with psycopg.connect(libpq(url)) as connection:
        [(snapshot_at,)] = connection.execute("SELECT max(snapshot_at) FROM restores").fetchall()
        found = figures(connection)
    books = verify(url)
    told = (
        fingerprint(path)
        | {"revision_of_file": revision, "snapshot_not_before": snapshot_at.isoformat()}
        | found.as_json()
        | {"verify": books, "outgoing": "held"}
    )
    return told, bool(books["ok"])


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


def _begin_held(url: str, revision: str) -> None:
    """Mark it before anything else: a backup from before the mark existed is never open for a moment."""
    engine = create_engine(make_url(url).set(drivername="postgresql+psycopg"))
    try:
        with engine.begin() as connection:
            if revision < _MARKED_SINCE:
                bring_to(_MARKED_SINCE, connection)
            for statement in MARK:
                connection.exec_driver_sql(statement)
    finally:
        engine.dispose()
    migrate(url)
