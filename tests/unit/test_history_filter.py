"""Which part of a history is wanted: days that are days, and how much of the filter is in use."""

from __future__ import annotations

import pytest

from money.errors import DayRefused
from shared_ui.history_filter import Filter, count_of, wanted_of


@pytest.mark.parametrize(
    ("chosen", "count"),
    [
        (Filter(), ""),
        (Filter(words="chai"), ""),
        (Filter(type="payment"), "1"),
        (Filter(type="payment", since="2026-11-20", words="chai"), "2"),
        (Filter(type="payment", result="done", since="2026-11-20", until="2026-11-28"), "4"),
    ],
)
def test_what_is_folded_away_is_counted_and_what_is_seen_is_not(chosen: Filter, count: str) -> None:
    assert count_of(chosen) == count


@pytest.mark.parametrize("day", ["yesterday", "2026-02-30", "20/11/2026", " "])
def test_what_is_no_day_is_refused(day: str) -> None:
    with pytest.raises(DayRefused):
        wanted_of(Filter(since=day))
