"""A person takes money out in a browser: confirmed, watched, paid; or told honestly why not, or why not yet."""

from __future__ import annotations

import re
from collections.abc import Callable, Generator
from datetime import datetime

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.e2e.stack import Person, Stack, wait_for
from tests.e2e.tab import Someone, give, signed_up
from tests.e2e.wallet_page import (
    PATIENCE_MILLISECONDS,
    Visitor,
    add_money,
    balance,
    decide,
    history,
    problem_of,
    shows_balance,
    withdraw_button,
    withdrawing,
)

Visitors = Callable[..., Visitor]
ACCOUNT, IFSC = "123456789012", "HDFC0001234"
NO_ACCOUNT_NUMBERS = (
    "",
    "12345678",
    "1" * 19,
    "12345678x",
    "１２３４５６７８９０",  # noqa: RUF001 # full-width digits are what is tried here
    "१२३४५६७८९०",
    "123-456-789",
    "-123456789",
)
NO_IFSCS = (
    "",
    "HDFC",
    "HDFC1001234",
    "HDF00001234",
    "HDFC000123",
    "HDFC00012345",
    "HDFC0-01234",
    "\uff28DFC0001234",  # a full-width letter
)


@pytest.fixture(autouse=True)
def _banks_are_well(stack: Stack) -> Generator[None]:
    yield
    for bank in ("hdfc", "axis"):
        httpx.delete(f"{stack.bank_url}/{bank}/control/faults", timeout=20)


def breaks(stack: Stack, bank: str = "hdfc", **faults: object) -> None:
    answer = httpx.put(f"{stack.bank_url}/{bank}/control/faults", json=faults, timeout=20)
    assert answer.status_code == 200, answer.text


def somebody_with(visitors: Visitors, stack: Stack, rupees: int) -> tuple[Visitor, Page]:
    asha = visitors()
    asha.sign_up_elsewhere()
    [(user_id,)] = stack.rows("SELECT id FROM users WHERE email = %s", asha.email)
    give(stack, Someone(user_id, asha.email, asha.cookie()), rupees * 10**2)
    page = asha.tab()
    expect(balance(page)).not_to_have_text("₹0.00")
    return asha, page


def fill(page: Page, amount: str, *, account: str = ACCOUNT, ifsc: str = IFSC, bank: str = "hdfc") -> None:
    form = withdrawing(page)
    form.get_by_label("Amount", exact=True).fill(amount)
    form.get_by_label("Bank", exact=True).select_option(bank)
    form.get_by_label("Account number", exact=True).fill(account)
    form.get_by_label("IFSC", exact=True).fill(ifsc)


def withdraw(page: Page, amount: str, *, bank: str = "hdfc") -> None:
    """As far as the page that follows it."""
    fill(page, amount, bank=bank)
    withdraw_button(page).click()
    confirm(page)


def confirm(page: Page) -> None:
    page.get_by_role("button", name=re.compile("^Confirm")).click()
    page.wait_for_url(re.compile(r"/withdrawal\?id="))


def says(page: Page, words: str) -> None:
    expect(page.get_by_role("main")).to_contain_text(words, timeout=PATIENCE_MILLISECONDS)


def withdrawals(asha: Visitor) -> list[tuple[str, str, int]]:
    """Id, status and paise of each, in their order."""
    rows = asha.stack.rows(
        "SELECT w.id::text, w.status, w.amount_paise FROM withdrawals w JOIN users u ON u.id = w.owner_id"
        " WHERE u.email = %s ORDER BY w.number",
        asha.email,
    )
    return [(row[0], row[1], row[2]) for row in rows]


def statuses(asha: Visitor) -> list[str]:
    return [status for _, status, _ in withdrawals(asha)]


