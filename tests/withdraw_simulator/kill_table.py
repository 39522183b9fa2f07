"""docs/withdrawals_kill_table.md: how soon the simulator notices each mutant."""

from __future__ import annotations

from pathlib import Path

from tests.withdraw_simulator.many import first_break
from tests.withdraw_simulator.mutants import MUTANTS

PAGE = Path(__file__).resolve().parents[2] / "docs" / "withdrawals_kill_table.md"
WITHIN_SEEDS = 5_000
_HEAD = f"""# Mutants of the withdrawals and what kills them

Each line is a wrong way to take money out, built into the simulator in place of the right one: in the decisions, or in
the model of database and worker around them. Seeds are tried from 0; the first one that breaks an invariant is named,
with what it broke. The right way breaks none in the 20,000 of every
test run. No mutant may live for {WITHIN_SEEDS:,} seeds.

Written by `python -m tests.withdraw_simulator --kill-table`; a test writes it anew and compares.

| mutant | first failing seed | broken invariant |
|---|---|---|
"""


def kill_table() -> str:
    """The page. Raises AssertionError when a mutant lives."""
    lines: list[str] = []
    for sentence, world in MUTANTS.items():
        found = first_break(range(WITHIN_SEEDS), world)
        assert found, f"nothing noticed this mutant in {WITHIN_SEEDS} seeds: {sentence}"
        lines.append(f"| {sentence} | {found.seed} | {found.invariant} |\n")
    return _HEAD + "".join(lines)
