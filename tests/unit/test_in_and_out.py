"""Spans of days and months that leave no day out, and what counts as in and out within them."""

from __future__ import annotations

import itertools
from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as some

from money.balance_history import Figures, Span, Totals, days_until, figures_of, months_until

LATEST = date(2028, 3, 1)


def day(number: int) -> Span:
    return Span(date(2026, 11, number), date(2026, 11, number))


def of_days(*figures: tuple[int, int, int, int]) -> list[Totals]:
    """Credits, debits, what of them came back and what went to banks, from the first of November on."""
    return [Totals(day(number), 0, *one) for number, one in enumerate(figures, 1)]


def in_and_out(figures: list[Figures]) -> list[tuple[int, int]]:
    return [(one.in_paise, one.out_paise) for one in figures]


def test_three_days_end_with_today_and_the_leap_day_is_one_of_them() -> None:
    spans = days_until(LATEST, 3)

    assert [span.first_day for span in spans] == [date(2028, 2, 28), date(2028, 2, 29), date(2028, 3, 1)]
    assert all(span.first_day == span.last_day for span in spans)


def test_the_month_that_runs_ends_today_and_the_others_with_their_last_day() -> None:
    assert months_until(date(2028, 3, 15), 3) == [
        Span(date(2028, 1, 1), date(2028, 1, 31)),
        Span(date(2028, 2, 1), date(2028, 2, 29)),
        Span(date(2028, 3, 1), date(2028, 3, 15)),
    ]


@given(some.dates(date(1990, 1, 1), date(2199, 12, 31)), some.integers(1, 40))
def test_no_day_is_left_out_or_counted_twice(today: date, count: int) -> None:
    for spans in (days_until(today, count), months_until(today, count)):
        assert len(spans) == count
        assert spans[-1].last_day == today
        for before, after in itertools.pairwise(spans):
            assert before.last_day + timedelta(days=1) == after.first_day


def test_a_withdrawal_that_came_back_on_its_day_was_neither_out_nor_in() -> None:
    assert in_and_out(figures_of(of_days((500, 300, 300, 300)))) == [(200, 0)]


def test_a_withdrawal_that_came_back_a_day_later_is_taken_off_the_day_it_left_on() -> None:
    assert in_and_out(figures_of(of_days((0, 350, 0, 300), (300, 20, 300, 0)))) == [(0, 50), (0, 20)]


def test_what_came_back_is_never_taken_off_what_was_sent_to_people() -> None:
    assert in_and_out(figures_of(of_days((0, 70, 0, 0), (300, 0, 300, 0)))) == [(0, 70), (0, 0)]


AMOUNTS = some.integers(0, 10**18)


@given(some.lists(some.tuples(AMOUNTS, AMOUNTS, AMOUNTS, AMOUNTS), max_size=40))
def test_no_figure_is_negative_and_nothing_is_missing_but_what_left_before_all_of_them(
    moved: list[tuple[int, int, int, int]],
) -> None:
    figures = figures_of(
        [
            Totals(day(1), 0, given_ + came_back, spent + to_banks, came_back, to_banks)
            for given_, spent, came_back, to_banks in moved
        ]
    )

    assert all(one.in_paise >= 0 and one.out_paise >= 0 for one in figures)
    grown = sum(given_ + came_back - spent - to_banks for given_, spent, came_back, to_banks in moved)
    missing = grown - sum(one.in_paise - one.out_paise for one in figures)
    surplus = itertools.accumulate(came_back - to_banks for _, _, came_back, to_banks in moved)
    assert missing == max(0, *surplus, 0)
