"""A shop takes its money out in a browser: by hand, and by a plan that settles by itself; nobody else sees it."""

from __future__ import annotations

import re
from collections.abc import Callable, Generator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, expect

from tests.e2e.settling_page import (
    balance_paise,
    fill,
    make_due,
    plan,
    says,
    someone_of,
    status_of,
    withdraw,
)
from tests.e2e.shopkeeper import Shopkeeper
from tests.e2e.stack import Stack, wait_for
from tests.e2e.tab import ROOT_STATE, Tab
from tests.e2e.wallet_page import PATIENCE_MILLISECONDS, balance, history

Keepers = Callable[..., Shopkeeper]
_PAGES = f"{ROOT_STATE}.merchant_app___pages___"


@pytest.fixture
def keepers(stack: Stack, browser: Browser) -> Generator[Keepers]:
    made: list[Shopkeeper] = []

    def keeper(name: str = "Chai Point") -> Shopkeeper:
        made.append(Shopkeeper(stack, browser, name))
        return made[-1]

    yield keeper
    for one in made:
        one.leave()
    httpx.delete(f"{stack.bank_url}/hdfc/control/faults", timeout=20)
    assert [(one.handle, one.complaints) for one in made if one.complaints] == []


def breaks(stack: Stack, **faults: object) -> None:
    assert httpx.put(f"{stack.bank_url}/hdfc/control/faults", json=faults, timeout=20).is_success


def test_a_shop_takes_money_out_by_hand_and_watches_it_being_paid(stack: Stack, keepers: Keepers) -> None:
    shop = keepers()
    shop.is_paid(300_00, 200_00)
    page = shop.tab("/withdraw")
    breaks(stack, latency_ms=[1500, 1500])

    fill(page, "1,000")
    says(page, "There is not enough money")
    fill(page, "450.50")
    page.get_by_role("button", name="Withdraw", exact=True).click()
    expect(page.get_by_role("heading", name="Is this right?")).to_be_focused(timeout=PATIENCE_MILLISECONDS)
    says(page, "Left in your balance")
    page.get_by_role("button", name=re.compile("^Confirm, ₹450.50")).click()
    page.wait_for_url(re.compile(r"/withdrawal\?id="))
    says(page, "On its way to your bank")
    says(page, "Paid to your bank account")

    [(utr, status)] = stack.rows("SELECT utr, status FROM withdrawals WHERE owner_id = %s", shop.merchant_id)
    says(page, utr)
    assert (status, balance_paise(shop)) == ("paid", 49_50)
    page.goto(stack.merchant_url + "/withdraw")
    expect(balance(page)).to_have_text("₹49.50", timeout=PATIENCE_MILLISECONDS)
    expect(history(page)).to_contain_text("-₹450.50")
    expect(page.get_by_role("button", name=re.compile("^Remove HDFC Bank"))).to_be_visible()


def test_a_withdrawal_that_waits_can_be_cancelled_and_is_back(stack: Stack, keepers: Keepers) -> None:
    shop = keepers()
    shop.is_paid(500_00)
    breaks(stack, latency_ms=[6000, 6000])
    page, other = shop.tab("/withdraw"), shop.tab("/withdraw")

    withdraw(page, "100")
    withdraw(other, "200")
    other.get_by_role("button", name="Cancel, and keep the money").click()

    says(other, "You cancelled it")
    says(other, "₹200.00 came back to your balance. Nothing left it.")
    assert balance_paise(shop) == 400_00


def test_a_plan_settles_by_itself_and_tells_which_payments_it_covers(stack: Stack, keepers: Keepers) -> None:
    shop = keepers()
    shop.is_paid(100_00)
    withdraw(shop.tab("/withdraw"), "40")
    shop.is_paid(200_00, 300_00, note='=HYPERLINK("http://evil.example") \u202e')
    page = shop.tab("/settlements")

    says(page, "Off: money stays in your balance")
    says(page, "No settlement yet")
    plan(page, "50.50")
    says(page, "at 06:00, about ₹509.50 to HDFC Bank ••••9012.")
    page.reload()
    expect(page.get_by_label("How often", exact=True)).to_have_value("daily")
    expect(page.get_by_label("Keep at least", exact=True)).to_have_value("50.50")
    make_due(shop)
    expect(history(page)).to_contain_text("3 payments", timeout=PATIENCE_MILLISECONDS)
    expect(history(page)).to_contain_text("Paid to your bank account", timeout=PATIENCE_MILLISECONDS)

    [(settlement, utr, amount)] = stack.rows(
        "SELECT s.id::text, w.utr, s.amount_paise FROM settlements s JOIN withdrawals w USING (id)"
        " WHERE s.merchant_id = %s",
        shop.merchant_id,
    )
    assert (amount, balance_paise(shop)) == (509_50, 50_50)
    history(page).get_by_role("link").click()
    page.wait_for_url(re.compile(f"/settlements/{settlement}$"))
    for words in ("₹509.50", utr, "3 payments", "+₹600.00", "Taken out by hand", "-₹40.00", "-₹50.50"):
        says(page, words)
    expect(page.get_by_test_id("status")).to_have_text("Done")
    expect(history(page)).to_have_count(3)
    with page.expect_download() as download:
        page.get_by_role("button", name="Download CSV").click()
    lines = Path(download.value.path()).read_text("utf-8-sig").splitlines()
    assert len(lines) == 4
    assert sum("\"'=HYPERLINK" in line for line in lines) == 2
    assert sum(utr in line for line in lines) == 3
    assert stack.verify()["ok"] is True


