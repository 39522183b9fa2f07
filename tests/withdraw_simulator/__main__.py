"""`python -m tests.withdraw_simulator --seeds 1000000`: exit code 0 if no world breaks, else the story of the first."""

from __future__ import annotations

import argparse
import sys
import time

from tests.withdraw_simulator.kill_table import PAGE, kill_table
from tests.withdraw_simulator.many import first_break_on_all_cores, story_of


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.withdraw_simulator", description=__doc__)
    parser.add_argument("--seeds", type=int, default=20_000, help="how many worlds")
    parser.add_argument("--start", type=int, default=0, help="the first seed")
    parser.add_argument("--processes", type=int, help="one for each core unless told")
    parser.add_argument("--story", type=int, metavar="SEED", help="show one world and stop")
    parser.add_argument("--kill-table", action="store_true", help=f"write docs/{PAGE.name}")
    wanted = parser.parse_args()

    if wanted.kill_table:
        PAGE.write_text(kill_table())
        return 0
    if wanted.story is not None:
        say("\n".join(story_of(wanted.story)))
        return 0
    began = time.monotonic()
    found = first_break_on_all_cores(wanted.start, wanted.seeds, wanted.processes)
    if found:
        say("\n".join(story_of(found.seed)))
        say(f"\nseed {found.seed} breaks: {found.sentence}")
        return 1
    last = wanted.start + wanted.seeds - 1
    say(f"seeds {wanted.start} to {last}: nothing broke in {time.monotonic() - began:.0f} s")
    return 0


def say(words: str) -> None:
    sys.stdout.write(words + "\n")


if __name__ == "__main__":
    sys.exit(main())
