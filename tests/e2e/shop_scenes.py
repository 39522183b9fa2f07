"""A shop's pages in the states that a shopkeeper can meet them in."""

from __future__ import annotations

import functools
from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.e2e.scenes import LARGE_AMOUNT_PAISE, LONG_FIRST_NAME, LONG_LAST_NAME, Scene, Stage
from tests.e2e.shopkeeper import Shopkeeper
from tests.e2e.wallet_page import PATIENCE_MILLISECONDS, balance, history

_SIGNED_IN = ("Log out",)
_DASHBOARD = (*_SIGNED_IN, "balance", "locked", "income-today", "income-month")
LONG_NOTE = (
    "For the wedding of Thiruvenkatanathapuram and everybody who came along with them from Thiruvananthapuram"
)


@functools.cache
def _newcomer(stage: Stage) -> Shopkeeper:
    return kept(stage, "Chai Point")


@functools.cache
def large_shop(stage: Stage) -> Shopkeeper:
    """Long names, a long note, and large amounts, some of which went back."""
    keeper = kept(stage, f"{LONG_FIRST_NAME[:40]} and Co")
    for _ in range(3):
        keeper.is_paid(LARGE_AMOUNT_PAISE, 99_99, note=LONG_NOTE, last_name=LONG_LAST_NAME)
    keeper.gives_back(LARGE_AMOUNT_PAISE)
    return keeper


def kept(stage: Stage, name: str) -> Shopkeeper:
    """Leaves when the stage closes."""
    keeper = Shopkeeper(stage.stack, stage._browser, name)
    stage._made.append(keeper)  # pyright: ignore[reportArgumentType] # whoever is there leaves at the end
    return keeper


def _opened(who: Callable[[Stage], Shopkeeper], path: str, said: str) -> Callable[[Stage], Page]:
    def open_it(stage: Stage) -> Page:
        page = who(stage).tab(path)
        expect(page.get_by_text(said).first).to_be_visible(timeout=PATIENCE_MILLISECONDS)
        return page

    return open_it


def _tables(stage: Stage) -> Page:
    page = large_shop(stage).tab()
    expect(balance(page)).to_be_visible(timeout=PATIENCE_MILLISECONDS)
    for summary in page.get_by_text("Show these figures as a table").all():
        summary.click()
    expect(page.get_by_role("table")).to_have_count(2)
    return page


def _announcing(stage: Stage) -> Page:
    page = large_shop(stage).tab("/counter")
    expect(history(page).first).to_be_visible(timeout=PATIENCE_MILLISECONDS)
    page.get_by_role("button", name="Start announcing").click()
    return page


def _code(stage: Stage) -> Page:
    page = large_shop(stage).tab("/qr")
    page.get_by_label("Amount", exact=True).fill("98765.43")
    page.get_by_role("button", name="Put it into the code").click()
    expect(page.get_by_text("amount=98765.43")).to_be_visible(timeout=PATIENCE_MILLISECONDS)
    return page


def _way_in(stage: Stage) -> Page:
    page = stage.stranger.context.new_page()
    page.goto(f"{stage.stack.merchant_url}/login?why=KnownOtherwise")
    expect(page.get_by_text("not configured here").first).to_be_visible()
    return page


SHOP_SCENES = {
    "shop, logging in": Scene(_way_in, ("Email", "Password", "Log in")),
    "shop's settings": Scene(_opened(large_shop, "/settings", "Where you are logged in"), _SIGNED_IN),
    "shop's dashboard, nothing yet": Scene(_opened(_newcomer, "/dashboard", "No payment yet"), _DASHBOARD),
    "shop's dashboard, large amounts": Scene(_tables, _DASHBOARD),
    "shop's payments": Scene(
        _opened(large_shop, "/transactions", "Refunded"), (*_SIGNED_IN, "Search", "Download CSV")
    ),
    "shop's code": Scene(_code, (*_SIGNED_IN, "Amount")),
    "counter, nothing yet": Scene(_opened(_newcomer, "/counter", "Waiting for the first payment"), ()),
    "counter, announcing": Scene(_announcing, ()),
}
