"""Whatever is pressed twice, left, lost or killed on the way: money is sent once, and the page says what is true."""

from __future__ import annotations

import uuid
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.sending_page import (
    PAGE,
    Friend,
    amount_of,
    choose,
    confirm_button,
    has,
    is_done,
    known_as,
    look,
    says,
    send_button,
    sent_by,
)
from tests.e2e.stack import Stack, wait_for
from tests.e2e.wallet_page import PATIENCE_MILLISECONDS, Visitor, shows_balance

Visitors = Callable[..., Visitor]
_TWENTY_TIMES = "button => { for (let i = 0; i < 20; i++) button.click() }"

# The line breaks at a moment that the story chooses, in one direction or in both, and comes back when it says so.
_BREAK_THE_LINE = """
const Real = WebSocket, sockets = [];
let isAway = false;
window.WebSocket = class extends Real {
  constructor(address, ...others) { super(isAway ? "ws://localhost:1" : address, ...others); sockets.push(this); }
};
window.loseTheLine = () => { isAway = true; for (const one of sockets) one.close(); };
window.findTheLine = () => { isAway = false; };
window.loseTheAnswers = () => { for (const one of sockets) one.onmessage = () => {}; };
"""


@pytest.fixture
def asha(stack: Stack, visitors: Visitors) -> Friend:
    asha = known_as(stack, visitors(), "Asha", f"Rao{uuid.uuid4().hex[:6]}")
    asha.visitor.context.add_init_script(_BREAK_THE_LINE)
    has(stack, asha, 5_000)
    return asha


@pytest.fixture
def ravi(stack: Stack, visitors: Visitors) -> Friend:
    return known_as(stack, visitors("Ravi"), f"Ravi{uuid.uuid4().hex[:6]}", "Kumar")


@pytest.fixture
def page(asha: Friend, ravi: Friend) -> Page:
    """Ravi is chosen."""
    page = asha.visitor.tab(PAGE)
    choose(page, ravi)
    return page


def test_twenty_fast_clicks_send_once(stack: Stack, asha: Friend, page: Page) -> None:
    amount_of(page).fill("300")
    send_button(page).evaluate(_TWENTY_TIMES)
    expect(confirm_button(page)).to_be_visible(timeout=PATIENCE_MILLISECONDS)
    confirm_button(page).evaluate(_TWENTY_TIMES)
    is_done(page)
    page.wait_for_timeout(1_000)

    assert sent_by(stack, asha) == [(300_00, None)]
    expect(page.get_by_role("heading", name="Sent", exact=True)).to_be_visible()


def test_two_tabs_of_one_address_send_once_and_both_say_so(stack: Stack, asha: Friend, page: Page) -> None:
    other = asha.visitor.context.new_page()
    other.goto(page.url)
    look(page, "300", "from the first")
    look(other, "300", "from the second")

    for tab in (page, other):
        confirm_button(tab).evaluate(_TWENTY_TIMES)
    for tab in (page, other):
        is_done(tab)
        shows_balance(tab, "₹4,700.00")

    assert len(sent_by(stack, asha)) == 1


def test_another_amount_from_the_second_tab_is_not_sent_and_the_first_is_told(
    stack: Stack, asha: Friend, page: Page
) -> None:
    other = asha.visitor.context.new_page()
    other.goto(page.url)
    look(page, "300")
    look(other, "200")
    confirm_button(page).click()
    is_done(page)

    confirm_button(other).click()
    is_done(other)
    says(other, "This was sent already, and was not sent again.")
    says(other, "₹300.00")

    assert sent_by(stack, asha) == [(300_00, None)]


def test_going_back_shows_what_was_sent_and_offers_nothing_to_press(
    stack: Stack, asha: Friend, page: Page
) -> None:
    look(page, "300")
    confirm_button(page).click()
    is_done(page)

    for leave in ("View receipt", "Done"):
        page.get_by_role("link", name=leave).click()
        expect(page.get_by_role("heading", name="Sent", exact=True)).to_have_count(0)
        page.go_back()
        is_done(page)
        expect(confirm_button(page)).to_have_count(0)
        expect(send_button(page)).to_be_hidden()
    page.reload()
    is_done(page)
    again = asha.visitor.context.new_page()
    again.goto(page.url)
    is_done(again)

    assert sent_by(stack, asha) == [(300_00, None)]


def test_the_line_breaks_before_confirm_and_the_look_is_still_there(
    stack: Stack, asha: Friend, page: Page
) -> None:
    look(page, "300")
    page.evaluate("loseTheLine()")
    confirm_button(page).evaluate(_TWENTY_TIMES)
    page.wait_for_timeout(500)
    assert sent_by(stack, asha) == []

    page.evaluate("findTheLine()")
    is_done(page)

    assert sent_by(stack, asha) == [(300_00, None)]
    _forgive(asha)


