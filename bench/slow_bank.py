"""Pages and API while a bank takes its time: their p95 with the workers busy at a slow bank, over that of a quiet hour.

In alternation within one run. Each withdrawal is sent to the bank and waited for; the last of a round is final before
the next quiet hour begins.
"""

from __future__ import annotations

import itertools
import random
import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from bench import load
from bench.api_requests import balance, page, transfer, withdrawal
from bench.figures import say
from bench.people import Person
from bench.withdrawals import account_number, wait_until_final

CONNECTIONS = 4
_MOST_PER_SECOND = 9_000
_PAGE = "/"


class Extent(NamedTuple):
    """How long it is looked at: each kind of request, in how many rounds, beside how many withdrawals of each owner."""

    rounds: int
    seconds_each: float
    each_waiting: int


@dataclass(frozen=True)
class Cell:
    """One kind of request; a p95 of each round."""

    what: str
    quiet_ms: Sequence[float]
    """One more than of the busy ones: before the first, between, and after the last."""
    busy_ms: Sequence[float]

    @property
    def ratio(self) -> float:
        around = [statistics.mean(two) for two in itertools.pairwise(self.quiet_ms)]
        return statistics.median(busy / quiet for busy, quiet in zip(self.busy_ms, around, strict=True))

    def written(self) -> dict[str, object]:
        return {
            "shape": f"{self.what}, a bank slow and quiet in turns",
            "quiet_p95_ms": statistics.median(self.quiet_ms),
            "busy_p95_ms": statistics.median(self.busy_ms),
            "ratio": round(self.ratio, 3),
        }


def headline(cells: Sequence[Cell]) -> float:
    """The worst of all kinds."""
    return round(max(one.ratio for one in cells), 3)


def measure(url: str, port: int, people: Sequence[Person], bank: str, extent: Extent) -> list[Cell]:
    """One cell for each kind of request."""
    kinds: dict[str, Callable[[], bytes]] = {
        "page": lambda: page(port, _PAGE),
        "balance": lambda: balance(port, random.choice(people)),
        "transfer": lambda: _transfer(port, people),
    }
    # What a process does for the first time takes longer.
    for make in kinds.values():
        _p95(port, make, extent.seconds_each)
    quiet = [[_p95(port, make, extent.seconds_each)] for make in kinds.values()]
    busy: list[list[float]] = [[] for _ in kinds]
    for _ in range(extent.rounds):
        _queue(port, people, bank, extent.each_waiting)
        for kind, make in zip(busy, kinds.values(), strict=True):
            kind.append(_p95(port, make, extent.seconds_each))
        wait_until_final(url, within_seconds=60)
        for kind, make in zip(quiet, kinds.values(), strict=True):
            kind.append(_p95(port, make, extent.seconds_each))
    cells = [Cell(what, *both) for what, *both in zip(kinds, quiet, busy, strict=True)]
    for cell in cells:
        say(f"{cell.what} beside a slow bank", {"ratio": round(cell.ratio, 3)})
    return cells


def _transfer(port: int, people: Sequence[Person]) -> bytes:
    sender, to = random.sample(people, 2)
    return transfer(port, sender, to)


def _queue(port: int, people: Sequence[Person], bank: str, each: int) -> None:
    """The first of each owner is under way at once, the others wait behind it."""
    requests = [
        withdrawal(port, owner, bank, account_number(place))
        for _ in range(each)
        for place, owner in enumerate(people)
    ]
    sent = load.run(load.Load(port, CONNECTIONS, 60, requests))
    assert sent.statuses == {201: len(requests)}, sent.statuses


def _p95(port: int, make: Callable[[], bytes], seconds: float) -> float:
    requests = [make() for _ in range(round(_MOST_PER_SECOND * seconds))]
    measured = load.run(load.Load(port, CONNECTIONS, seconds, requests))
    assert set(measured.statuses) == {200}, measured.statuses
    return measured.percentile(0.95)
