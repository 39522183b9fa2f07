"""A shop's pages that take money out, as a shopkeeper uses them."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.e2e.shopkeeper import Shopkeeper
from tests.e2e.tab import Someone
from tests.e2e.wallet_page import PATIENCE_MILLISECONDS

_COOKIE = "merchant_app_session"


def someone_of(keeper: Shopkeeper) -> Someone:
    """The same without a browser."""
    [cookie] = [one for one in keeper.context.cookies() if one.get("name") == _COOKIE]
    return Someone(keeper.merchant_id, keeper.email, f"{_COOKIE}={cookie.get('value')}")


def status_of(keeper: Shopkeeper, path: str) -> int:
    """What a direct GET of this address answers."""
    return keeper.context.request.get(keeper.stack.merchant_url + path, max_redirects=0).status


def balance_paise(keeper: Shopkeeper) -> int:
    """As the books have it."""
    [(paise,)] = keeper.stack.rows(
        "SELECT balance_paise FROM balances WHERE account_id = %s", keeper.merchant_id
    )
    return paise


def says(page: Page, words: str) -> None:
    expect(page.get_by_role("main")).to_contain_text(words, timeout=PATIENCE_MILLISECONDS)


def fill(page: Page, amount: str) -> None:
    """The form of a withdrawal to a new account."""
    page.get_by_label("Amount", exact=True).fill(amount)
    page.get_by_label("Account number", exact=True).fill("123456789012")
    page.get_by_label("IFSC", exact=True).fill("HDFC0001234")


def withdraw(page: Page, amount: str) -> None:
    """As far as the page that follows it."""
    fill(page, amount)
    page.get_by_role("button", name="Withdraw", exact=True).click()
    page.get_by_role("button", name=re.compile("^Confirm")).click()
    page.wait_for_url(re.compile(r"/withdrawal\?id="))


def plan(page: Page, keep: str) -> None:
    """Every day at 06:00."""
    page.get_by_label("How often", exact=True).select_option("daily")
    page.get_by_label("Hour", exact=True).select_option("6")
    page.get_by_label("Keep at least", exact=True).fill(keep)
    page.get_by_role("button", name="Save", exact=True).click()


def make_due(keeper: Shopkeeper) -> None:
    """The plan's hour came at the beginning of today in Kolkata."""
    keeper.stack.sql(
        "UPDATE settlement_plans SET next_at = date_trunc('day', now(), 'Asia/Kolkata') WHERE merchant_id = %s",
        keeper.merchant_id,
    )