def test_the_line_breaks_after_confirm_and_the_page_learns_that_it_was_sent(
    stack: Stack, asha: Friend, page: Page
) -> None:
    look(page, "300")
    page.evaluate("loseTheAnswers()")
    confirm_button(page).click()
    wait_for(lambda: len(sent_by(stack, asha)) == 1, "it to be sent")
    page.evaluate("loseTheLine()")
    page.wait_for_timeout(300)
    page.evaluate("findTheLine()")

    is_done(page)
    assert sent_by(stack, asha) == [(300_00, None)]
    _forgive(asha)


def test_the_app_is_killed_before_confirm_arrives_and_it_is_shown_once_more(
    stack: Stack, asha: Friend, ravi: Friend, page: Page
) -> None:
    look(page, "300", "rent")
    page.evaluate("loseTheLine()")
    stack.kill("user_app")
    stack.wait_until_ready()
    confirm_button(page).evaluate(_TWENTY_TIMES)
    page.evaluate("findTheLine()")

    if not stack.is_fleet:
        says(page, "Nothing has left your wallet; please look once more and confirm.")
        assert sent_by(stack, asha) == []
        for words in ("₹300.00", "rent", ravi.name):
            says(page, words)
        confirm_button(page).click()
    is_done(page)

    assert sent_by(stack, asha) == [(300_00, "rent")]
    _forgive(asha)


def test_the_app_is_killed_after_the_commit_and_the_page_says_what_was_sent(
    stack: Stack, asha: Friend, page: Page
) -> None:
    look(page, "300", "rent")
    page.evaluate("loseTheAnswers()")
    confirm_button(page).click()
    wait_for(lambda: len(sent_by(stack, asha)) == 1, "it to be sent")
    stack.kill("user_app")
    stack.wait_until_ready()

    is_done(page)
    says(page, "rent")
    assert sent_by(stack, asha) == [(300_00, "rent")]
    _forgive(asha)


def test_the_app_is_killed_in_the_middle_of_a_look_and_says_that_nothing_was_sent(
    stack: Stack, asha: Friend, ravi: Friend, page: Page
) -> None:
    look(page, "300")
    stack.kill("user_app")
    stack.wait_until_ready()

    if not stack.is_fleet:
        says(page, "Nothing has been sent here yet.")
        says(page, ravi.name)
        look(page, "300")
    confirm_button(page).click()
    is_done(page)

    assert sent_by(stack, asha) == [(300_00, None)]
    _forgive(asha)


def test_the_app_is_killed_at_some_moment_of_many_confirmations_and_none_is_doubled(
    stack: Stack, asha: Friend, ravi: Friend
) -> None:
    for number in range(6):
        page = asha.visitor.tab(f"{PAGE}?to={ravi.who.owner_id}")
        look(page, str(100 + number))
        confirm_button(page).evaluate(_TWENTY_TIMES)
        page.wait_for_timeout(number * 15)
        stack.kill("user_app")
        stack.wait_until_ready()
        settled = page.get_by_role("heading", name="Sent", exact=True).or_(page.get_by_text("Nothing has"))
        if stack.is_fleet:
            settled = settled.or_(confirm_button(page))
        expect(settled.first).to_be_visible(timeout=PATIENCE_MILLISECONDS)
        if amount_of(page).is_visible() and not confirm_button(page).is_visible():
            look(page, str(100 + number))
        if confirm_button(page).is_visible():
            confirm_button(page).click()
        is_done(page)
        page.close()

    assert sent_by(stack, asha) == [((100 + number) * 10**2, None) for number in range(6)]
    assert stack.verify()["ok"] is True
    _forgive(asha)


def test_the_books_are_away_and_the_page_does_not_pretend_to_know(
    stack: Stack, asha: Friend, page: Page
) -> None:
    look(page, "300")
    stack.kill_database()
    confirm_button(page).click()

    # Sent at once where they are back soon enough; else found out, and confirmed once more.
    sent = page.get_by_role("heading", name="Sent", exact=True)
    expect(sent.or_(page.get_by_text("Nothing has left your wallet"))).to_be_visible(timeout=60_000)
    stack.wait_until_ready()
    if confirm_button(page).is_visible():
        assert sent_by(stack, asha) == []
        confirm_button(page).click()
    is_done(page)

    assert sent_by(stack, asha) == [(300_00, None)]
    _forgive(asha)


def _forgive(asha: Friend) -> None:
    """What a browser notes about a server that was away."""
    asha.visitor.may_complain_of("Content Security Policy", "WebSocket", "ERR_CONNECTION", "503")
