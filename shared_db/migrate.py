"""Bring a database to the shape this code expects: tables by Alembic, then SQL functions, then the house's accounts."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, create_engine, text
from sqlalchemy.engine import make_url

from money.accounts import system_accounts
from shared_db.polite_locks import PATIENCE, Patience, alone, keep_trying

_HERE = Path(__file__).resolve().parent
_LOCK = 0x6261747561
"""Held while migrating, so that two processes that start at once do it one after the other."""


def migrate(url: str, banks: tuple[str, ...] = ("hdfc", "axis"), *, patience: Patience = PATIENCE) -> None:
    """Idempotent; each version is a transaction of its own, and the functions and accounts are one more.

    Waits in nobody's way: see `shared_db.polite_locks`. Raises sqlalchemy.exc.OperationalError when the database is
    not there, TablesAreBusy when somebody does not let go of a table.
    """
    engine = create_engine(make_url(url).set(drivername="postgresql+psycopg"))
    try:
        with engine.connect() as watch, alone(watch, _LOCK), engine.connect() as connection:
            keep_trying(lambda: _bring_up_to_date(connection, banks), connection, watch, patience)
    finally:
        engine.dispose()


def bring_to(revision: str, connection: Connection) -> None:
    """The tables alone, as far as a revision, within a transaction of the caller's: for a database nobody uses yet."""
    connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
    command.upgrade(alembic_config(connection), revision)


def alembic_config(connection: Connection) -> Config:
    """Alembic's configuration on an open connection; there is no ini file."""
    config = _config()
    config.attributes["connection"] = connection
    return config


def known_revisions() -> frozenset[str]:
    """Every shape of the database that this code can bring up to date."""
    return frozenset(one.revision for one in ScriptDirectory.from_config(_config()).walk_revisions())


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(_HERE / "migrations").replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config


def _bring_up_to_date(connection: Connection, banks: tuple[str, ...]) -> None:
    # What is done is left out when this is called again after a lock that was not to be had.
    command.upgrade(alembic_config(connection), "head")
    connection.commit()
    with connection.begin():
        _apply_functions(connection)
        _open_house_accounts(connection, banks)


def _apply_functions(connection: Connection) -> None:
    # Functions are code, not data: the newest text replaces the last one at every migration.
    for path in sorted((_HERE / "sql").glob("*.sql")):
        connection.exec_driver_sql(path.read_text().replace("%", "%%"))


def _open_house_accounts(connection: Connection, banks: tuple[str, ...]) -> None:
    connection.execute(
        text("INSERT INTO accounts (id, kind, name) VALUES (:id, 'system', :name) ON CONFLICT DO NOTHING"),
        [{"id": account_id, "name": name} for account_id, name in system_accounts(banks).items()],
    )
