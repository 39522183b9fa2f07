"""What a chart draws is in proportion, within its frame, and reads the Indian way."""

from __future__ import annotations

import re
from datetime import date
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as some

from money.balance_history import Figures
from money.rupees import LARGEST_PAISE
from shared_ui.chart_scale import Chart, Point, drawn
from user_app.dashboard_words import Range, drawing_of, spans_of

AMOUNTS = some.integers(0, LARGEST_PAISE)
TODAY = date(2028, 3, 1)


def chart_of(*amounts: tuple[int, int]) -> Chart:
    return drawn([Point("", "", "", up, down) for up, down in amounts], key="", summary="")


def share(height: str) -> Fraction:
    """Of the whole; what is higher than nothing is at least three pixels and says so."""
    found = re.fullmatch(r"(?:max\(3px, )?([0-9.]+)(?:%\)?|px)", height)
    assert found, height
    return Fraction(found[1])


@given(some.lists(some.tuples(AMOUNTS, AMOUNTS), min_size=1, max_size=40))
def test_no_bar_leaves_the_frame_and_all_are_in_proportion(amounts: list[tuple[int, int]]) -> None:
    chart = chart_of(*amounts)

    zero = share(chart.zero)
    assert len(chart.bars) == len(amounts)
    for bar, (up, down) in zip(chart.bars, amounts, strict=True):
        assert share(bar.up) <= 101 - zero
        assert share(bar.down) <= zero + 1
        assert (bar.up == "0px") is (up == 0)
        assert (bar.down == "0px") is (down == 0)
    highest = max(max(up, down) for up, down in amounts)
    full = max(share(height) for bar in chart.bars for height in (bar.up, bar.down))
    for bar, (up, _) in zip(chart.bars, amounts, strict=True):
        if highest:
            assert abs(share(bar.up) - full * up / highest) < Fraction(1, 10)


@given(some.lists(some.tuples(AMOUNTS, AMOUNTS), min_size=1, max_size=10))
def test_the_grid_has_at_most_nine_lines_from_its_bottom_to_its_top(amounts: list[tuple[int, int]]) -> None:
    lines = chart_of(*amounts).lines

    assert 2 <= len(lines) <= 9
    assert (lines[0].place, lines[-1].place) == ("0.00%", "100.00%")
    assert "₹0" in {line.label for line in lines}


@pytest.mark.parametrize(
    ("highest", "labels"),
    [
        (0, ["₹0", "₹5"]),
        (45_00, ["₹0", "₹20", "₹40", "₹60"]),
        (1_081_28, ["₹0", "₹500", "₹1K", "₹1.5K"]),
        (3_34_33_072_41, ["₹0", "₹1Cr", "₹2Cr", "₹3Cr", "₹4Cr"]),
    ],
)
def test_an_axis_has_round_amounts(highest: int, labels: list[str]) -> None:
    assert [line.label for line in chart_of((highest, 0)).lines] == labels


@pytest.mark.parametrize(
    ("chosen", "count", "oldest", "newest"),
    [
        (Range.WEEK, 7, "24 Feb 2028", "Today, 1 Mar 2028"),
        (Range.MONTH, 30, "1 Feb 2028", "Today, 1 Mar 2028"),
        (Range.YEAR, 12, "April 2027", "March 2028, so far"),
    ],
)
def test_each_range_names_its_bars_and_the_table_says_the_same(
    chosen: Range, count: int, oldest: str, newest: str
) -> None:
    figures = [Figures(span, 1_00 * place, 10_00, 2_50) for place, span in enumerate(spans_of(chosen, TODAY))]

    drawing = drawing_of(chosen, figures)

    for chart in (drawing.balance, drawing.flow):
        assert (len(chart.bars), chart.last) == (count, str(count - 1))
        assert (chart.bars[0].name, chart.bars[-1].name) == (oldest, newest)
        assert chart.bars[-1].label
    assert drawing.balance.bars[-1].value == drawing.rows[0].cells[2]
    assert drawing.flow.bars[0].value == "₹10.00 in, ₹2.50 out"
    assert [row.cells[:2] for row in drawing.rows] == [["₹10.00", "₹2.50"]] * count
    assert drawing.has_moved


def test_a_year_in_which_nothing_was_has_nothing_to_draw() -> None:
    drawing = drawing_of(Range.YEAR, [Figures(span, 0, 0, 0) for span in spans_of(Range.YEAR, TODAY)])

    assert not drawing.has_moved
    assert {bar.up for bar in drawing.balance.bars} == {"0px"}
