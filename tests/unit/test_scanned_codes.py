"""A code is followed where it is a shop's on our own pages, and nowhere else."""

from __future__ import annotations

import pytest

from money.errors import NotShopsCode
from user_app.pay_words import log_in_and_come_back, page_of_shop, suggested_by, suggestion_line
from user_app.scan_words import read_code

HERE = "https://batua.example:3000"


@pytest.mark.parametrize(
    ("text", "handle", "amount"),
    [
        (f"{HERE}/pay/chaipoint", "chaipoint", ""),
        (f"  {HERE}/pay/chaipoint\n", "chaipoint", ""),
        (f"{HERE}/pay/ChaiPoint?amount=120.00", "chaipoint", "120.00"),
        (f"{HERE}/pay/chaipoint?amount=a%20lot&next=//evil", "chaipoint", "a lot"),
        ("HTTPS://Batua.example:3000/pay/chaipoint#x", "chaipoint", ""),
        ("chaipoint", "chaipoint", ""),
        ("@ChaiPoint", "chaipoint", ""),
    ],
)
def test_a_shops_own_code_leads_to_it(text: str, handle: str, amount: str) -> None:
    assert read_code(text, public_url=HERE) == (handle, amount)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "upi://pay?pa=shop@bank&am=100",
        "https://evil.example/pay/chaipoint",
        "http://batua.example:3000/pay/chaipoint",
        "https://batua.example/pay/chaipoint",
        "https://batua.example:3000@evil.example/pay/chaipoint",
        "https://asha@batua.example:3000/pay/chaipoint",
        "https://batua.example:3000.evil.example/pay/chaipoint",
        "//batua.example:3000/pay/chaipoint",
        "/pay/chaipoint",
        f"{HERE}/pay/../transfer",
        f"{HERE}/pay/chaipoint/../../login",
        f"{HERE}/pay/",
        f"{HERE}/login?next=//evil.example",
        f"{HERE}/pay/chai%70oint",
        f"{HERE}/pay\\chaipoint",
        f"{HERE}/pay/chai\tpoint",
        f"{HERE}/pay/chaipoint?{'a=1&' * 50}",
        f"{HERE}/pay/chaipoint?amount=" + "9" * 300,
        "javascript:alert(1)",
        "data:text/html,<script>alert(1)</script>",
        "https://[::1/pay/chaipoint",
        "ch",
        "chai point",
        "\u0441haipoint",
        "\u202etniopiahc",
        "c" * 31,
        "1chai",
    ],
)
def test_every_other_code_is_refused(text: str) -> None:
    with pytest.raises(NotShopsCode):
        read_code(text, public_url=HERE)


@pytest.mark.parametrize(
    ("text", "paise"),
    [
        ("120", 120_00),
        ("99.5", 99_50),
        *((wrong, None) for wrong in ("", "0", "-5", "1e3", "1,000", "NaN", "0.001", "9" * 40, "<b>")),
    ],
)
def test_an_amount_in_a_link_is_a_suggestion_or_nothing(text: str, paise: int | None) -> None:
    assert suggested_by(text) == paise


def test_a_suggestion_says_who_made_it() -> None:
    assert suggestion_line(suggested_by("120")) == (
        "Suggested by the link: ₹120.00; change it if it is wrong."
    )
    assert suggestion_line(None) == ""


def test_a_stranger_comes_back_to_the_shop_with_the_amount() -> None:
    assert log_in_and_come_back("chaipoint", "120") == "/login?next=/pay/chaipoint%3Famount%3D120"
    assert page_of_shop("chaipoint", amount="", intent="i") == "/pay/chaipoint?intent=i"
