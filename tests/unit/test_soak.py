"""A soak tells what grows from what only moves."""

import random

import pytest

from bench.samples import Sample, line_through
from bench.soak import House, Seen, judged

MINUTES = 30


def seen(*, mb_a_minute: float = 0, connections_at_end: int = 8, pid_at_end: int = 7) -> Seen:
    """A sample every 10 seconds of one process; it warms up by 40 MB in the first five minutes."""
    dice = random.Random(7)
    found = Seen()
    for number in range(MINUTES * 6):
        minute = number / 6
        own = 100 + min(minute, 5) * 8 + mb_a_minute * minute + dice.gauss(0, 2)
        connections = round(8 + (connections_at_end - 8) * minute / MINUTES)
        pid = pid_at_end if minute > MINUTES / 2 else 7
        found.of["user_app-2"].append(Sample(minute, pid, own + 50, own, 40, 12, connections, minute))
        found.house.append(House(minute, connections, 4, 2.5))
    return found


def test_a_process_that_only_warms_up_is_well():
    figures, wrong = judged(seen(), MINUTES)

    assert wrong == []
    assert figures["connections_max"] == 8


@pytest.mark.parametrize(
    ("ill", "words"),
    [
        (seen(mb_a_minute=1.3), "MB a minute"),
        (seen(connections_at_end=14), "more connections at the end"),
        (seen(pid_at_end=8), "was started again"),
    ],
    ids=["memory", "connections", "restart"],
)
def test_what_grows_or_dies_is_said(ill: Seen, words: str):
    _, wrong = judged(ill, MINUTES)

    assert len(wrong) == 1
    assert words in wrong[0]


def test_a_line_knows_its_slope_and_how_sure_it_is_of_it():
    minutes = [number / 6 for number in range(180)]
    dice = random.Random(7)

    exact = line_through(minutes, [3 + 0.5 * at for at in minutes])
    noisy = line_through(minutes, [3 + 0.5 * at + dice.gauss(0, 2) for at in minutes])

    assert exact.slope == pytest.approx(0.5)
    assert exact.spread == pytest.approx(0, abs=1e-9)
    assert abs(noisy.slope - 0.5) < 4 * noisy.spread
    assert 0 < noisy.spread < 0.1
