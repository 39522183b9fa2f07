"""The lint of migrations: squawk over the SQL that Alembic would send, and a few rules of our own beside it."""

from __future__ import annotations

import importlib.util
import io
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

from alembic.migration import MigrationContext
from alembic.operations import Operations

ROOT = Path(__file__).resolve().parents[2]
VERSIONS = ROOT / "shared_db" / "migrations" / "versions"
FUNCTIONS = ROOT / "shared_db" / "sql"

BEFORE_THE_RULE = tuple(f"{number:04}" for number in range(1, 15))
"""Released, or built upon, before there was a rule: they stay as they are. docs/migrations.md says which break it."""

_POSTGRES = "18"
# Off by default in squawk, and wanted here. ban-new-write-restriction is an index or constraint that refuses rows which
# the release before still writes.
_ALSO = (
    "ban-revoke",
    "ban-drop-not-null",
    "ban-disable-trigger",
    "ban-set-default",
    "ban-new-write-restriction",
)
_NOT_OURS = {
    "require-lock-timeout": "shared_db/polite_locks.py sets it for every transaction",
    "require-statement-timeout": "a version may take its time, so long as it holds no lock that matters",
    "prefer-bigint-over-int": "a count of tries or a day of the week is small",
    "prefer-bigint-over-smallint": "the same",
    "prefer-robust-stmts": "a version is a transaction: it is there as a whole or not at all",
}
# Who does not know the column writes its default.
_DEFAULTED = re.compile(
    r"\s*ALTER TABLE \w+ ADD COLUMN \w+ [^;]*\bDEFAULT\b[^;]*\bNOT NULL\s*$", re.IGNORECASE
)
_CREATED = re.compile(r"\s*CREATE TABLE (?:IF NOT EXISTS )?(\w+)", re.IGNORECASE)
_OWN_RULES = (
    (
        "no-trigger-on-a-table-in-use",
        r"\s*CREATE (?:OR REPLACE )?(?:CONSTRAINT )?TRIGGER \w+ .*? ON (?P<table>\w+)",
        "The release before does not know what the trigger does to its rows.",
    ),
    (
        "no-trigger-dropped",
        r"\s*DROP TRIGGER (?:IF EXISTS )?\w+ ON (?P<table>\w+)",
        "The release before may rely on what the trigger does.",
    ),
    (
        "no-table-locked",
        r"\s*LOCK (?:TABLE )?(?:ONLY )?(?P<table>\w+)",
        "While a version holds a table, the release before stands still.",
    ),
    (
        "move-rows-in-pieces",
        r"\s*(?:UPDATE|DELETE FROM) (?:ONLY )?(?P<table>\w+)|\s*INSERT INTO \w+.*?\bSELECT\b.*?\bFROM (?P<other>\w+)",
        "One statement over a whole table holds its rows, or reads them all, while people wait.",
    ),
    (
        "an-index-can-be-built-again",
        r"\s*CREATE (?:UNIQUE )?INDEX CONCURRENTLY (?:IF NOT EXISTS )?(?P<index>\w+)",
        "A build that was cut off leaves an index nobody can use: DROP INDEX CONCURRENTLY IF EXISTS comes first.",
    ),
)


@dataclass(frozen=True)
class Finding:
    """One thing that the release before might not bear."""

    rule: str
    statement: str
    why: str

    def __str__(self) -> str:
        return f"{self.rule}: {' '.join(self.statement.split())[:100]}: {self.why}"


def new_versions() -> list[Path]:
    """The migrations that the rule is for, oldest first."""
    return [one for one in sorted(VERSIONS.glob("*.py")) if one.stem.split("_")[0] not in BEFORE_THE_RULE]


def version(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"version_{path.stem}", path)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def faults_of_version(module: ModuleType) -> list[str]:
    """What must be mended in a migration, one sentence each: findings without a reason, reasons without a finding.

    A migration may except what it does on purpose, by rule and words of the statement:
    `EXCEPTIONS = {("ban-drop-column", "DROP COLUMN user_id"): "No release since 1.4 reads or writes it."}`.
    """
    exceptions: Mapping[tuple[str, str], str] = getattr(module, "EXCEPTIONS", {})
    findings = findings_in(sql_of(module.upgrade))
    used: set[tuple[str, str]] = set()
    faults: list[str] = []
    for finding in findings:
        excepted = {key for key in exceptions if key[0] == finding.rule and key[1] in finding.statement}
        used |= excepted
        if not excepted:
            faults.append(str(finding))
    faults += [f"An exception of nothing: {key}" for key in exceptions if key not in used]
    faults += [f"An exception needs a sentence: {key}" for key, why in exceptions.items() if len(why) < 20]
    return faults


def sql_of(upgrade: Callable[[], None]) -> str:
    """What a migration would send. One that looks into the database first cannot be told: that is a fault, too."""
    sent = io.StringIO()
    context = MigrationContext.configure(
        dialect_name="postgresql", opts={"as_sql": True, "output_buffer": sent, "literal_binds": True}
    )
    with Operations.context(context), context.begin_transaction():
        upgrade()
    return sent.getvalue()


def findings_in(sql: str) -> list[Finding]:
    """By squawk, and by our own rules."""
    return [*_by_squawk(sql), *_by_our_rules(sql)]


def dropped_functions(sql: str) -> set[str]:
    """The signatures that a text drops, as they are written there."""
    return {" ".join(one.split()) for one in re.findall(r"DROP FUNCTION (?:IF EXISTS )?([^;]+);", sql)}


def _by_squawk(sql: str) -> list[Finding]:
    tool = shutil.which("squawk", path=str(Path(sys.executable).parent)) or "squawk"
    done = subprocess.run(
        [
            tool,
            f"--pg-version={_POSTGRES}",
            "--reporter=json",
            *(f"--exclude={rule}" for rule in _NOT_OURS),
            *(f"--include={rule}" for rule in _ALSO),
            "--stdin-filepath=migration.sql",
        ],
        input=sql,
        capture_output=True,
        text=True,
        check=False,
        timeout=20,
    )
    assert done.stdout, done.stderr
    found = [
        Finding(one["rule_name"], _statement_at(sql, one["line"]), one["message"])
        for one in json.loads(done.stdout)
    ]
    return [
        one for one in found if one.rule != "ban-new-write-restriction" or not _DEFAULTED.match(one.statement)
    ]


def _by_our_rules(sql: str) -> list[Finding]:
    statements = [text for _, text in _statements(sql)]
    created = {match[1] for text in statements if (match := _CREATED.match(text))}
    dropped = {
        name for text in statements for name in re.findall(r"DROP INDEX CONCURRENTLY IF EXISTS (\w+)", text)
    }
    found: list[Finding] = []
    for text in statements:
        for rule, pattern, why in _OWN_RULES:
            match = re.match(pattern, text, re.IGNORECASE | re.DOTALL)
            if match and not set(filter(None, match.groupdict().values())) & (created | dropped):
                found.append(Finding(rule, text, why))
    return found


def _statements(sql: str) -> list[tuple[int, str]]:
    """Each with the line it begins in, from 0. Alembic puts a semicolon and an empty line behind each."""
    found: list[tuple[int, str]] = []
    line = 0
    for text in sql.split(";\n\n"):
        found.append((line, text))
        line += text.count("\n") + 2
    return found


def _statement_at(sql: str, line: int) -> str:
    return [text for first, text in _statements(sql) if first <= line][-1]
