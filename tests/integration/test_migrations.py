"""Migrations: what the models say is what the migrations build, and a database in use comes along with its rows."""

from __future__ import annotations

import asyncio
import uuid

import psycopg
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from psycopg import sql
from sqlalchemy import create_engine
from sqlalchemy.engine import make_url
from sqlmodel import SQLModel

import shared_db.models  # noqa: F401 # pyright: ignore[reportUnusedImport] # fills the metadata
from shared_db.connection import Database
from shared_db.migrate import alembic_config, migrate
from shared_db.on_ramps import claim_due
from tests.previous_release.leaving import LEAVING


def test_the_models_and_the_migrations_describe_the_same_tables(database_url: str) -> None:
    engine = create_engine(make_url(database_url).set(drivername="postgresql+psycopg"))
    with engine.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"compare_type": True, "include_object": _is_not_leaving}
        )
        differences = compare_metadata(context, SQLModel.metadata)
    engine.dispose()

    assert differences == []


def test_payments_opened_before_the_queue_was_built_are_asked_about(database_url: str) -> None:
    url = database_url + "_older"
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(url.rpartition("/")[2])))
    _migrate_to(url, "0001")
    due, settled, user = uuid.uuid4(), uuid.uuid4(), uuid.uuid4()
    with psycopg.connect(url) as connection:
        connection.execute("INSERT INTO accounts (id, kind, name) VALUES (%s, 'user', 'user')", (user,))
        connection.execute(
            "INSERT INTO users VALUES (%s, 'a@x.example', NULL, 'Asha', 'Rao', '-', now())", (user,)
        )
        for one, status, asked in ((due, "pending", "now()"), (settled, "failure", "NULL")):
            connection.execute(
                f"""INSERT INTO on_ramps (id, user_id, bank, amount_paise, status, correlation_id, created_at,
                    expires_at, next_enquiry_at, version)
                    VALUES (%s, %s, 'hdfc', 100, %s, 'c', now(), now(), {asked}, 0)""".encode(),
                (one, user, status),
            )

    migrate(url)

    assert asyncio.run(_claimed(url)) == [due]


def _is_not_leaving(item: object, name: str | None, kind: str, *_: object) -> bool:
    """What no process uses any more is out of the models a release before it is out of the database."""
    table = getattr(getattr(item, "table", None), "name", name)
    return not any(
        one in LEAVING
        for one in (f"{kind} {table}.{name}", *((f"column {name}.id",) if kind == "table" else ()))
    )


def _migrate_to(url: str, revision: str) -> None:
    engine = create_engine(make_url(url).set(drivername="postgresql+psycopg"))
    with engine.begin() as connection:
        command.upgrade(alembic_config(connection), revision)
    engine.dispose()


async def _claimed(url: str) -> list[uuid.UUID]:
    database = Database(url)
    async with database.plain() as connection:
        due = await claim_due(connection, "hdfc", most=10, lease_seconds=60)
    await database.close()
    return [one.id for one in due]
