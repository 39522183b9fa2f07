"""A person reads what happened to their money: by day, filtered, searched, page after page, as a receipt, as a file."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import httpx
import psycopg
import pytest
from playwright.sync_api import Page, expect

from money.times import kolkata_day, long_day
from tests.e2e.stack import Stack
from tests.e2e.tab import PASSWORD, Someone, give, post_gift, signed_up, tell
from tests.e2e.wallet_page import PATIENCE_MILLISECONDS, Visitor, history

Visitors = Callable[..., Visitor]
API = "/api/v1/account"


class Sender:
    """Somebody who is signed in, in a browser and by token, and sends money to a friend."""

    def __init__(self, stack: Stack, visitor: Visitor, *, rupees: int) -> None:
        visitor.sign_up_elsewhere()
        [(user_id,)] = stack.rows("SELECT id FROM users WHERE email = %s", visitor.email)
        self.visitor = visitor
        self.who = Someone(user_id, visitor.email, visitor.cookie())
        self.stack = stack
        give(stack, self.who, rupees * 10**2)
        answer = httpx.post(
            f"{stack.user_url}/api/v1/user/signin",
            json={"username": visitor.email, "password": "correct horse"},
            timeout=20,
        )
        self.headers = {"Authorization": f"Bearer {answer.json()['token']}"}
        self.friend = signed_up(stack, "Ravi")

    def sends(self, amount: float, note: str = "") -> str:
        answer = httpx.post(
            f"{self.stack.user_url}{API}/transfer",
            json={"to": str(self.friend.owner_id), "amount": amount, **({"note": note} if note else {})},
            headers=self.headers,
            timeout=20,
        )
        assert answer.status_code == 200, answer.text
        return answer.json()["id"]

    def opens(self, path: str = "/transactions") -> Page:
        page = self.visitor.tab(path)
        expect(history(page).first).to_be_visible(timeout=PATIENCE_MILLISECONDS)
        return page


def shows_rows(page: Page, count: int) -> None:
    expect(history(page)).to_have_count(count, timeout=PATIENCE_MILLISECONDS)


def choose(page: Page, **fields: str) -> None:
    labels = {"words": "Search", "type": "Type", "result": "Status", "since": "Since", "until": "Until"}
    for name, value in fields.items():
        field = page.get_by_label(labels[name], exact=True)
        if name in {"type", "result"}:
            field.select_option(value)
        else:
            field.fill(value)
    page.get_by_role("button", name="Show", exact=True).click()


def test_the_newest_stands_first_under_its_day_with_the_balance_after_it(
    stack: Stack, visitors: Visitors
) -> None:
    asha = Sender(stack, visitors(), rupees=500)
    asha.sends(120.5, "for chai")

    page = asha.opens()

    shows_rows(page, 2)
    expect(page.get_by_role("heading", name=long_day(datetime.now(UTC)))).to_have_count(1)
    for words in ("Ravi Rao", "-₹120.50", "for chai", "Balance ₹379.50"):
        expect(history(page).first).to_contain_text(words)
    expect(history(page).nth(1)).to_contain_text("+₹500.00")


def test_what_happens_now_appears_by_itself(stack: Stack, visitors: Visitors) -> None:
    asha = Sender(stack, visitors(), rupees=500)
    page = asha.opens()
    shows_rows(page, 1)

    asha.sends(7)

    shows_rows(page, 2)
    expect(history(page).first).to_contain_text("-₹7.00")


def test_whoever_scrolls_down_reads_on_to_the_very_first(stack: Stack, visitors: Visitors) -> None:
    asha = Sender(stack, visitors(), rupees=1)
    with psycopg.connect(stack.database_url) as connection:
        for _ in range(64):
            post_gift(connection, asha.who, 1_00)
    tell(stack, asha.who)
    page = asha.opens()
    shows_rows(page, 20)

    for count in (40, 60, 65):
        history(page).last.scroll_into_view_if_needed()
        page.mouse.wheel(0, 5_000)
        shows_rows(page, count)

    expect(page.get_by_role("button", name="Show more")).to_have_count(0)
    balances = [text.rpartition("₹")[2] for text in history(page).all_inner_texts()]
    assert len(set(balances)) == len(balances), "no row twice, none left out"


def test_searched_and_filtered_rows_are_those_that_match(stack: Stack, visitors: Visitors) -> None:
    asha = Sender(stack, visitors(), rupees=500)
    for rupees in range(1, 6):
        asha.sends(rupees, f"chai {rupees}")
    page = asha.opens()
    shows_rows(page, 6)
    today = kolkata_day(datetime.now(UTC))

    choose(page, words="CHAI 3")
    shows_rows(page, 1)
    choose(page, words="%")
    shows_rows(page, 0)
    choose(page, words="", type="promotion")
    shows_rows(page, 1)
    choose(page, type="transfer")
    shows_rows(page, 5)
    choose(page, type="", result="refused")
    shows_rows(page, 0)
    expect(page.get_by_role("heading", name="Nothing here")).to_be_visible()
    choose(page, result="", since=today.isoformat(), until=today.isoformat())
    shows_rows(page, 6)
    choose(page, since="", until=(today - timedelta(days=1)).isoformat())
    shows_rows(page, 0)


def test_on_a_phone_the_filter_is_folded_away_and_says_how_much_of_it_is_in_use(
    stack: Stack, visitors: Visitors
) -> None:
    asha = Sender(stack, visitors(), rupees=500)
    asha.sends(1)
    page = asha.opens()
    fold = page.get_by_role("button", name="Filter")
    expect(fold).to_have_count(0)  # on a desktop all of it is there
    page.set_viewport_size({"width": 390, "height": 844})
    until, today = page.get_by_label("Until", exact=True), kolkata_day(datetime.now(UTC)).isoformat()
    expect(until).to_be_hidden()
    assert history(page).first.bounding_box()["y"] < 844, "something of the list is on the first screen"

    fold.press("Enter")
    expect(fold).to_have_attribute("aria-expanded", "true")
    choose(page, type="promotion", since=today)

    shows_rows(page, 1)
    expect(fold).to_have_attribute("aria-expanded", "false")
    expect(fold).to_have_accessible_name("Filter 2 chosen")
    expect(until).to_be_hidden()
    page.get_by_role("button", name="CSV or PDF").click()
    expect(page.get_by_role("button", name="Download CSV")).to_be_visible()
    fold.click()
    expect(page.get_by_role("button", name="Download CSV")).to_be_hidden()  # one of the two at a time


def test_the_file_holds_what_was_chosen_and_no_formula(stack: Stack, visitors: Visitors) -> None:
    asha = Sender(stack, visitors(), rupees=500)
    for note in ("=HYPERLINK(1)", "+1", "-1", "@sum", "plain", "last"):
        asha.sends(1, note)
    page = asha.opens()
    choose(page, type="transfer")
    shows_rows(page, 6)

    button = page.get_by_role("button", name="Download CSV")
    with page.expect_download():
        button.click()
    with page.expect_download() as download:
        button.click()
    rows = list(csv.reader(io.StringIO(download.value.path().read_text(encoding="utf-8-sig"))))

    notes = [row[3] for row in rows[1:]]
    assert notes == ["last", "plain", "'@sum", "'-1", "'+1", "'=HYPERLINK(1)"]
    assert [row[4] for row in rows[1:]] == ["-1.00"] * 6
    assert rows[1][5] == "494.00"
    # The page is as alive as before.
    choose(page, type="promotion")
    shows_rows(page, 1)


def test_a_receipt_has_both_sides_and_each_sees_their_own(stack: Stack, visitors: Visitors) -> None:
    asha = Sender(stack, visitors(), rupees=500)
    sent = asha.sends(120.5, "for chai")
    page = asha.opens()
    history(page).first.get_by_role("link").click()
    page.wait_for_url(f"{stack.user_url}/transactions/{sent}")

    expect(page.get_by_test_id("status")).to_have_text("Done")
    main = page.get_by_role("main")
    for words in (
        "-₹120.50",
        "One hundred twenty rupees and fifty paise",
        "Asha Rao",
        "Ravi Rao",
        "IST",
        "for chai",
        sent,
    ):
        expect(main).to_contain_text(words)
    page.reload()
    expect(page.get_by_test_id("status")).to_have_text("Done")

    ravi = visitors("Ravi", email=asha.friend.email)
    ravi.log_in_elsewhere(PASSWORD)
    theirs = ravi.tab(f"/transactions/{sent}")
    expect(theirs.get_by_role("main")).to_contain_text("+₹120.50", timeout=PATIENCE_MILLISECONDS)


def test_another_persons_receipt_and_file_are_nobodys(stack: Stack, visitors: Visitors) -> None:
    asha = Sender(stack, visitors(), rupees=500)
    sent = asha.sends(120.5)
    mallory = visitors("Mallory")
    mallory.sign_up_elsewhere()

    for wanted in (sent, "nothing", "../transfer", "%00", "'; DROP TABLE users; --"):
        answer = mallory.context.request.get(f"{stack.user_url}/transactions/{wanted}", max_redirects=0)
        assert answer.status in {200, 303, 400, 404}
        assert "120.50" not in answer.text()
        assert answer.status == 404 or wanted != sent
    file = mallory.context.request.get(f"{stack.user_url}/files/transactions.csv")
    assert file.text().count("\n") == 1
    stranger = httpx.get(f"{stack.user_url}/transactions/{sent}")
    assert (stranger.status_code, stranger.headers["location"]) == (303, f"/login?next=/transactions/{sent}")
    file = httpx.get(f"{stack.user_url}/files/transactions.csv")
    assert (file.status_code, file.headers["location"]) == (303, "/login?next=/transactions")


@pytest.mark.parametrize(
    "wrong", ["type=robbery", "since=yesterday", "extra=1", "result=%00", "until=2026-02-30"]
)
def test_a_file_of_no_such_part_is_refused(stack: Stack, visitors: Visitors, wrong: str) -> None:
    asha = visitors()
    asha.sign_up_elsewhere()

    answer = asha.context.request.get(f"{stack.user_url}/files/transactions.csv?{wrong}")

    assert answer.status == 422
    assert re.fullmatch(r"[A-Za-z ]+\.", answer.text())
