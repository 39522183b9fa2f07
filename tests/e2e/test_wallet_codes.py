"""Codes of six digits: a forgotten password, and an email and a phone that are verified."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.stack import Stack
from tests.e2e.wallet_page import (
    PASSWORD,
    PATIENCE_MILLISECONDS,
    Visitor,
    balance,
    is_dead,
    log_in,
    shows_balance,
)

Visitors = Callable[..., Visitor]
NEW_PASSWORD = "another horse"


@pytest.fixture
def asha(visitors: Visitors) -> Visitor:
    """Signed in, without a page."""
    asha = visitors()
    asha.sign_up_elsewhere()
    return asha


def test_asha_forgot_her_password_and_gets_in_with_a_code(
    stack: Stack, visitors: Visitors, asha: Visitor
) -> None:
    open_elsewhere = asha.tab()
    shows_balance(open_elsewhere, "₹0.00")
    old_cookie = asha.cookie()
    later = visitors(email=asha.email)
    page = later.tab("/reset")
    page.get_by_label("Email", exact=True).fill(asha.email)
    page.get_by_role("button", name=re.compile("code")).click()
    page.wait_for_url(re.compile("/new-password"))
    code = stack.latest_code(asha.email)

    _choose(page, later, _another(code))
    expect(page.get_by_text("not right")).to_be_visible()
    assert not is_dead(stack, old_cookie)
    _choose(page, later, code)
    page.wait_for_url(re.compile("/login"))

    assert is_dead(stack, old_cookie)
    expect(balance(open_elsewhere)).to_have_count(0, timeout=PATIENCE_MILLISECONDS)
    log_in(page, later, PASSWORD)
    expect(page.get_by_text("Email or password is not right.")).to_be_visible()
    assert page.get_by_label("Password", exact=True).input_value() == ""
    log_in(page, later, NEW_PASSWORD)
    page.wait_for_url(stack.user_url + "/transfer")
    shows_balance(page, "₹0.00")


def test_nobody_learns_whether_an_email_is_known(stack: Stack, visitors: Visitors, asha: Visitor) -> None:
    said: list[str] = []
    for email in (asha.email, "nobody-" + asha.email):
        page = visitors(email=email).tab("/reset")
        page.get_by_label("Email", exact=True).fill(email)
        page.get_by_role("button", name=re.compile("code")).click()
        page.wait_for_url(re.compile("/new-password"))
        expect(page.get_by_role("alert")).not_to_be_empty()
        said.append(page.locator("body").inner_text() + page.url)

    assert said[0] == said[1]
    assert stack.latest_code("nobody-" + asha.email) == ""


def test_asha_verifies_her_email_and_her_phone(stack: Stack, visitors: Visitors) -> None:
    asha = visitors()
    phone = f"98{uuid.uuid4().int % 10**8:08d}"
    asha.sign_up(phone=phone)
    page = asha.tab("/settings")

    for contact, recipient in (("email", asha.email), ("phone", phone)):
        page.get_by_role("button", name=re.compile(f"code to this {contact}")).click()
        page.get_by_label("Code", exact=True).wait_for()
        code = stack.latest_code(recipient)
        _confirm(page, _another(code))
        expect(page.get_by_label("Code", exact=True)).to_have_attribute("aria-invalid", "true")
        assert _verified(stack, asha, contact) is False
        _confirm(page, code)
        expect(page.get_by_label("Code", exact=True)).to_have_count(0)
        assert _verified(stack, asha, contact) is True
    expect(page.get_by_text("Not verified")).to_have_count(0)
    expect(page.get_by_text("Verified", exact=True)).to_have_count(2)


def _choose(page: Page, visitor: Visitor, code: str) -> None:
    page.get_by_label("Email", exact=True).fill(visitor.email)
    page.get_by_label("Code", exact=True).fill(code)
    page.get_by_label("Password", exact=True).fill(NEW_PASSWORD)
    page.get_by_role("button", name="Save new password", exact=True).click()


def _confirm(page: Page, code: str) -> None:
    page.get_by_label("Code", exact=True).fill(code)
    page.get_by_role("button", name=re.compile("^Confirm")).click()


def _verified(stack: Stack, visitor: Visitor, contact: str) -> bool:
    rows = stack.rows(
        "SELECT email_verified_at IS NOT NULL, phone_verified_at IS NOT NULL FROM users WHERE email = %s",
        visitor.email,
    )
    return rows[0][contact == "phone"]


def _another(code: str) -> str:
    """Six digits that are not these."""
    return f"{(int(code) + 1) % 1_000_000:06d}"