def test_asha_looks_once_more_confirms_and_watches_it_being_paid(stack: Stack, visitors: Visitors) -> None:
    asha, page = somebody_with(visitors, stack, 5000)
    breaks(stack, latency_ms=[1500, 1500])

    fill(page, "1,250.50", ifsc="hdfc0001234")
    withdraw_button(page).click()
    once_more = page.get_by_role("main")
    expect(page.get_by_role("heading", name="Is this right?")).to_be_focused(timeout=PATIENCE_MILLISECONDS)
    for words in ("₹1,250.50", "One thousand two hundred fifty", "1234 5678 9012", IFSC, "₹3,749.50"):
        expect(once_more).to_contain_text(words)
    registered = httpx.post(
        f"{stack.bank_url}/hdfc/api/accounts/verify",
        json={"account_number": ACCOUNT, "ifsc": IFSC},
        headers={"Authorization": f"Bearer {stack.secrets['HDFC_BANK_API_KEY']}"},
        timeout=20,
    ).json()["registered_name"]
    expect(once_more).to_contain_text(registered)
    assert withdrawals(asha) == []
    confirm(page)
    says(page, "on its way")
    assert (asha.balance_paise(), statuses(asha)) == (3_749_50, ["sending"])
    says(page, "Paid to your bank account")

    [(reference, status, paise)] = withdrawals(asha)
    [(utr,)] = stack.rows("SELECT utr FROM withdrawals WHERE id = %s", reference)
    expect(page.get_by_role("main")).to_contain_text(utr)
    assert (status, paise) == ("paid", 1_250_50)
    page.goto(stack.user_url + "/transfer")
    shows_balance(page, "₹3,749.50")
    expect(page.get_by_test_id("locked")).to_have_text("₹0.00")
    expect(history(page)).to_have_count(1)
    expect(history(page)).to_contain_text("-₹1,250.50")
    assert stack.verify()["ok"] is True


def test_twenty_fast_clicks_take_the_money_out_once(stack: Stack, visitors: Visitors) -> None:
    asha, page = somebody_with(visitors, stack, 1000)

    fill(page, "300")
    withdraw_button(page).evaluate("button => { for (let i = 0; i < 20; i++) button.click() }")
    button = page.get_by_role("button", name=re.compile("^Confirm"))
    expect(button).to_be_visible(timeout=PATIENCE_MILLISECONDS)
    button.evaluate("button => { for (let i = 0; i < 20; i++) button.click() }")
    page.wait_for_url(re.compile(r"/withdrawal\?id="))
    says(page, "Paid to your bank account")

    page.wait_for_timeout(1_000)
    assert [(status, paise) for _, status, paise in withdrawals(asha)] == [("paid", 300_00)]
    assert asha.balance_paise() == 700_00


def test_twenty_withdrawals_from_four_tabs_go_out_one_by_one_and_never_above_the_balance(
    stack: Stack, visitors: Visitors
) -> None:
    asha, first = somebody_with(visitors, stack, 1000)
    breaks(stack, latency_ms=[100, 200])
    tabs = [first, *(asha.tab() for _ in range(3))]
    friend = Person(stack, "Ravi")

    for _ in range(5):
        for page in tabs:
            fill(page, "90")
            withdraw_button(page).click()
        for page in tabs:
            expect(page.get_by_text(re.compile("Is this right|not enough money"))).to_be_visible()
        for page in tabs:
            button = page.get_by_role("button", name=re.compile("^Confirm"))
            if button.is_visible():
                button.click()
        for page in tabs:
            expect(page.get_by_text(re.compile("To your bank|not enough money")).first).to_be_visible()
            page.goto(stack.user_url + "/transfer")
            expect(balance(page)).to_be_visible()
    spent = asha.context.request.get(stack.user_url + "/transfer")
    assert spent.status == 200
    wait_for(lambda: set(statuses(asha)) == {"paid"}, "all of them to be paid", seconds=60)

    assert [paise for *_, paise in withdrawals(asha)] == [90_00] * 11
    assert asha.balance_paise() == 10_00
    assert friend.balance() == 0
    calls = stack.rows(
        "SELECT a.began_at, a.began_at + make_interval(secs => a.latency_ms / 1000.0), w.number"
        " FROM withdrawal_attempts a JOIN withdrawals w ON w.id = a.withdrawal_id JOIN users u ON u.id = w.owner_id"
        " WHERE u.email = %s ORDER BY a.began_at",
        asha.email,
    )
    assert [number for *_, number in calls] == sorted(number for *_, number in calls)
    ends: list[datetime] = [end for _, end, _ in calls]
    begins: list[datetime] = [begin for begin, *_ in calls]
    assert [begin for end, begin in zip(ends, begins[1:], strict=False) if begin < end] == []
    assert stack.verify()["ok"] is True


