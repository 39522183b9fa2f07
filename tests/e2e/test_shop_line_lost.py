"""A shop's pages lose their line and find it again: they show what happened, keep what was begun, and work."""

from __future__ import annotations

from collections.abc import Generator

import pytest
from playwright.sync_api import Browser, expect

from tests.e2e.line import MAY_LOSE_THE_LINE, find_the_line, lose_the_line
from tests.e2e.refund_page import confirm_button, ends, look, status
from tests.e2e.shopkeeper import Shopkeeper
from tests.e2e.stack import Stack
from tests.e2e.wallet_page import PATIENCE_MILLISECONDS, history, shows_balance


@pytest.fixture
def chai(stack: Stack, browser: Browser) -> Generator[Shopkeeper]:
    keeper = Shopkeeper(stack, browser)
    keeper.context.add_init_script(MAY_LOSE_THE_LINE)
    keeper.is_paid(120_00, note="Two teas")
    yield keeper
    keeper.leave()


def test_a_refund_that_is_looked_at_stands_and_can_be_confirmed(chai: Shopkeeper) -> None:
    page = chai.tab("/transactions")
    history(page).first.get_by_role("link").first.click()
    expect(status(page)).to_have_text("Paid", timeout=PATIENCE_MILLISECONDS)
    look(page, "40", "One was cold")

    lose_the_line(page)
    chai.is_paid(30_00)
    find_the_line(page)

    expect(confirm_button(page)).to_contain_text("₹40.00")
    confirm_button(page).click()
    ends(page)
    expect(status(page)).to_have_text("Partly refunded")


def test_a_withdrawal_that_is_looked_at_stands_beside_what_came_meanwhile(chai: Shopkeeper) -> None:
    page = chai.tab("/withdraw")
    shows_balance(page, "₹120.00")
    page.get_by_label("Amount", exact=True).fill("25")
    page.get_by_label("Account number", exact=True).fill("123456789012")
    page.get_by_label("IFSC", exact=True).fill("HDFC0ABC123")
    page.get_by_role("button", name="Withdraw", exact=True).click()
    expect(confirm_button(page)).to_be_visible(timeout=PATIENCE_MILLISECONDS)

    lose_the_line(page)
    chai.is_paid(30_00)
    find_the_line(page)

    shows_balance(page, "₹150.00")
    confirm_button(page).click()
    page.wait_for_url("**/withdrawal?id=*", timeout=PATIENCE_MILLISECONDS)


def test_a_code_with_an_amount_stays_one(chai: Shopkeeper) -> None:
    page = chai.tab("/qr")
    page.get_by_label("Amount", exact=True).fill("75")
    page.get_by_role("button", name="Put it into the code").click()
    expect(page.get_by_text("amount=75")).to_be_visible(timeout=PATIENCE_MILLISECONDS)

    lose_the_line(page)
    find_the_line(page)

    page.wait_for_timeout(500)
    expect(page.get_by_text("amount=75")).to_be_visible()
