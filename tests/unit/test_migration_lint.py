"""Each new migration is one that the release before bears, and the lint that says so sees what would not be borne."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest
import sqlalchemy as sa
from alembic import op

from tests.previous_release.lint import (
    BEFORE_THE_RULE,
    FUNCTIONS,
    VERSIONS,
    dropped_functions,
    faults_of_version,
    findings_in,
    new_versions,
    sql_of,
    version,
)

# Dropped before there was a rule: no process of a release that still counts calls one of these.
LONG_GONE = {
    "claim_lanes(text, integer, text, interval)",
    "fault_of_refunds(transfers)",
    "post_transfers(uuid[], text[], text[], uuid[], uuid[], bigint[], uuid[])",
}


def rules_broken(upgrade: Callable[[], None]) -> set[str]:
    return {one.rule for one in findings_in(sql_of(upgrade))}


@pytest.mark.parametrize("path", new_versions() or [None], ids=lambda path: path.stem if path else "none yet")
def test_a_new_migration_is_borne_by_the_release_before(path: Path | None) -> None:
    faults = faults_of_version(version(path)) if path else []

    assert faults == [], "\n".join(["docs/migrations.md says how it is done instead.", *faults])


def test_the_list_of_those_before_the_rule_does_not_grow() -> None:
    there = sorted(path.stem.split("_")[0] for path in VERSIONS.glob("*.py"))

    assert there[: len(BEFORE_THE_RULE)] == list(BEFORE_THE_RULE)
    assert BEFORE_THE_RULE[-1] == "0014"


def test_no_function_is_dropped_in_passing() -> None:
    dropped = {one for path in FUNCTIONS.glob("*.sql") for one in dropped_functions(path.read_text())}

    assert dropped <= LONG_GONE, (
        "The release before calls it: a changed signature is a new function beside it."
    )


@pytest.mark.parametrize(
    ("rule", "upgrade"),
    [
        ("renaming-column", lambda: op.alter_column("users", "phone", new_column_name="mobile")),
        ("renaming-table", lambda: op.rename_table("users", "people")),
        ("ban-drop-column", lambda: op.drop_column("users", "phone")),
        ("ban-drop-table", lambda: op.drop_table("newcomers")),
        (
            "adding-required-field",
            lambda: op.add_column("users", sa.Column("nickname", sa.Text(), nullable=False)),
        ),
        ("adding-not-nullable-field", lambda: op.alter_column("users", "phone", nullable=False)),
        ("ban-drop-not-null", lambda: op.alter_column("users", "email", nullable=True)),
        ("ban-drop-default", lambda: op.alter_column("users", "created_at", server_default=None)),
        ("require-concurrent-index-creation", lambda: op.create_index("of_phone", "users", ["phone"])),
        ("require-concurrent-index-deletion", lambda: op.drop_index("users_email_key", "users")),
        ("changing-column-type", lambda: op.alter_column("lanes", "failures", type_=sa.BigInteger())),
        ("constraint-missing-not-valid", lambda: op.create_check_constraint("c", "users", "phone <> ''")),
        (
            "adding-foreign-key-constraint",
            lambda: op.create_foreign_key("k", "users", "accounts", ["id"], ["id"]),
        ),
        ("disallowed-unique-constraint", lambda: op.create_unique_constraint("u", "users", ["phone"])),
        ("ban-drop-constraint", lambda: op.drop_constraint("users_email_key", "users")),
        ("ban-drop-function", lambda: op.execute("DROP FUNCTION credit(uuid, bigint)")),
        ("ban-revoke", lambda: op.execute("REVOKE SELECT ON users FROM batua_app")),
        (
            "ban-disable-trigger",
            lambda: op.execute("ALTER TABLE transfers DISABLE TRIGGER transfers_stay"),
        ),
        (
            "no-trigger-on-a-table-in-use",
            lambda: op.execute("CREATE TRIGGER t BEFORE UPDATE ON users FOR EACH ROW EXECUTE FUNCTION f()"),
        ),
        ("no-trigger-dropped", lambda: op.execute("DROP TRIGGER transfers_stay ON transfers")),
        ("no-table-locked", lambda: op.execute("LOCK TABLE balances IN EXCLUSIVE MODE")),
        ("move-rows-in-pieces", lambda: op.execute("UPDATE users SET phone = ''")),
        pytest.param(
            "move-rows-in-pieces",
            lambda: op.execute("INSERT INTO sums SELECT id FROM entries"),
            id="rows rolled up",
        ),
    ],
)
def test_the_lint_sees_what_the_release_before_would_not_bear(
    rule: str, upgrade: Callable[[], object]
) -> None:
    assert rule in rules_broken(lambda: upgrade() and None)


def test_a_released_migration_that_broke_the_rule_is_seen() -> None:
    watch, merchants = (version(next(VERSIONS.glob(f"{number}_*.py"))) for number in ("0008", "0012"))

    assert {"no-table-locked", "move-rows-in-pieces"} <= rules_broken(watch.upgrade)
    assert {"renaming-column", "ban-drop-constraint"} <= rules_broken(merchants.upgrade)


def test_what_expands_is_no_fault() -> None:
    def upgrade() -> None:
        op.create_table(
            "gifts",
            sa.Column("id", sa.Uuid(), primary_key=True),
            sa.Column("to_id", sa.Uuid(), nullable=False),
        )
        op.create_index("gifts_to_idx", "gifts", ["to_id"], unique=True)
        op.execute("CREATE TRIGGER gifts_stay BEFORE DELETE ON gifts EXECUTE FUNCTION refuse_removal()")
        op.add_column("users", sa.Column("nickname", sa.Text(), nullable=True))
        op.add_column("users", sa.Column("gifts", sa.BigInteger(), nullable=False, server_default="0"))
        op.execute("ALTER TABLE users ADD CONSTRAINT c CHECK (gifts >= 0) NOT VALID")

    # That the release before never writes what this check refuses is known to a person only: excepted, with the reason.
    excepted = {("ban-new-write-restriction", "CONSTRAINT c"): "The release before never writes this column."}

    assert faults_of_version(SimpleNamespace(upgrade=upgrade, EXCEPTIONS=excepted)) == []


def an_index_beside_the_traffic(*, again: bool) -> None:
    with op.get_context().autocommit_block():
        if again:
            op.execute("DROP INDEX CONCURRENTLY IF EXISTS users_phone_idx")
        op.create_index("users_phone_idx", "users", ["phone"], postgresql_concurrently=True)


def test_an_index_built_beside_the_traffic_is_no_fault_if_it_can_be_built_again() -> None:
    assert rules_broken(lambda: an_index_beside_the_traffic(again=True)) == set()
    assert rules_broken(lambda: an_index_beside_the_traffic(again=False)) == {"an-index-can-be-built-again"}


def test_an_index_cannot_be_built_beside_the_traffic_inside_a_transaction() -> None:
    def upgrade() -> None:
        op.execute("DROP INDEX CONCURRENTLY IF EXISTS users_phone_idx")
        op.create_index("users_phone_idx", "users", ["phone"], postgresql_concurrently=True)

    assert "ban-concurrent-index-creation-in-transaction" in rules_broken(upgrade)


def test_an_exception_is_of_one_statement_and_says_why() -> None:
    def upgrade() -> None:
        op.drop_column("sessions", "user_id")
        op.drop_column("users", "phone")

    key = ("ban-drop-column", "DROP COLUMN user_id")
    reasoned = SimpleNamespace(upgrade=upgrade, EXCEPTIONS={key: "No release since 1.4 reads or writes it."})
    unreasoned = SimpleNamespace(upgrade=upgrade, EXCEPTIONS={key: "old"})
    of_nothing = SimpleNamespace(
        upgrade=lambda: None, EXCEPTIONS={key: "No release since 1.4 reads or writes it."}
    )

    assert [fault[:60] for fault in faults_of_version(reasoned)] == [
        "ban-drop-column: ALTER TABLE users DROP COLUMN phone: Droppi"
    ]
    assert any("needs a sentence" in fault for fault in faults_of_version(unreasoned))
    assert [fault[:23] for fault in faults_of_version(of_nothing)] == ["An exception of nothing"]
