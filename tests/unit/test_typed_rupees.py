"""What a person types on a page: plain or grouped the Indian way is an amount, everything else is refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as some

from money.errors import NotAnAmount
from money.rupees import LARGEST_PAISE, format_rupees, parse_rupees, parse_typed_rupees


@pytest.mark.parametrize(
    ("typed", "paise"),
    [
        ("1250", 1_250_00),
        ("1250.5", 1_250_50),
        ("0.01", 1),
        ("007", 7_00),
        ("1,250", 1_250_00),
        ("12,345.6", 12_345_60),
        ("1,00,000.00", 1_00_000_00),
        ("12,34,567", 12_34_567_00),
        ("92,23,37,20,36,85,47,758.07", LARGEST_PAISE),
        (" 1250 ", 1_250_00),
        ("\t1,250", 1_250_00),
        ("₹500", 500_00),
        ("₹ 1,00,000", 1_00_000_00),
        ("  ₹ 99.50  ", 99_50),
    ],
)
def test_asha_types_an_amount_the_way_she_writes_it(typed: str, paise: int) -> None:
    assert parse_typed_rupees(typed) == paise


@pytest.mark.parametrize(
    "typed",
    [
        *(
            "1,00",
            "100,000",
            "1,000,000",
            ",100",
            "1,,000",
            "1,000,",
            "1,0000",
            "12,34,56",
            "0,500",
            "01,000",
        ),
        *("1,2,345", "1,00,000,00", "1.00,000", "1,000.5,0", "1.000,00", "1;000", "1'000", "1_000"),
        *("", " ", "₹", "₹ ", "0", "0.00", "₹0", "-1", "+1", "-₹5", "₹-5", "₹₹5", "5₹", "Rs 5", "5 rupees"),
        *("1.005", "1,000.005", "1e3", "1.", ".5", ".", "five", "NaN", "inf", "None"),
        *("1 000", "1, 000", "1 ,000", "₹  5", "₹\n5", "5 5", "1\u00a0000", "\u00a05", "5\u2009", "5\n"),
        *("\uff11\uff10\uff10", "\u0967\u0968", "\u0661", "1\uff0c000", "5\x00", "\x005"),
        *(
            "92,23,37,20,36,85,47,758.08",
            "9" * 30,
            "1" * 10_000,
            " " * 10_000 + "5",
            "1" + ",00" * 30 + ",000",
        ),
    ],
)
def test_whoever_types_something_else_is_told_what_an_amount_looks_like(typed: str) -> None:
    with pytest.raises(NotAnAmount):
        parse_typed_rupees(typed)


@given(some.integers(min_value=1, max_value=LARGEST_PAISE))
def test_what_we_show_can_be_typed_again(paise: int) -> None:
    shown = format_rupees(paise)

    assert parse_typed_rupees(shown) == parse_typed_rupees(shown.removeprefix("₹")) == paise


@given(some.text("0123456789.,₹ -", max_size=30) | some.text(max_size=30))
def test_commas_never_change_an_amount(typed: str) -> None:
    try:
        paise = parse_typed_rupees(typed)
    except NotAnAmount:
        return

    bare = typed.strip(" \t").removeprefix("₹").strip(" \t")
    assert parse_rupees(bare.replace(",", "")) == paise
    assert "," not in bare or format_rupees(paise).removeprefix("₹").startswith(bare.split(".")[0])