def test_another_shop_sees_and_touches_nothing_of_it(stack: Stack, keepers: Keepers) -> None:
    shop, mallory = keepers(), keepers("Mallory's")
    shop.is_paid(500_00)
    breaks(stack, latency_ms=[5000, 5000])
    pages = shop.tab("/withdraw"), shop.tab("/withdraw")
    for page in pages:
        withdraw(page, "100")
    # The second waits behind the first, and could be cancelled.
    [(queued,)] = stack.rows(
        "SELECT id::text FROM withdrawals WHERE owner_id = %s ORDER BY number DESC LIMIT 1", shop.merchant_id
    )
    [(account,)] = stack.rows("SELECT id::text FROM saved_accounts WHERE owner_id = %s", shop.merchant_id)
    stack.sql(
        "INSERT INTO settlement_plans (merchant_id, rhythm, weekday, hour, saved_account_id, keep_paise, next_at)"
        " VALUES (%s, 'daily', 0, 6, %s, 0, now() - interval '1 second')",
        shop.merchant_id,
        account,
    )
    make_due(shop)
    made = "SELECT id::text FROM settlements WHERE merchant_id = %s AND payments IS NOT NULL"
    wait_for(lambda: len(stack.rows(made, shop.merchant_id)) == 1, "the settlement")
    [(settlement,)] = stack.rows(made, shop.merchant_id)

    assert status_of(shop, f"/settlements/{settlement}") == status_of(shop, f"/withdrawal?id={queued}") == 200
    for path in (f"/settlements/{settlement}", f"/withdrawal?id={queued}", f"/withdrawal?id={settlement}"):
        assert status_of(mallory, path) == 404
        stranger = httpx.get(stack.merchant_url + path)
        assert (stranger.status_code, stranger.headers["location"][:12]) == (303, "/login?next=")
    assert status_of(mallory, f"/files/settlement.csv?id={settlement}") == 404
    assert status_of(mallory, "/files/settlement.csv?id=nothing") == 404
    spy = Tab(stack.merchant_url, cookie=someone_of(mallory).cookie, page=f"/withdrawal?id={queued}")
    with spy.opened() as tab:
        tab.send(f"{_PAGES}withdrawal____withdrawal_page.open")
        tab.send(f"{_PAGES}withdrawal____withdrawal_page.cancel")
        tab.send(f"{_PAGES}withdraw____withdraw.open")
        tab.send(f"{_PAGES}withdraw____take_out.choose", saved_id=account)
        tab.send(f"{_PAGES}withdraw____bank_accounts.remove", account_id=account)
        stolen = {"rhythm": "daily", "weekday": "0", "hour": "6", "account": account, "keep": ""}
        tab.send(f"{ROOT_STATE}.merchant_app___plan_card____settlement_plan.save", form_data=stolen)
        tab.settle(30)
        tab.page = f"/settlements/{settlement}"
        tab.send(f"{_PAGES}settlement____settlement_page.open")
        tab.send(f"{_PAGES}settlement____settlement_page.more")
        tab.settle(30)
        assert tab.var("settlement_page", "outcome") == tab.var("withdrawal_page", "outcome") == "none"
        assert tab.var("settlement_plan", "problem_at") == "account"
        for secret in ("500.00", "100.00", "9012", "Asha"):
            assert secret not in tab.everything()
    assert stack.rows(
        "SELECT count(*) FROM settlement_plans WHERE merchant_id = %s", mallory.merchant_id
    ) == [(0,)]
    assert stack.rows("SELECT count(*) FROM saved_accounts WHERE owner_id = %s", shop.merchant_id) == [(1,)]
    assert stack.rows("SELECT status FROM withdrawals WHERE id = %s", queued) != [("cancelled",)]