def test_while_one_is_under_way_the_next_waits_and_can_be_cancelled(stack: Stack, visitors: Visitors) -> None:
    asha, page = somebody_with(visitors, stack, 1000)
    breaks(stack, latency_ms=[4000, 4000])

    withdraw(page, "400")
    other = asha.tab()
    expect(balance(other)).to_be_visible()
    withdraw(other, "500")
    says(other, "1 of yours is before it")
    assert asha.balance_paise() == 100_00
    expect(page.get_by_role("button", name="Cancel, and keep the money")).to_have_count(0)
    other.get_by_role("button", name="Cancel, and keep the money").click()
    says(other, "You cancelled it")
    says(other, "₹500.00 came back to your wallet")

    assert asha.balance_paise() == 600_00
    says(page, "Paid to your bank account")
    assert statuses(asha) == ["paid", "cancelled"]


def test_a_bank_that_is_down_is_asked_until_it_answers_and_the_page_follows(
    stack: Stack, visitors: Visitors
) -> None:
    asha, page = somebody_with(visitors, stack, 1000)
    breaks(stack, "axis", down=True)

    withdraw(page, "400", bank="axis")
    says(page, "Your bank has not answered yet")
    says(page, "Your money is safe")
    says(page, "We ask again at")
    assert (asha.balance_paise(), statuses(asha)) == (600_00, ["unknown"])
    breaks(stack, "axis")

    says(page, "Paid to your bank account")
    says(page, "no clear answer")
    assert statuses(asha) == ["paid"]


def test_a_bank_that_refuses_is_quoted_and_the_money_is_back(stack: Stack, visitors: Visitors) -> None:
    asha, page = somebody_with(visitors, stack, 1000)
    breaks(stack, fail_rate=1)

    withdraw(page, "400")

    says(page, "It was not paid")
    says(page, "₹400.00 came back to your wallet")
    [(reason,)] = stack.rows("SELECT reason FROM withdrawals WHERE id = %s", withdrawals(asha)[0][0])
    says(page, reason)
    assert asha.balance_paise() == 1000_00


def test_what_the_bank_takes_back_the_next_day_is_told_on_the_open_page(
    stack: Stack, visitors: Visitors
) -> None:
    asha, page = somebody_with(visitors, stack, 1000)
    breaks(stack, reversal_rate=1, reversal_after_ms=2500)

    withdraw(page, "400")
    says(page, "Paid to your bank account")
    says(page, "Your bank sent it back")

    says(page, "₹400.00 came back to your wallet")
    assert (asha.balance_paise(), statuses(asha)) == (1000_00, ["reversed"])


@pytest.mark.parametrize(
    ("field", "wrong"),
    [("Account number", NO_ACCOUNT_NUMBERS), ("IFSC", NO_IFSCS), ("Amount", ("", "0", "1,00", "501"))],
)
def test_what_is_wrong_is_told_at_its_field_and_nothing_moves(
    stack: Stack, visitors: Visitors, field: str, wrong: tuple[str, ...]
) -> None:
    asha, page = somebody_with(visitors, stack, 500)
    fill(page, "100")
    box = withdrawing(page).get_by_label(field, exact=True)
    right = box.input_value()

    for text in wrong:
        box.fill(text)
        withdraw_button(page).click()
        wait_for(lambda: problem_of(box) != "", f"{text!r} to be refused", seconds=5)
        box.fill(right)
        withdrawing(page).get_by_label("Account number", exact=True).click()

    assert withdrawals(asha) == []
    assert asha.balance_paise() == 500_00


def test_a_used_account_is_offered_again_and_removed_in_the_settings(
    stack: Stack, visitors: Visitors
) -> None:
    asha, page = somebody_with(visitors, stack, 500)
    withdraw(page, "100")
    says(page, "Paid to your bank account")

    page.goto(stack.user_url + "/transfer")
    page.get_by_role("button", name=re.compile("HDFC Bank ••••9012")).click()
    expect(withdrawing(page).get_by_label("IFSC", exact=True)).to_have_count(0)
    withdrawing(page).get_by_label("Amount", exact=True).fill("150")
    withdraw_button(page).click()
    confirm(page)
    says(page, "Paid to your bank account")
    accounts = stack.rows(
        "SELECT account_number, ifsc FROM withdrawals WHERE id = %s", withdrawals(asha)[1][0]
    )
    assert accounts == [(ACCOUNT, IFSC)]

    page.goto(stack.user_url + "/settings")
    page.get_by_role("button", name=re.compile("Remove HDFC Bank ••••9012")).click()
    expect(page.get_by_role("main")).to_contain_text(
        "No bank account is saved", timeout=PATIENCE_MILLISECONDS
    )
    page.goto(stack.user_url + "/transfer")
    expect(balance(page)).to_be_visible()
    expect(page.get_by_role("button", name=re.compile("HDFC Bank ••••9012"))).to_have_count(0)


