"""The release before finds in a newer schema whatever it relies on, and nothing that refuses what it writes."""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest

from tests.previous_release.leaving import JUDGED, LEAVING
from tests.previous_release.schema import facts_of, taken_away, write_down, written_down

_ANSWERS_OTHERWISE = "CREATE FUNCTION close_wallet(p_owner uuid) RETURNS text LANGUAGE sql AS 'SELECT NULL'"


def test_the_release_before_finds_all_that_it_relies_on(database_url: str) -> None:
    lost = taken_away(written_down(), facts_of(database_url))

    missing = [f"{name} {why}" for name, why in lost.items() if name not in JUDGED]
    assert missing == [], "\n".join(["docs/migrations.md says how it is done instead.", *missing])
    assert JUDGED.keys() <= lost.keys(), "A judgement of something that has not changed."


def test_what_is_leaving_is_still_there_and_each_has_its_reason(database_url: str) -> None:
    assert LEAVING.keys() <= facts_of(database_url).keys()
    assert [name for name, why in (LEAVING | JUDGED).items() if len(why) < 20] == []


@pytest.mark.parametrize(
    ("change", "name", "why"),
    [
        ("ALTER TABLE sessions RENAME owner_id TO user_id", "column sessions.owner_id", "is gone"),
        ("ALTER TABLE users DROP COLUMN phone", "column users.phone", "is gone"),
        ("DROP TABLE newcomers", "column newcomers.email", "is gone"),
        ("ALTER TABLE users ALTER phone TYPE varchar(10)", "column users.phone", "is character varying(10)"),
        ("ALTER TABLE users ALTER email DROP NOT NULL", "column users.email", "is text"),
        (
            "ALTER TABLE merchants ALTER password_hash SET NOT NULL",
            "column merchants.password_hash",
            "NOT NULL",
        ),
        ("ALTER TABLE sessions ADD place text NOT NULL", "column sessions.place", "does not fill it"),
        (
            "ALTER TABLE sessions ADD CONSTRAINT c CHECK (audience <> 'api')",
            "constraint sessions.c",
            "is new",
        ),
        ("CREATE UNIQUE INDEX i ON users (first_name)", "index users.i", "is new"),
        ("DROP INDEX withdrawals_in_lane_key", "index withdrawals.withdrawals_in_lane_key", "is gone"),
        ("REVOKE DELETE ON sessions FROM batua_app", "rights sessions", "is INSERT SELECT UPDATE"),
        (
            "CREATE TRIGGER t BEFORE UPDATE ON users FOR EACH ROW EXECUTE FUNCTION refuse_change()",
            "trigger users.t",
            "is new",
        ),
        ("DROP FUNCTION close_wallet(uuid)", "function close_wallet(uuid)", "is gone"),
        (
            f"DROP FUNCTION close_wallet(uuid); {_ANSWERS_OTHERWISE}",
            "function close_wallet(uuid)",
            "-> text",
        ),
    ],
)
def test_what_is_taken_from_the_release_before_is_seen(
    database_url: str, change: str, name: str, why: str
) -> None:
    before = facts_of(database_url)

    with psycopg.connect(database_url) as connection:
        connection.execute(change.encode())

    assert why in taken_away(before, facts_of(database_url)).get(name, "nothing was seen")


def test_what_only_adds_takes_nothing_away(database_url: str) -> None:
    before = facts_of(database_url)

    with psycopg.connect(database_url) as connection:
        connection.execute("CREATE TABLE gifts (id uuid PRIMARY KEY, to_id uuid NOT NULL UNIQUE)")
        connection.execute("ALTER TABLE users ADD nickname text, ADD gifts bigint NOT NULL DEFAULT 0")
        connection.execute("ALTER TABLE withdrawals ALTER bank SET DEFAULT 'hdfc'")
        connection.execute("CREATE INDEX users_names_idx ON users (first_name)")
        connection.execute(
            "CREATE FUNCTION close_wallet(p_owner uuid, p_why text) RETURNS text LANGUAGE sql AS 'SELECT NULL'"
        )
        connection.execute("GRANT DELETE ON users TO batua_app")

    assert taken_away(before, facts_of(database_url)) == {}


def test_what_a_release_uses_no_more_may_go_after_it(database_url: str, tmp_path: Path) -> None:
    path = tmp_path / "released.json"
    leaving = (
        "column users.phone_verified_at",
        "constraint users.users_verified_phone_check",
        "index users.users_verified_phone_key",
    )
    write_down(facts_of(database_url), leaving, path)

    with psycopg.connect(database_url) as connection:
        connection.execute("ALTER TABLE users DROP COLUMN phone_verified_at")

    assert taken_away(written_down(path), facts_of(database_url)) == {}
