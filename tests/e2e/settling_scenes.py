"""A shop's withdrawals and settlements in the states that a shopkeeper can meet them in."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import NamedTuple

from playwright.sync_api import Page, expect

from tests.e2e.scenes import LARGE_AMOUNT_PAISE, LONG_FIRST_NAME, Scene, Stage
from tests.e2e.settling_page import fill, make_due, plan, says, withdraw
from tests.e2e.shop_scenes import LONG_NOTE, kept
from tests.e2e.shopkeeper import Shopkeeper
from tests.e2e.wallet_page import PATIENCE_MILLISECONDS, history

_SIGNED_IN = ("Log out",)
_WITHDRAW = (*_SIGNED_IN, "balance", "locked", "Amount", "Bank", "Account number", "IFSC", "Withdraw")


class _Settled(NamedTuple):
    keeper: Shopkeeper
    withdrawal: str
    settlement: str


@functools.cache
def _newcomer(stage: Stage) -> Shopkeeper:
    return kept(stage, "Chai Point")


@functools.cache
def _settled(stage: Stage) -> _Settled:
    """A large withdrawal by hand, and a settlement of the rest: the addresses of both."""
    keeper = kept(stage, f"{LONG_FIRST_NAME[:40]} and Co")
    keeper.is_paid(LARGE_AMOUNT_PAISE, 99_99, note=LONG_NOTE)
    page = keeper.tab("/withdraw")
    withdraw(page, "9876543.21")
    says(page, "Paid to your bank account")
    withdrawal = page.url.removeprefix(stage.stack.merchant_url)
    page.goto(stage.stack.merchant_url + "/settlements")
    plan(page, "5000")
    says(page, "at 06:00")
    make_due(keeper)
    expect(history(page)).to_contain_text("Paid to your bank", timeout=PATIENCE_MILLISECONDS)
    settlement = history(page).get_by_role("link").get_attribute("href")
    page.close()
    return _Settled(keeper, withdrawal, settlement or "")


def _nothing_yet(path: str, said: str) -> Callable[[Stage], Page]:
    def open_it(stage: Stage) -> Page:
        page = _newcomer(stage).tab(path)
        says(page, said)
        return page

    return open_it


def _looked_at_once_more(stage: Stage) -> Page:
    page = _settled(stage).keeper.tab("/withdraw")
    fill(page, "4321")
    page.get_by_role("button", name="Withdraw", exact=True).click()
    expect(page.get_by_role("heading", name="Is this right?")).to_be_visible()
    expect(history(page)).to_have_count(2)
    return page


def _plan_refused(stage: Stage) -> Page:
    page = _settled(stage).keeper.tab("/settlements")
    plan(page, "much")
    expect(page.get_by_label("Keep at least")).to_have_attribute("aria-invalid", "true")
    expect(history(page)).to_have_count(1)
    return page


def _withdrawal(stage: Stage) -> Page:
    page = _settled(stage).keeper.tab(_settled(stage).withdrawal)
    says(page, "Paid to your bank account")
    return page


def _settlement(stage: Stage) -> Page:
    page = _settled(stage).keeper.tab(_settled(stage).settlement)
    expect(history(page)).to_have_count(2)
    return page


SETTLING_SCENES = {
    "shop's withdraw, nothing yet": Scene(_nothing_yet("/withdraw", "Nothing yet"), _WITHDRAW),
    "shop's withdraw, looked at once more": Scene(_looked_at_once_more, (*_WITHDRAW, "Confirm")),
    "shop's withdrawal": Scene(_withdrawal, _SIGNED_IN),
    "settlements, nothing yet": Scene(_nothing_yet("/settlements", "No settlement yet"), _SIGNED_IN),
    "settlements, plan refused": Scene(_plan_refused, _SIGNED_IN),
    "settlement": Scene(_settlement, (*_SIGNED_IN, "Download CSV", "status")),
}