def test_another_persons_withdrawal_is_as_if_it_had_never_been(stack: Stack, visitors: Visitors) -> None:
    asha, page = somebody_with(visitors, stack, 500)
    breaks(stack, latency_ms=[3000, 3000])
    withdraw(page, "100")
    other = asha.tab()
    expect(balance(other)).to_be_visible()
    withdraw(other, "200")
    theirs = withdrawals(asha)[1][0]
    mallory = visitors("Mallory")
    mallory.sign_up_elsewhere()

    for wanted in (theirs, "nothing", ""):
        answer = mallory.context.request.get(f"{stack.user_url}/withdrawal?id={wanted}", max_redirects=0)
        assert answer.status == 404
        assert "₹200" not in answer.text()
    stranger = httpx.get(f"{stack.user_url}/withdrawal?id={theirs}")
    assert stranger.headers["location"] == f"/login?next=/withdrawal%3Fid%3D{theirs}"
    assert statuses(asha)[1] in {"queued", "sending"}


def test_held_money_cannot_be_sent_to_a_friend(stack: Stack, visitors: Visitors) -> None:
    asha, page = somebody_with(visitors, stack, 500)
    breaks(stack, latency_ms=[3000, 3000])
    friend = Person(stack, "Ravi")
    token = httpx.post(
        f"{stack.user_url}/api/v1/user/signin",
        json={"username": asha.email, "password": "correct horse"},
        timeout=20,
    ).json()["token"]
    [(friend_id,)] = stack.rows("SELECT id::text FROM users WHERE email = %s", friend.email)

    withdraw(page, "450")
    answer = httpx.post(
        f"{stack.user_url}/api/v1/account/transfer",
        json={"to": friend_id, "amount": 51},
        headers={"Authorization": f"Bearer {token}"},
        timeout=20,
    )

    assert (answer.status_code, answer.json()) == (400, {"message": "Insufficient balance"})
    assert friend.balance() == 0
    says(page, "Paid to your bank account")


def test_while_our_books_do_not_add_up_nothing_leaves_and_the_page_says_so(
    stack: Stack, visitors: Visitors
) -> None:
    asha, page = somebody_with(visitors, stack, 500)
    somebody_else = signed_up(stack, "Ravi")
    ready = f"{stack.inside('withdraw_service')}/readyz"
    change = "UPDATE balances SET balance_paise = balance_paise + %s WHERE account_id = %s"

    stack.sql(change, 1, somebody_else.owner_id)
    try:
        wait_for(lambda: httpx.get(ready).status_code == 503, "the watch to notice")
        assert httpx.get(ready).json()["outgoing"] == "stopped"
        assert httpx.get(f"{stack.inside('user_app')}/readyz").json() == {
            "status": "ready",
            "outgoing": "stopped",
        }
        page.reload()
        says(page, "Withdrawals are stopped for a moment while we check our books")
        fill(page, "100")
        withdraw_button(page).click()
        page.get_by_role("button", name=re.compile("^Confirm")).click()
        says(page, "Your money is safe; nothing has moved")
        assert withdrawals(asha) == []
        add_money(page, "250")
        decide(page, "Approve")
        wait_for(lambda: asha.balance_paise() == 750_00, "money to come in all the same")
    finally:
        stack.sql(change, -1, somebody_else.owner_id)
    wait_for(lambda: httpx.get(ready).status_code == 200, "the watch to agree again")

    page.goto(stack.user_url + "/transfer")
    shows_balance(page, "₹750.00")
    withdraw(page, "100")
    says(page, "Paid to your bank account")
    assert stack.verify()["ok"] is True
