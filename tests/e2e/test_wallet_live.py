"""The open pages follow the books by themselves, whatever goes away and comes back meanwhile."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.stack import Stack, decide_at_bank, wait_for
from tests.e2e.wallet_page import (
    PATIENCE_MILLISECONDS,
    Visitor,
    add_money,
    add_money_button,
    amount_field,
    balance,
    decide,
    history,
    shows_balance,
    was_shown,
)

Visitors = Callable[..., Visitor]

# A word written into the page's script memory is gone after any reload.
_MARK = "window.notReloaded = true"
_IS_MARKED = "window.notReloaded === true"

# A browser that is told to be offline keeps the sockets it has.
_KEEP_SOCKETS = """
window.sockets = [];
window.WebSocket = class extends WebSocket {
  constructor(...given) { super(...given); window.sockets.push(this); }
};
"""


@pytest.fixture
def asha(visitors: Visitors) -> Visitor:
    """Signed in, without a page."""
    asha = visitors()
    asha.sign_up_elsewhere()
    return asha


def test_both_tabs_show_the_money_and_another_persons_tab_shows_nothing_of_it(
    stack: Stack, visitors: Visitors, asha: Visitor
) -> None:
    ravi = visitors("Ravi")
    ravi.sign_up_elsewhere()
    ravi.records()
    first, second, of_ravi = (_open(one) for one in (asha, asha, ravi))

    add_money(asha.tab(), "500")
    for page in (first, second):
        expect(history(page)).to_have_count(1, timeout=PATIENCE_MILLISECONDS)
    _approve(stack, asha)

    for page in (first, second):
        shows_balance(page, "₹500.00")
        expect(history(page)).to_contain_text("+₹500.00")
        assert page.evaluate(_IS_MARKED), "without a reload"
    expect(balance(of_ravi)).to_have_text("₹0.00")
    expect(history(of_ravi)).to_have_count(0)
    assert "500.00" not in was_shown(of_ravi)


def test_the_webhook_server_is_down_and_the_open_return_page_waits_with_her(
    stack: Stack, asha: Visitor
) -> None:
    page = _open(asha)
    add_money(page, "500")
    stack.kill("webhook_server")
    stack.postman.mood = "refuse"

    decide(page, "Approve")
    result = page.get_by_role("main")
    expect(result).to_contain_text("has not", timeout=PATIENCE_MILLISECONDS)
    expect(result).to_contain_text(re.compile("safe", re.IGNORECASE))
    expect(result).to_contain_text(re.compile("do not pay again", re.IGNORECASE))
    page.evaluate(_MARK)
    assert asha.balance_paise() == 0
    stack.wait_until_ready()
    stack.postman.mood = "carry"

    expect(result).to_contain_text("Added", timeout=PATIENCE_MILLISECONDS)
    expect(result).not_to_contain_text("has not")
    assert page.evaluate(_IS_MARKED), "without a reload"
    assert asha.balance_paise() == 500_00


def test_she_declines_and_the_return_page_that_was_open_already_says_so(stack: Stack, asha: Visitor) -> None:
    page = _open(asha)
    add_money(page, "500")
    (payment, *_), *_ = asha.payments()
    waiting = asha.tab(f"/on-ramp?id={payment}")
    expect(waiting.get_by_role("main")).to_contain_text("has not")

    decide(page, "Decline")

    result = waiting.get_by_role("main")
    expect(result).to_contain_text("not added", timeout=PATIENCE_MILLISECONDS)
    expect(result).to_contain_text(re.compile("nothing (was taken|left)", re.IGNORECASE))


def test_the_web_app_is_killed_and_the_open_pages_show_what_arrived_meanwhile_and_what_comes_after(
    stack: Stack, asha: Visitor
) -> None:
    page = _open(asha)
    _start_elsewhere(asha)
    (payment, *_), *_ = asha.payments()
    waiting = asha.tab(f"/on-ramp?id={payment}")
    expect(waiting.get_by_role("main")).to_contain_text("has not")
    waiting.evaluate(_MARK)

    with stack.frozen("user_app"):
        # Nothing that the web app could have heard before it dies.
        _approve(stack, asha)
        wait_for(lambda: asha.balance_paise() == 500_00, "the money in the books")
        stack.kill("user_app")
    stack.wait_until_ready()

    shows_balance(page, "₹500.00")
    expect(history(page)).to_contain_text("+₹500.00")
    expect(waiting.get_by_role("main")).to_contain_text("Added", timeout=PATIENCE_MILLISECONDS)
    assert page.evaluate(_IS_MARKED), "without a reload"
    assert waiting.evaluate(_IS_MARKED), "without a reload"
    _start_elsewhere(asha)
    _approve(stack, asha)
    shows_balance(page, "₹1,000.00")
    asha.may_complain_of("WebSocket", "ERR_CONNECTION_REFUSED")


def test_the_web_app_dies_while_it_asks_the_bank_and_the_button_can_be_pressed_again(
    stack: Stack, asha: Visitor
) -> None:
    page = _open(asha)

    with stack.frozen("dummy_bank"):
        amount_field(page).fill("500")
        add_money_button(page).click()
        expect(add_money_button(page)).to_be_disabled()
        stack.kill("user_app")
        expect(add_money_button(page)).to_be_enabled(timeout=PATIENCE_MILLISECONDS)
    stack.wait_until_ready()
    add_money(page, "700")
    decide(page, "Approve")
    page.goto(stack.user_url + "/transfer")

    shows_balance(page, "₹700.00")
    asha.may_complain_of("WebSocket", "ERR_CONNECTION_REFUSED")


def test_the_line_is_lost_and_comes_back_and_the_page_is_painted_anew(stack: Stack, asha: Visitor) -> None:
    asha.context.add_init_script(_KEEP_SOCKETS)
    page = _open(asha)
    _start_elsewhere(asha)
    cookie = asha.cookie()

    asha.context.set_offline(True)
    page.evaluate("window.sockets.forEach(socket => socket.close())")
    _approve(stack, asha)
    wait_for(lambda: asha.balance_paise() == 500_00, "the money in the books")
    page.wait_for_timeout(1_000)
    expect(balance(page)).to_have_text("₹0.00")
    asha.context.set_offline(False)

    shows_balance(page, "₹500.00")
    expect(history(page)).to_contain_text("+₹500.00")
    assert page.evaluate(_IS_MARKED), "without a reload"
    assert asha.cookie() == cookie
    asha.may_complain_of("WebSocket", "ERR_INTERNET_DISCONNECTED")


def test_the_database_is_killed_and_the_open_page_shows_what_arrives_after(
    stack: Stack, asha: Visitor
) -> None:
    page = _open(asha)
    _start_elsewhere(asha)

    stack.kill_database()
    stack.wait_until_ready()
    _approve(stack, asha)

    shows_balance(page, "₹500.00")
    assert page.evaluate(_IS_MARKED), "without a reload"


def test_a_word_says_that_money_has_arrived(stack: Stack, asha: Visitor) -> None:
    page = _open(asha)
    _start_elsewhere(asha)

    _approve(stack, asha)

    expect(page.get_by_role("status").get_by_text("₹500.00")).to_have_count(1, timeout=PATIENCE_MILLISECONDS)


def test_four_payments_arrive_together_and_the_page_ends_at_the_true_sum(stack: Stack, asha: Visitor) -> None:
    page = _open(asha)
    other = asha.tab()
    for _ in range(4):
        other.goto(stack.user_url + "/transfer")
        add_money(other, "10.01")

    for payment, *_ in asha.payments():
        decide_at_bank(stack, _started(stack, payment), "approve")

    shows_balance(page, "₹40.04")
    expect(history(page).get_by_text("+₹10.01")).to_have_count(4)


def _open(visitor: Visitor) -> Page:
    page = visitor.tab()
    shows_balance(page, "₹0.00")
    page.evaluate(_MARK)
    return page


def _start_elsewhere(asha: Visitor) -> None:
    """500 rupees, as far as the bank's page, in a tab that is closed again."""
    page = asha.tab()
    add_money(page, "500")
    page.close()


def _approve(stack: Stack, asha: Visitor) -> None:
    """The latest attempt, at the bank, by nobody's browser."""
    decide_at_bank(stack, _started(stack, asha.payments()[-1][0]), "approve")


def _started(stack: Stack, payment: str) -> dict[str, str]:
    [(bank, token)] = stack.rows("SELECT bank, token FROM on_ramps WHERE id = %s", payment)
    return {"id": payment, "bank": bank, "token": token}
