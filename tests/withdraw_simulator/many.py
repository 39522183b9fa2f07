"""Many worlds, one after another or on all cores, and the first that breaks."""

from __future__ import annotations

import os
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from typing import NamedTuple

from tests.withdraw_simulator.books import TABLE, Broken
from tests.withdraw_simulator.world import World

_AT_ONCE = 1_000


class Break(NamedTuple):
    seed: int
    invariant: str
    sentence: str


def first_break(seeds: Iterable[int], world: type[World] = World) -> Break | None:
    for seed in seeds:
        try:
            world(seed).run()
        except Broken as broken:
            return Break(seed, broken.invariant, str(broken))
        except AssertionError as error:  # the rules look after themselves, too
            return Break(seed, TABLE, f"an assertion of the rules: {error}")
    return None


def first_break_on_all_cores(start: int, seeds: int, processes: int | None = None) -> Break | None:
    """The lowest seed that breaks, however many processes look for it."""
    batches = [
        range(first, min(first + _AT_ONCE, start + seeds)) for first in range(start, start + seeds, _AT_ONCE)
    ]
    with ProcessPoolExecutor(processes or os.cpu_count()) as pool:
        for found in pool.map(first_break, batches):
            if found:
                pool.shutdown(cancel_futures=True)
                return found
    return None


def story_of(seed: int, world: type[World] = World) -> list[str]:
    """What happened in one world, line by line."""
    story: list[str] = []
    one = world(seed, story)
    try:
        one.run()
    except (Broken, AssertionError) as error:
        story.append(f"BROKEN  {error}")
    weather = {name: getattr(one.weather, name) for name in one.weather.__slots__}
    return [f"seed {seed}: {weather}", *story]
