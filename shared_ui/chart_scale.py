"""From amounts to what a bar chart draws: heights, the lines of its grid, and all of it in words. No element in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from money.rupees import short_rupees

_LEAST_STEP_PAISE = 500
_MOST_STEPS = 4
_NICE = (1, 2, 5)


class Point(NamedTuple):
    """One bar before it is drawn. What goes down stands below the line, as a positive amount."""

    name: str
    """`20 Nov 2026`."""
    label: str
    """What stands below the bar, if anything."""
    value: str
    """What it comes to, as it is read."""
    up_paise: int
    down_paise: int = 0


@dataclass(frozen=True)
class Bar:
    """`up` and `down` are heights of a style sheet."""

    name: str
    label: str
    value: str
    up: str
    down: str


@dataclass(frozen=True)
class GridLine:
    label: str
    place: str
    """Above the bottom."""


@dataclass(frozen=True)
class Chart:
    """`key` changes when other bars are drawn, not when the same ones grow."""

    key: str = ""
    summary: str = ""
    """The whole of it in a sentence, for who does not see it."""
    zero: str = "0%"
    """How far above the bottom the bars begin that go up."""
    last: str = ""
    """The last bar's place among them, from 0."""
    bars: list[Bar] = field(default_factory=list[Bar])
    lines: list[GridLine] = field(default_factory=list[GridLine])


def drawn(points: Sequence[Point], *, key: str, summary: str) -> Chart:
    """The last point is now."""
    highest = max((point.up_paise for point in points), default=0)
    deepest = max((point.down_paise for point in points), default=0)
    step = _step(max(highest, deepest))
    above, below = max(1, -(-highest // step)), -(-deepest // step)
    whole = (above + below) * step
    return Chart(
        key=key,
        summary=summary,
        zero=_share(below * step, whole),
        last=str(len(points) - 1),
        bars=[
            Bar(
                point.name,
                point.label,
                point.value,
                _height(point.up_paise, whole),
                _height(point.down_paise, whole),
            )
            for point in points
        ],
        lines=[
            GridLine(short_rupees(abs(number) * step), _share((number + below) * step, whole))
            for number in range(-below, above + 1)
        ],
    )


def _step(largest_paise: int) -> int:
    """The least round amount of which at most four reach so far."""
    size = 10**2
    while True:
        for nice in _NICE:
            step = nice * size
            if step >= _LEAST_STEP_PAISE and step * _MOST_STEPS >= largest_paise:
                return step
        size *= 10


def _height(paise: int, whole: int) -> str:
    """What moved is seen, however little it was."""
    return f"max(3px, {_share(paise, whole)})" if paise else "0px"


def _share(paise: int, whole: int) -> str:
    parts = paise * 10**4 // whole
    return f"{parts // 10**2}.{parts % 10**2:02d}%"
