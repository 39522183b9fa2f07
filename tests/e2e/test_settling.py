"""A shop takes its money out in a browser: by hand, and by a plan that settles by itself; nobody else sees it."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Generator
from pathlib import Path

import axe_playwright_python
import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.settling_page import ShopVisitor, fill, make_due
from tests.e2e.stack import Stack, wait_for
from tests.e2e.tab import ROOT_STATE, Tab
from tests.e2e.wallet_page import PATIENCE_MILLISECONDS

Shops = Callable[..., ShopVisitor]
_AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text()
_RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
_PAGES = f"{ROOT_STATE}.merchant_app___pages___"
REFUSED = "That could not be done. Nothing has happened."


@pytest.fixture
def shops(stack: Stack, browser: Browser) -> Generator[Shops]:
    made: list[ShopVisitor] = []

    def one(name: str = "Chai Point") -> ShopVisitor:
        made.append(ShopVisitor(stack, browser, name))
        return made[-1]

    yield one
    for shop in made:
        shop.leave()
    for bank in ("hdfc", "axis"):
        httpx.delete(f"{stack.bank_url}/{bank}/control/faults", timeout=20)
    assert [(shop.handle, shop.complaints) for shop in made if shop.complaints] == []


def breaks(stack: Stack, **faults: object) -> None:
    assert httpx.put(f"{stack.bank_url}/hdfc/control/faults", json=faults, timeout=20).is_success


def says(page: Page, words: str) -> None:
    expect(page.get_by_role("main")).to_contain_text(words, timeout=PATIENCE_MILLISECONDS)


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


def test_a_shop_takes_money_out_by_hand_and_watches_it_being_paid(stack: Stack, shops: Shops) -> None:
    shop = shops()
    shop.is_paid(300, 200)
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

    [(utr, status)] = stack.rows("SELECT utr, status FROM withdrawals WHERE owner_id = %s", shop.id)
    says(page, utr)
    assert (status, shop.balance_paise()) == ("paid", 49_50)
    page.goto(stack.merchant_url + "/withdraw")
    expect(page.get_by_test_id("balance")).to_have_text("₹49.50", timeout=PATIENCE_MILLISECONDS)
    expect(page.get_by_test_id("transaction")).to_contain_text("-₹450.50")
    expect(page.get_by_role("button", name=re.compile("^Remove HDFC Bank"))).to_be_visible()


def test_a_withdrawal_that_waits_can_be_cancelled_and_is_back(stack: Stack, shops: Shops) -> None:
    shop = shops()
    shop.is_paid(500)
    breaks(stack, latency_ms=[6000, 6000])
    page, other = shop.tab("/withdraw"), shop.tab("/withdraw")

    withdraw(page, "100")
    withdraw(other, "200")
    other.get_by_role("button", name="Cancel, and keep the money").click()

    says(other, "You cancelled it")
    says(other, "₹200.00 came back to your balance. Nothing left it.")
    assert shop.balance_paise() == 400_00


def test_a_plan_settles_by_itself_and_tells_which_payments_it_covers(stack: Stack, shops: Shops) -> None:
    shop = shops()
    shop.is_paid(100)
    withdraw(shop.tab("/withdraw"), "40")
    payments = shop.is_paid(200, 300, note='=HYPERLINK("http://evil.example") \u202e')
    page = shop.tab("/settlements")

    says(page, "Off: money stays in your balance")
    says(page, "No settlement yet")
    plan(page, "50.50")
    says(page, "at 06:00, about ₹509.50 to HDFC Bank ••••9012.")
    page.reload()
    expect(page.get_by_label("How often", exact=True)).to_have_value("daily")
    expect(page.get_by_label("Keep at least", exact=True)).to_have_value("50.50")
    make_due(stack, shop)
    expect(page.get_by_test_id("transaction")).to_contain_text("3 payments", timeout=PATIENCE_MILLISECONDS)
    expect(page.get_by_test_id("transaction")).to_contain_text(
        "Paid to your bank account", timeout=PATIENCE_MILLISECONDS
    )

    [(settlement, utr, amount)] = stack.rows(
        "SELECT s.id::text, w.utr, s.amount_paise FROM settlements s JOIN withdrawals w USING (id)"
        " WHERE s.merchant_id = %s",
        shop.id,
    )
    assert (amount, shop.balance_paise()) == (509_50, 50_50)
    page.get_by_test_id("transaction").get_by_role("link").click()
    page.wait_for_url(re.compile(f"/settlements/{settlement}$"))
    for words in ("₹509.50", utr, "3 payments", "+₹600.00", "Taken out by hand", "-₹40.00", "-₹50.50"):
        says(page, words)
    expect(page.get_by_test_id("status")).to_have_text("Done")
    expect(page.get_by_test_id("transaction")).to_have_count(3)
    with page.expect_download() as download:
        page.get_by_role("button", name="Download CSV").click()
    lines = Path(download.value.path()).read_text("utf-8-sig").splitlines()
    assert len(lines) == 4
    assert [sum(str(one) in line for line in lines) for one in payments] == [1, 1]
    assert sum("\"'=HYPERLINK" in line for line in lines) == 2
    assert sum(utr in line for line in lines) == 3
    assert stack.verify()["ok"] is True


def test_another_shop_sees_and_touches_nothing_of_it(stack: Stack, shops: Shops) -> None:
    shop, mallory = shops(), shops("Mallory's")
    shop.is_paid(500)
    breaks(stack, latency_ms=[5000, 5000])
    pages = shop.tab("/withdraw"), shop.tab("/withdraw")
    for page in pages:
        withdraw(page, "100")
    # The second waits behind the first, and could be cancelled.
    [(queued,)] = stack.rows(
        "SELECT id::text FROM withdrawals WHERE owner_id = %s ORDER BY number DESC LIMIT 1", shop.id
    )
    [(account,)] = stack.rows("SELECT id::text FROM saved_accounts WHERE owner_id = %s", shop.id)
    stack.sql(
        "INSERT INTO settlement_plans (merchant_id, rhythm, weekday, hour, saved_account_id, keep_paise, next_at)"
        " VALUES (%s, 'daily', 0, 6, %s, 0, now() - interval '1 second')",
        shop.id,
        account,
    )
    make_due(stack, shop)
    made = "SELECT id::text FROM settlements WHERE merchant_id = %s AND payments IS NOT NULL"
    wait_for(lambda: len(stack.rows(made, shop.id)) == 1, "the settlement")
    [(settlement,)] = stack.rows(made, shop.id)

    assert shop.status_of(f"/settlements/{settlement}") == shop.status_of(f"/withdrawal?id={queued}") == 200
    for path in (f"/settlements/{settlement}", f"/withdrawal?id={queued}", f"/withdrawal?id={settlement}"):
        assert mallory.status_of(path) == 404
        stranger = httpx.get(stack.merchant_url + path)
        assert (stranger.status_code, stranger.headers["location"][:12]) == (303, "/login?next=")
    assert mallory.status_of(f"/files/settlement.csv?id={settlement}") == 404
    assert mallory.status_of("/files/settlement.csv?id=nothing") == 404
    spy = Tab(stack.merchant_url, cookie=mallory.someone.cookie, page=f"/withdrawal?id={queued}")
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
    assert stack.rows("SELECT count(*) FROM settlement_plans WHERE merchant_id = %s", mallory.id) == [(0,)]
    assert stack.rows("SELECT count(*) FROM saved_accounts WHERE owner_id = %s", shop.id) == [(1,)]
    assert stack.rows("SELECT status FROM withdrawals WHERE id = %s", queued) != [("cancelled",)]


def test_whatever_is_sent_to_the_handlers_is_refused_and_moves_nothing(stack: Stack, shops: Shops) -> None:
    shop = shops()
    shop.is_paid(500)
    forms: list[object] = [None, 1, [], {}, {"amount": 1}, {"amount": "1", "owner_id": str(shop.id)}]
    forms += [
        {"rhythm": "hourly", "weekday": "0", "hour": "6"},
        {"rhythm": "daily", "weekday": 7, "hour": "6"},
    ]
    written = "SELECT count(*) FROM withdrawals", "SELECT count(*) FROM settlement_plans"
    before = [stack.rows(one) for one in written]

    with Tab(stack.merchant_url, cookie=shop.someone.cookie, page="/withdraw").opened() as tab:
        for form in forms:
            tab.send(f"{_PAGES}withdraw____take_out.look", form_data=form)
            tab.send(f"{ROOT_STATE}.merchant_app___plan_card____settlement_plan.save", form_data=form)
        for handler in ("take_out.typed", "take_out.choose", "bank_accounts.remove"):
            for value in (None, 1, [], {}, math.nan):
                name = {"typed": "amount", "choose": "saved_id", "remove": "account_id"}[
                    handler.rpartition(".")[2]
                ]
                tab.send(f"{_PAGES}withdraw____{handler}", **{name: value})
        tab.send(f"{_PAGES}withdraw____take_out.confirm", caller=str(shop.id))
        tab.send(f"{_PAGES}withdraw____take_out.confirm")
        tab.send(f"{_PAGES}withdraw____take_out.ask_whose_it_is")
        tab.settle(60)

        assert set(tab.was("said", "text")) <= {"", REFUSED}
        assert REFUSED in tab.was("said", "text")
    assert [stack.rows(one) for one in written] == before
    assert shop.balance_paise() == 500_00


def test_the_pages_are_for_everybody(stack: Stack, shops: Shops) -> None:
    shop = shops("Sri Venkateswara Mahalakshmi Stores and Sweets Co")
    empty = shops()
    shop.is_paid(12_345_678, note="Thiruvananthapuram " * 6)
    page = shop.tab("/withdraw")
    withdraw(page, "9876543")
    says(page, "Paid to your bank account")
    watched = page.url.removeprefix(stack.merchant_url)
    page.goto(stack.merchant_url + "/settlements")
    plan(page, "100")
    says(page, "at 06:00")
    make_due(stack, shop)
    link = page.get_by_test_id("transaction").get_by_role("link")
    settled = link.get_attribute("href", timeout=PATIENCE_MILLISECONDS)
    pages = [shop.tab(path) for path in ("/withdraw", watched, "/settlements", settled or "")]
    pages += [empty.tab(path) for path in ("/withdraw", "/settlements")]

    for one in pages:
        expect(one.locator("[aria-busy=true]:visible")).to_have_count(0)
        one.wait_for_load_state("networkidle")
        one.emulate_media(reduced_motion="reduce")
        one.evaluate(_AXE)
        for scheme in ("light", "dark"):
            for width, height in ((390, 844), (1280, 800)):
                one.set_viewport_size({"width": width, "height": height})
                one.emulate_media(color_scheme=scheme)
                found = one.evaluate("rules => axe.run(document, rules)", _RULES)
                assert [
                    (one.url, scheme, width, each["id"], [node["html"][:200] for node in each["nodes"]])
                    for each in found["violations"]
                ] == []
                assert one.evaluate("document.documentElement.scrollWidth") <= width
