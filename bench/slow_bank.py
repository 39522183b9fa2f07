"""Pages and API while a bank takes its time: their p95 with the workers busy at a slow bank, over that of a quiet hour.

In alternation within one run. A busy time is the whole life of one withdrawal of every owner, from the moment they are
accepted until the last is paid. That they all end at the same moment is part of it: neither left out, nor all there is.
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
_MOST_PER_SECOND = 6_000
_PAGE = "/"
_TO_SETTLE_SECONDS = 0.5


class Extent(NamedTuple):
    """How long it is looked at: each kind of request, in how many rounds."""

    rounds: int
    quiet_seconds: float


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


def measure(
    url: str, port: int, people: Sequence[Person], bank: tuple[str, float], extent: Extent
) -> list[Cell]:
    """One cell for each kind of request; `bank` is its name and how many seconds it takes for a payout."""
    name, takes_seconds = bank
    kinds: dict[str, Callable[[], bytes]] = {
        "page": lambda: page(port, _PAGE),
        "balance": lambda: balance(port, random.choice(people)),
        "transfer": lambda: _transfer(port, people),
    }
    # What a process does for the first time takes longer.
    for make in kinds.values():
        _p95(port, make, extent.quiet_seconds)
    quiet = [[_p95(port, make, extent.quiet_seconds)] for make in kinds.values()]
    busy: list[list[float]] = [[] for _ in kinds]
    for _ in range(extent.rounds):
        for kind, before, make in zip(busy, quiet, kinds.values(), strict=True):
            _queue(port, people, name)
            kind.append(_p95(port, make, takes_seconds + _TO_SETTLE_SECONDS))
            wait_until_final(url, within_seconds=60)
            before.append(_p95(port, make, extent.quiet_seconds))
    cells = [Cell(what, *both) for what, *both in zip(kinds, quiet, busy, strict=True)]
    for cell in cells:
        say(f"{cell.what} beside a slow bank", {"ratio": round(cell.ratio, 3)})
    return cells


def _transfer(port: int, people: Sequence[Person]) -> bytes:
    sender, to = random.sample(people, 2)
    return transfer(port, sender, to)


def _queue(port: int, people: Sequence[Person], bank: str) -> None:
    """One of each owner, all under way at once."""
    requests = [withdrawal(port, owner, bank, account_number(place)) for place, owner in enumerate(people)]
    sent = load.run(load.Load(port, CONNECTIONS, 60, requests))
    assert sent.statuses == {201: len(requests)}, sent.statuses


def _p95(port: int, make: Callable[[], bytes], seconds: float) -> float:
    requests = [make() for _ in range(round(_MOST_PER_SECOND * seconds))]
    measured = load.run(load.Load(port, CONNECTIONS, seconds, requests))
    assert set(measured.statuses) == {200}, measured.statuses
    assert len(measured.milliseconds) < len(requests), "the requests have lasted as long as was asked"
    return measured.percentile(0.95)
