"""Variants that are wrong on purpose: each must be found, or the storm has no teeth."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import psycopg

from bank_api.adapters import ADAPTERS
from tests.withdraw_simulator.mutants import (
    send_again_after_a_crash,
    send_without_asking,
    timeout_is_failed,
)
from tests.withdraw_storm.plan import NOT_FOUND_IS_FINAL_AFTER, Broken
from wallet import send_withdrawals, settle_withdrawal

_SQL = Path(__file__).resolve().parents[2] / "shared_db" / "sql"
_STALE = """seen.version IS DISTINCT FROM step.version OR seen.owner_id <> step.owner_id
           OR step.lane_token <> lane.token OR """
# What stands in a function, and what stands there in the broken one.
_CHANGES: dict[Broken, tuple[str, str, str]] = {
    Broken.UNHELD: (
        "request_withdrawals.sql",
        "WHERE i.result = 'posted'",
        "WHERE i.result IN ('posted', 'insufficient')",
    ),
    Broken.NEWEST_FIRST: ("claim_lanes.sql", "ORDER BY w.number LIMIT 1", "ORDER BY w.number DESC LIMIT 1"),
    Broken.LATE: (
        "carry_out_withdrawals.sql",
        _STALE,
        "(step.lane_token IS NULL AND seen.version IS DISTINCT FROM step.version) OR ",
    ),
}


def install(url: str, broken: Broken) -> None:
    """Put the broken function into this database, where it is one."""
    if broken not in _CHANGES:
        return
    name, right, wrong = _CHANGES[broken]
    text = (_SQL / name).read_text()
    assert right in text, f"{right!r} stands in {name}"
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(text.replace(right, wrong).encode())


def spoil_this_worker(broken: Broken) -> None:
    """Replace the rules in this process, where they are what is broken."""
    if broken is Broken.GUESSING:
        settle_withdrawal.next_step = timeout_is_failed
    if broken is Broken.HASTY:
        settle_withdrawal.next_step = send_without_asking
        send_withdrawals.next_step = send_again_after_a_crash


def know_that_references_are_not_idempotent() -> None:
    """The banks of this process say so."""
    for name, adapter in ADAPTERS.items():
        ADAPTERS[name] = replace(
            adapter, references_are_idempotent=False, not_found_is_final_after=NOT_FOUND_IS_FINAL_AFTER
        )
