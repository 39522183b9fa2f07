"""Weeks, months, quarters and financial years as a shop in India counts them."""

from datetime import date

import pytest

from money.balance_history import Span
from money.income import DayIncome, Stretch, income_of, same_days_of_last_month, stretch_until

TODAY = date(2026, 11, 28)


@pytest.mark.parametrize(
    ("stretch", "today", "first"),
    [
        (Stretch.WEEK, TODAY, date(2026, 11, 23)),
        (Stretch.WEEK, date(2026, 11, 23), date(2026, 11, 23)),
        (Stretch.WEEK, date(2027, 1, 1), date(2026, 12, 28)),
        (Stretch.MONTH, TODAY, date(2026, 11, 1)),
        (Stretch.MONTH, date(2028, 2, 29), date(2028, 2, 1)),
        (Stretch.QUARTER, TODAY, date(2026, 10, 1)),
        (Stretch.QUARTER, date(2026, 12, 31), date(2026, 10, 1)),
        (Stretch.QUARTER, date(2027, 1, 1), date(2027, 1, 1)),
        (Stretch.QUARTER, date(2026, 6, 30), date(2026, 4, 1)),
        (Stretch.YEAR, TODAY, date(2026, 4, 1)),
        (Stretch.YEAR, date(2027, 3, 31), date(2026, 4, 1)),
        (Stretch.YEAR, date(2027, 4, 1), date(2027, 4, 1)),
        (Stretch.YEAR, date(2028, 2, 29), date(2027, 4, 1)),
    ],
)
def test_a_stretch_begins_where_people_in_india_say_so(stretch: Stretch, today: date, first: date) -> None:
    assert stretch_until(today, stretch) == Span(first, today)


@pytest.mark.parametrize(
    ("today", "first", "last"),
    [
        (TODAY, date(2026, 10, 1), date(2026, 10, 28)),
        (date(2026, 3, 31), date(2026, 2, 1), date(2026, 2, 28)),
        (date(2028, 3, 30), date(2028, 2, 1), date(2028, 2, 29)),
        (date(2027, 1, 1), date(2026, 12, 1), date(2026, 12, 1)),
    ],
)
def test_the_same_days_of_last_month_end_with_it_at_the_latest(today: date, first: date, last: date) -> None:
    assert same_days_of_last_month(today) == Span(first, last)


def test_what_nothing_happened_in_is_zero_and_an_average_is_to_the_nearest_paisa() -> None:
    days = [DayIncome(date(2026, 11, 27), 100_00, 30_00, 3, 1), DayIncome(TODAY, 50, 1_00, 4, 1)]
    spans = [Span(TODAY, TODAY), Span(date(2026, 11, 27), TODAY), Span(date(2026, 11, 1), date(2026, 11, 26))]

    today, both, before = income_of(days, spans)

    assert (today.net_paise, today.average_paise) == (-50, 13)
    assert (both.gross_paise, both.refunded_paise, both.net_paise, both.payments) == (100_50, 31_00, 69_50, 7)
    assert both.average_paise == 14_36
    assert (before.gross_paise, before.net_paise, before.payments, before.average_paise) == (0, 0, 0, 0)
