"""The mark of a restore that has begun and not ended: whoever finds it knows what was being loaded.

It is there before the first table is, in a schema of its own. Where it stands, migration 0015 does not open the
database, and `restore` of the same file goes on from where the one before died.
"""

from __future__ import annotations

import psycopg
from psycopg import sql

from shared_db.command_connection import connected

SCHEMA = "batua_restore"
NOBODY_LOADS = """
NOT EXISTS (SELECT FROM pg_stat_activity
             WHERE datname = current_database() AND application_name = 'batua pg_restore')
"""
"""A condition: the program of a restore that was killed may live a moment longer than the restore."""
_LOADS_NOTHING = f"SELECT to_regclass('public.alembic_version') IS NULL AND {NOBODY_LOADS}"


def begun(connection: psycopg.Connection) -> str | None:
    """The SHA-256 of the file whose restore has begun here and not ended; None: there is none."""
    [(is_there,)] = connection.execute("SELECT to_regclass('batua_restore.begun') IS NOT NULL").fetchall()
    if not is_there:
        return None
    return connection.execute("SELECT sha256 FROM batua_restore.begun").fetchall()[0][0]


def begin(url: str, sha256: str) -> None:
    """Raises psycopg.errors.InsufficientPrivilege where this user may make no schema."""
    with connected(url) as connection:
        end(connection)
        connection.execute(sql.SQL("CREATE SCHEMA {}").format(sql.Identifier(SCHEMA)))
        connection.execute(
            "CREATE TABLE batua_restore.begun (sha256 text NOT NULL, begun_at timestamptz NOT NULL DEFAULT now())"
        )
        connection.execute("INSERT INTO batua_restore.begun (sha256) VALUES (%s)", (sha256,))


def take_back(url: str) -> None:
    """Nothing was loaded: the database is as empty as before. Where that is not sure, the mark stays."""
    with connected(url) as connection:
        [(loads_nothing,)] = connection.execute(_LOADS_NOTHING).fetchall()
        if loads_nothing:
            end(connection)


def end(connection: psycopg.Connection) -> None:
    """It is loaded, held and whole: from now on it is a database like every other."""
    connection.execute(sql.SQL("DROP SCHEMA IF EXISTS {} CASCADE").format(sql.Identifier(SCHEMA)))
