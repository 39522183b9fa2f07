"""How a dashboard speaks of income: against what came before, and over days and months."""

from datetime import date, timedelta

import pytest

from merchant_app.income_words import book_of, days_drawn, days_of, month_of, months_drawn, today_of
from money.balance_history import Span, days_until, months_until
from money.income import Income, same_days_of_last_month

TODAY = date(2026, 11, 28)
NOW = Span(TODAY, TODAY)


def income(gross: int, refunded: int = 0, payments: int = 0, span: Span = NOW) -> Income:
    return Income(span, gross, refunded, payments, int(bool(refunded)))


@pytest.mark.parametrize(
    ("now", "before", "direction", "change"),
    [
        (income(300_00), income(100_00), "more", "₹200.00 more than yesterday in all (₹100.00)"),
        (income(100_00), income(300_00), "less", "₹200.00 less than yesterday in all (₹300.00)"),
        (income(0), income(0), "same", "As much as yesterday in all (₹0.00)"),
        (income(0, 50_00), income(0), "less", "₹50.00 less than yesterday in all (₹0.00)"),
        (income(100_00, 30_00), income(0, 10_00), "more", "₹80.00 more than yesterday in all (-₹10.00)"),
    ],
)
def test_a_change_is_told_by_a_sign_and_in_words(
    now: Income, before: Income, direction: str, change: str
) -> None:
    figure = today_of(now, before)

    assert (figure.direction, figure.change) == (direction, change)


def test_a_month_is_held_against_the_same_days_of_the_last_one() -> None:
    figure = month_of(income(300_00, 50_00, 7), income(100_00, span=same_days_of_last_month(TODAY)))

    assert figure.amount == "₹250.00"
    assert figure.change == "₹150.00 more than 1 to 28 Oct 2026 (₹100.00)"
    assert figure.payments == "7 payments, ₹42.86 on average"


@pytest.mark.parametrize(
    ("first", "last", "words"),
    [
        (TODAY, TODAY, "28 Nov 2026"),
        (date(2026, 11, 1), TODAY, "1 to 28 Nov 2026"),
        (date(2026, 4, 1), TODAY, "1 Apr to 28 Nov 2026"),
        (date(2026, 12, 28), date(2027, 1, 1), "28 Dec 2026 to 1 Jan 2027"),
        (date(2026, 2, 28), date(2027, 2, 28), "28 Feb 2026 to 28 Feb 2027"),
    ],
)
def test_days_are_named_as_shortly_as_is_clear(first: date, last: date, words: str) -> None:
    assert days_of(Span(first, last)) == words


def test_paid_refunded_and_what_is_left_stand_apart() -> None:
    book = book_of(income(1_23_45_678_90, 1_00_000_00, 3))

    assert (book.gross, book.refunded, book.net) == ("₹1,23,45,678.90", "-₹1,00,000.00", "₹1,22,45,678.90")
    assert (book.payments, book.refunds) == ("3 payments", "1 refund")
    assert book_of(income(0)).refunded == "₹0.00"


def test_each_day_and_month_has_a_bar_and_a_row_and_empty_ones_stand_at_zero() -> None:
    days = [income(0, span=span) for span in days_until(TODAY, 30)]
    days[-1] = income(500_00, 100_00, 4)
    months = [income(0, span=span) for span in months_until(TODAY, 12)]

    by_day, by_month = days_drawn(days), months_drawn(months)

    assert [len(by_day.chart.bars), len(by_day.rows), len(by_month.chart.bars), len(by_month.rows)] == [
        30,
        30,
        12,
        12,
    ]
    today = by_day.chart.bars[-1]
    assert (today.name, today.label) == ("Today, 28 Nov 2026", "Today")
    assert today.value == "₹500.00 paid, ₹100.00 refunded"
    assert by_day.rows[0].cells == ["4", "₹500.00", "₹100.00", "₹400.00"]
    assert {bar.up for bar in by_day.chart.bars[:-1]} == {"0px"}
    assert by_month.rows[0].name == "Nov 2026"
    assert by_month.chart.bars[-1].name == "November 2026, so far"
    assert by_day.rows[-1].name == f"{TODAY - timedelta(days=29):%-d %b %Y}"
