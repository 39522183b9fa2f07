"""The data folder of the embedded PostgreSQL: made completely or not at all, configured at each start."""

from __future__ import annotations

import hashlib
import os
import shutil
from pathlib import Path

from shared_db.embedded.errors import DatabaseRefused
from shared_db.embedded.unprivileged import Server

ROLE = DATABASE = "batua"
_BUILTIN_LOCALE_SINCE = 17
_PASSWORD_STAMP = "batua.password"  # noqa: S105 # a file's name
# Whole pages go to the log as they are: packing them with pglz cost a fifth of all postings to one account, and these
# servers are built without lz4.
_SETTINGS = """\
listen_addresses = '127.0.0.1'
unix_socket_directories = ''
max_connections = 200
shared_buffers = '256MB'
fsync = on
full_page_writes = on
synchronous_commit = on
max_wal_size = '1GB'
wal_compression = off
random_page_cost = 1.1
jit = off
password_encryption = 'scram-sha-256'
timezone = 'UTC'
log_timezone = 'UTC'
logging_collector = off
log_checkpoints = off
log_line_prefix = '%m [%p] '
"""
_WHO_MAY_COME = "host all all 127.0.0.1/32 scram-sha-256\n"
# What it may do is granted with the tables: shared_db/sql/roles.sql.
_WORKING_ROLE = (
    (
        "DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'batua_app') "
        "THEN CREATE ROLE batua_app NOLOGIN; END IF; END $$"
    ),
    f"GRANT batua_app TO {ROLE}",
)


def prepare(server: Server, password: str) -> None:
    """Make the cluster if there is none, and bring its settings and password up to date.

    Nobody else may be at it: the caller holds the start lock, and no server runs.
    """
    if not (server.cluster / "PG_VERSION").exists():
        _create(server, password)
        return
    _configure(server, server.cluster)
    stamp = _stamp(server.cluster)
    if not stamp.exists() or stamp.read_text() != _fingerprint(password):
        # The generated secrets were made anew, or the cluster is older than a role of ours; whoever may read the
        # secrets and this folder may come in.
        _as_superuser(
            server,
            server.cluster,
            "postgres",
            [f"ALTER ROLE {ROLE} PASSWORD {_quoted(password)}", *_WORKING_ROLE],
        )
        stamp.write_text(_fingerprint(password))


def _create(server: Server, password: str) -> None:
    """All happens in a folder of another name, so that an interrupted start leaves nothing half made."""
    draft = server.cluster.with_name("data.new")
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(mode=0o700)
    if server.owner:
        os.chown(draft, *server.owner)
    made = server.run(
        "initdb", "-D", str(draft), "-U", "postgres", "-A", "reject", "-E", "UTF8", *_locale(server)
    )
    if made.returncode != 0:
        raise DatabaseRefused(
            f"The database could not be made (or set DATABASE_URL):\n{made.stdout}{made.stderr}"
        )
    with (draft / "postgresql.conf").open("a") as file:
        file.write("\ninclude 'batua.conf'\n")
    _configure(server, draft)
    # The superuser has no password and so can never come in over the network; this door is the only one.
    role = f"CREATE ROLE {ROLE} LOGIN CREATEDB PASSWORD {_quoted(password)} IN ROLE pg_monitor, pg_checkpoint"
    _as_superuser(
        server, draft, "postgres", [role, *_WORKING_ROLE, f"CREATE DATABASE {DATABASE} OWNER {ROLE}"]
    )
    if server.binaries.has_library("pg_stat_statements"):
        _as_superuser(server, draft, DATABASE, ["CREATE EXTENSION pg_stat_statements"])
    _stamp(draft).write_text(_fingerprint(password))
    draft.rename(server.cluster)


def _locale(server: Server) -> list[str]:
    """The same order and case rules on every machine, whatever its system knows."""
    if server.binaries.major >= _BUILTIN_LOCALE_SINCE:
        return ["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    return ["--locale=C", "--lc-ctype=C.UTF-8"]


def _configure(server: Server, cluster: Path) -> None:
    preload = "shared_preload_libraries = 'pg_stat_statements'\n"
    libraries = preload if server.binaries.has_library("pg_stat_statements") else ""
    for name, text in (("batua.conf", _SETTINGS + libraries), ("pg_hba.conf", _WHO_MAY_COME)):
        path = cluster / name
        path.write_text(text)
        # The folder itself is closed; within it the server may be another user than we.
        path.chmod(0o644)


def _as_superuser(server: Server, cluster: Path, database: str, statements: list[str]) -> None:
    """Run statements without a server: nothing listens meanwhile."""
    done = server.run(
        "postgres", "--single", "-j", "-D", str(cluster), "-c", "exit_on_error=on", database,
        given="".join(f"{statement};\n\n" for statement in statements),
    )  # fmt: skip
    if done.returncode != 0:
        raise DatabaseRefused(f"The database could not be set up (or set DATABASE_URL):\n{done.stderr}")


def _stamp(cluster: Path) -> Path:
    return cluster / _PASSWORD_STAMP


def _fingerprint(password: str) -> str:
    """Of everything that is set up by the superuser."""
    return hashlib.sha256("\n".join((password, *_WORKING_ROLE)).encode()).hexdigest()


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
