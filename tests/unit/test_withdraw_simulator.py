"""The rules of withdrawals in 20,000 little worlds, and proof that the worlds would notice if they were wrong."""

import subprocess
import sys

import pytest

from tests.withdraw_simulator.kill_table import PAGE, kill_table
from tests.withdraw_simulator.many import first_break, story_of
from tests.withdraw_simulator.mutants import MUTANTS

SEEDS = 20_000


def test_nothing_breaks_in_20_000_worlds() -> None:
    command = [sys.executable, "-m", "tests.withdraw_simulator", "--seeds", str(SEEDS), "--processes", "2"]

    ran = subprocess.run(command, capture_output=True, text=True, timeout=240, check=False)

    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert f"seeds 0 to {SEEDS - 1}: nothing broke" in ran.stdout


def test_every_mutant_is_noticed_as_the_page_says() -> None:
    assert kill_table() == PAGE.read_text(), "python -m tests.withdraw_simulator --kill-table"


@pytest.mark.parametrize("seed", [0, 1, 297])
def test_a_seed_tells_the_same_story_every_time(seed: int) -> None:
    assert story_of(seed) == story_of(seed)


def test_a_world_that_breaks_names_its_seed_and_tells_its_story() -> None:
    world = MUTANTS["a new reference for each try"]

    found = first_break(range(100), world)

    assert found
    assert story_of(found.seed, world)[-1] == f"BROKEN  {found.sentence}"
