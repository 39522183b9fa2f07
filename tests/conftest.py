"""What every test may ask for: a PostgreSQL of its own run, and in it a fresh, migrated database for each test."""

from __future__ import annotations

import os
import secrets
import signal
from collections.abc import Generator
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest
from psycopg import sql
from psycopg.abc import Query

from shared_db.embedded_postgres import EmbeddedPostgres, ensure_running
from shared_db.migrate import migrate
from tests.databases import LET_GO


@pytest.fixture(scope="session")
def postgres_server(tmp_path_factory: pytest.TempPathFactory) -> Generator[EmbeddedPostgres]:
    """One embedded server for the whole run, on a free port, gone at the end."""
    folder = tmp_path_factory.mktemp("database") / "postgres"
    with ensure_running(folder, password="only-for-tests", port=None) as server:
        _need_not_outlive_the_machine(server)
        yield server


@pytest.fixture(scope="session")
def migrated_template(postgres_server: EmbeddedPostgres) -> str:
    """The name of a migrated database that nobody is connected to, to be copied."""
    name = "template_migrated"
    _execute(postgres_server, sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    migrate(_url(postgres_server, name))
    return name


@pytest.fixture
def database_url(postgres_server: EmbeddedPostgres, migrated_template: str) -> Generator[str]:
    """The URL of a fresh, migrated database; it is dropped after the test, whoever is still connected."""
    name = f"test_{secrets.token_hex(6)}"
    names = [sql.Identifier(name), sql.Identifier(migrated_template)]
    _execute(postgres_server, sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(*names))
    yield _url(postgres_server, name)
    _execute(postgres_server, LET_GO, name)
    _execute(postgres_server, sql.SQL("DROP DATABASE {}").format(names[0]))


def _need_not_outlive_the_machine(server: EmbeddedPostgres) -> None:
    """A database for one test waits for no disk. A killed server still loses nothing: its system keeps the writes."""
    with psycopg.connect(server.url) as connection:
        cluster = Path(connection.execute("SHOW data_directory").fetchall()[0][0])
    with (cluster / "postgresql.conf").open("a") as conf:
        conf.write("\nfsync = off\nfull_page_writes = off\n")
    os.kill(int((cluster / "postmaster.pid").read_text().split()[0]), signal.SIGHUP)


def _url(server: EmbeddedPostgres, name: str) -> str:
    return urlunsplit(urlsplit(server.url)._replace(path=f"/{name}"))


def _execute(server: EmbeddedPostgres, statement: Query, *values: object) -> None:
    with psycopg.connect(server.url, autocommit=True) as connection:
        connection.execute(statement, values)
