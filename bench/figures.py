"""What the measurements have in common: percentiles, medians over the rounds, one line a cell on stderr."""

from __future__ import annotations

import statistics
import sys
from collections.abc import Iterable, Mapping, Sequence

Row = Mapping[str, float]


def percentile(values: Iterable[float], share: float) -> float:
    """The value that `share` of all lie below; 0 where there is none."""
    ordered = sorted(values)
    return round(ordered[min(len(ordered) - 1, int(len(ordered) * share))], 2) if ordered else 0.0


def medians(rounds: Sequence[Row]) -> dict[str, float]:
    """Of each figure, its median over the rounds."""
    return {name: round(statistics.median(row[name] for row in rounds), 3) for name in rounds[0]}


def median_ratio(rounds: Sequence[Row], others: Sequence[Row], figure: str) -> float:
    """How many times the other's the figure is: a ratio for each round, and the median of them."""
    return round(
        statistics.median(one[figure] / other[figure] for one, other in zip(rounds, others, strict=True)), 3
    )


def say(cell: str, row: Row) -> None:
    """One measurement, for whoever watches."""
    figures = "  ".join(f"{name} {value:>9}" for name, value in row.items())
    print(f"{cell:<40}  {figures}", file=sys.stderr, flush=True)
