"""Rupees at the edges: what counts as an amount, what does not, and that nothing is lost on the way."""

import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as some

from money.errors import NotAnAmount
from money.rupees import LARGEST_PAISE, format_rupees, json_rupees, parse_rupees, short_rupees

PAISE = some.integers(min_value=1, max_value=LARGEST_PAISE)


@pytest.mark.parametrize(
    ("written", "paise"),
    [
        ("500", 500_00),
        ("500.5", 500_50),
        ("500.50", 500_50),
        ("0.01", 1),
        ("0.1", 10),
        ("00500", 500_00),
        ("1234567.89", 1_23_45_67_89),
        ("92233720368547758.07", LARGEST_PAISE),
    ],
)
def test_asha_writes_an_amount_and_it_is_that_many_paise(written: str, paise: int) -> None:
    assert parse_rupees(written) == paise


@pytest.mark.parametrize(
    "written",
    [
        *("0", "0.00", "0.0", "-1", "-0.01", "+5", "-0", "--1"),
        *("1.005", "0.001", "1.000", "1e3", "1E3", "1e-2", "10e", "0x10", "1_000"),
        *("NaN", "nan", "Infinity", "-Infinity", "inf", "1" + "0" * 400),
        *("92233720368547758.08", "99999999999999999", "123456789012345678"),
        *("1,00", "1,00,000", "1,000.00", "1.000,00", "1,5"),
        *("\uff11\uff10\uff10", "\u0967\u0968", "\u0661", "\u00b2", "\u00bd", "\u2460"),
        *("", " ", " 5", "5 ", "5\n", "\n5", "1 000", "1\u00a0000", "5\x00", "\t5"),
        *(".5", "5.", ".", "5..0", "5.0.0", "\u20b95", "Rs 5", "5 INR", "five", "None", "true"),
    ],
)
def test_what_is_no_amount_is_refused_with_a_sentence(written: str) -> None:
    with pytest.raises(NotAnAmount) as refused:
        parse_rupees(written)

    assert "rupees" in refused.value.sentence


@given(PAISE)
def test_what_we_write_is_read_back_as_the_same_amount(paise: int) -> None:
    written = format_rupees(paise).removeprefix("₹").replace(",", "")

    assert parse_rupees(written) == paise


@given(some.text(max_size=40))
def test_whatever_a_stranger_writes_is_an_amount_or_refused(written: str) -> None:
    try:
        paise = parse_rupees(written)
    except NotAnAmount:
        return

    assert 0 < paise <= LARGEST_PAISE
    assert Decimal(paise) == Decimal(written) * 100
    assert written.isascii()


@given(some.decimals(min_value=Decimal("0.001"), max_value=Decimal(10**16), places=3))
def test_a_tenth_of_a_paisa_is_never_rounded_away(amount: Decimal) -> None:
    written = f"{amount:f}"

    if amount * 100 == int(amount * 100):
        assert parse_rupees(written[:-1]) == int(amount * 100)
    with pytest.raises(NotAnAmount):
        parse_rupees(written)


@pytest.mark.parametrize(
    ("paise", "written"),
    [
        (0, "₹0.00"),
        (1, "₹0.01"),
        (99, "₹0.99"),
        (1_00, "₹1.00"),
        (999_00, "₹999.00"),
        (1_000_00, "₹1,000.00"),
        (1_00_000_00, "₹1,00,000.00"),
        (12_34_567_89, "₹12,34,567.89"),
        (10_00_00_000_00, "₹10,00,00,000.00"),
        (-12_34_567_89, "-₹12,34,567.89"),
        (-5, "-₹0.05"),
    ],
)
def test_amounts_are_grouped_the_indian_way(paise: int, written: str) -> None:
    assert format_rupees(paise) == written


@given(some.integers(min_value=-LARGEST_PAISE, max_value=LARGEST_PAISE))
def test_a_group_is_two_digits_but_the_last_is_three(paise: int) -> None:
    whole = format_rupees(paise).lstrip("-").removeprefix("₹").split(".")[0]

    first, *others = whole.split(",")

    assert 1 <= len(first) <= (2 if others else 3)
    assert [len(one) for one in others] == [*[2] * (len(others) - 1), *[3] * bool(others)]


@pytest.mark.parametrize(
    ("paise", "number"),
    [
        (0, "0"),
        (1, "0.01"),
        (10, "0.1"),
        (2_000_00, "2000"),
        (99_50, "99.5"),
        (-1_05, "-1.05"),
        (-3_00, "-3"),
    ],
)
def test_a_program_gets_the_shortest_number_that_says_it(paise: int, number: str) -> None:
    assert json.dumps(json_rupees(paise)) == number


@given(some.integers(min_value=-(10**15), max_value=10**15))
def test_a_program_reads_back_the_very_paise_below_ten_lakh_crore(paise: int) -> None:
    sent = json.dumps(json_rupees(paise))

    assert Decimal(sent) * 100 == paise


@given(some.integers(min_value=0, max_value=LARGEST_PAISE).map(lambda paise: paise - paise % 100))
def test_whole_rupees_are_exact_however_many(paise: int) -> None:
    assert json_rupees(paise) * 100 == paise


@pytest.mark.parametrize(
    ("paise", "written"),
    [
        (0, "₹0"),
        (50_00, "₹50"),
        (999_00, "₹999"),
        (1_000_00, "₹1K"),
        (7_500_00, "₹7.5K"),
        (99_999_00, "₹99.99K"),
        (1_00_000_00, "₹1L"),
        (12_50_000_00, "₹12.5L"),
        (1_00_00_000_00, "₹1Cr"),
        (2_25_00_000_00, "₹2.25Cr"),
        (10_50_00_000_00, "₹10.5Cr"),
        (1_00_000_00_00_000_00, "₹1,00,000Cr"),
        (-5_000_00, "-₹5K"),
    ],
)
def test_an_axis_counts_in_thousands_lakhs_and_crores(paise: int, written: str) -> None:
    assert short_rupees(paise) == written
