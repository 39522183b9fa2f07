"""Migrating while people are served: a lock is asked for briefly, others pass, and who will not let go is named."""

from __future__ import annotations

import threading
import time
from collections.abc import Generator
from contextlib import contextmanager

import psycopg
import pytest
from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url

from shared_db.migrate import migrate
from shared_db.polite_locks import Patience, TablesAreBusy, keep_trying

HURRIED = Patience(lock_seconds=0.5, tries=3, longest_pause_seconds=0.3)
# As docs/migrations.md shows it.
_IN_PIECES = """
DO $$ BEGIN LOOP
    UPDATE old SET mobile = phone WHERE id IN (SELECT id FROM old WHERE mobile IS NULL LIMIT 1000);
    EXIT WHEN NOT FOUND;
    COMMIT;
END LOOP; END $$"""
_ADD = "ALTER TABLE users ADD COLUMN nickname text"


@contextmanager
def a_long_read(url: str) -> Generator[psycopg.Connection]:
    """Somebody reads the people and does not end."""
    with psycopg.connect(url, application_name="a report") as reader:
        reader.execute("SELECT count(*) FROM users")
        yield reader


def add_a_column(url: str, patience: Patience) -> None:
    engine = create_engine(make_url(url).set(drivername="postgresql+psycopg"))
    try:
        with engine.connect() as connection, engine.connect() as watch:

            def change() -> None:
                with connection.begin():
                    connection.execute(text(_ADD))

            watch.execution_options(isolation_level="AUTOCOMMIT")
            keep_trying(change, connection, watch, patience)
    finally:
        engine.dispose()


def test_a_table_that_nobody_lets_go_of_is_given_up_and_the_holder_is_named(database_url: str) -> None:
    with a_long_read(database_url) as reader:
        began = time.monotonic()
        with pytest.raises(TablesAreBusy) as refused:
            add_a_column(database_url, HURRIED)

        assert time.monotonic() - began < 10
        assert f"process {reader.info.backend_pid} of the database (a report, user" in str(refused.value)
        assert "idle in transaction" in str(refused.value)


def test_others_read_the_table_while_a_change_of_it_is_tried(database_url: str) -> None:
    ended = threading.Event()
    longest = 0.0

    def change() -> None:
        with pytest.raises(TablesAreBusy):
            add_a_column(database_url, HURRIED)
        ended.set()

    with a_long_read(database_url), psycopg.connect(database_url, autocommit=True) as other:
        changing = threading.Thread(target=change)
        changing.start()
        reads = 0
        while not ended.is_set():
            began = time.monotonic()
            other.execute("SELECT count(*) FROM users")
            longest, reads = max(longest, time.monotonic() - began), reads + 1
        changing.join()

    assert reads > 10
    # One who comes behind the change waits as long as it asks, half a second, and never for the end of the report.
    assert longest < 2.5


def test_a_change_goes_through_once_the_reader_has_ended(database_url: str) -> None:
    with a_long_read(database_url) as reader:
        let_go = threading.Timer(1.2, reader.rollback)
        let_go.start()

        add_a_column(database_url, Patience(lock_seconds=0.3, tries=40, longest_pause_seconds=0.3))

        let_go.join()
    with psycopg.connect(database_url) as connection:
        assert connection.execute("SELECT nickname FROM users").fetchall() == []


def test_migrating_a_database_in_use_says_who_is_in_the_way_and_goes_through_later(database_url: str) -> None:
    with psycopg.connect(database_url) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '0013'")
        connection.execute("DROP TABLE provider_visits, newcomers, restores")

    with a_long_read(database_url) as reader:
        reader.execute("LOCK TABLE sessions")
        with pytest.raises(TablesAreBusy, match="a report"):
            migrate(database_url, patience=HURRIED)
    migrate(database_url, patience=HURRIED)

    with psycopg.connect(database_url) as connection:
        assert connection.execute("SELECT count(*) FROM newcomers").fetchall() == [(0,)]


def test_two_that_migrate_at_once_do_it_one_after_the_other(database_url: str) -> None:
    faults: list[BaseException] = []

    def bring_up() -> None:
        try:
            migrate(database_url)
        except BaseException as fault:  # noqa: BLE001 # shown below, in the test's own thread
            faults.append(fault)

    both = [threading.Thread(target=bring_up) for _ in range(2)]
    for one in both:
        one.start()
    for one in both:
        one.join()

    assert faults == []


def test_an_index_is_built_beside_the_traffic_and_waits_longer_than_a_lock_may(database_url: str) -> None:
    engine = create_engine(make_url(database_url).set(drivername="postgresql+psycopg"))

    with psycopg.connect(database_url) as writer, engine.connect() as connection, engine.connect() as watch:
        writer.execute(
            "UPDATE users SET first_name = first_name"
        )  # its transaction holds what the index waits for
        watch.execution_options(isolation_level="AUTOCOMMIT")

        def change() -> None:
            context = MigrationContext.configure(connection, opts={"transaction_per_migration": True})
            with (
                Operations.context(context) as op,
                context.begin_transaction(_per_migration=True),
                context.autocommit_block(),
            ):
                op.create_index("users_first_name_idx", "users", ["first_name"], postgresql_concurrently=True)

        let_go = threading.Timer(1.0, writer.rollback)
        let_go.start()
        keep_trying(change, connection, watch, Patience(lock_seconds=0.2, tries=1))
        let_go.join()
        valid = watch.scalar(
            text("SELECT indisvalid FROM pg_index WHERE indexrelid = 'users_first_name_idx'::regclass")
        )
    engine.dispose()

    assert valid


def test_rows_are_moved_in_pieces_and_nobody_waits_for_all_of_them(database_url: str) -> None:
    engine = create_engine(make_url(database_url).set(drivername="postgresql+psycopg"))
    with psycopg.connect(database_url, autocommit=True) as writer, engine.connect() as connection:
        writer.execute("CREATE TABLE old (id int PRIMARY KEY, phone int NOT NULL, mobile int)")
        writer.execute("INSERT INTO old SELECT n, n, NULL FROM generate_series(1, 2500) n")
        context = MigrationContext.configure(connection, opts={"transaction_per_migration": True})
        with (
            Operations.context(context) as op,
            context.begin_transaction(_per_migration=True),
            context.autocommit_block(),
        ):
            op.execute(_IN_PIECES)
        moved = writer.execute("SELECT count(DISTINCT xmin::text), count(*) FROM old WHERE mobile = phone")
        transactions, rows = moved.fetchall()[0]
    engine.dispose()

    assert (transactions, rows) == (3, 2500)
