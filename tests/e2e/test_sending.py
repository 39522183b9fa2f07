"""A person sends money to another in a browser: found, looked at once more, confirmed, arrived; or told why not."""

from __future__ import annotations

import uuid
from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.sending_page import (
    PAGE,
    Friend,
    amount_of,
    confirm_button,
    has,
    is_done,
    known_as,
    look,
    note_of,
    says,
    send_button,
    sent_by,
    to_field,
)
from tests.e2e.stack import Stack, wait_for
from tests.e2e.wallet_page import PATIENCE_MILLISECONDS, Visitor, history, problem_of, shows_balance

Visitors = Callable[..., Visitor]
WRONG_AMOUNTS = ("", "0", "-5", "1.005", "1e3", "1,00", "९९", "abc", "9" * 24)


@pytest.fixture
def asha(stack: Stack, visitors: Visitors) -> Friend:
    asha = known_as(stack, visitors(), "Asha", f"Rao{uuid.uuid4().hex[:6]}")
    has(stack, asha, 5_000)
    return asha


@pytest.fixture
def ravi(stack: Stack, visitors: Visitors) -> Friend:
    return known_as(stack, visitors("Ravi"), f"Ravi{uuid.uuid4().hex[:6]}", "Kumar")


def test_asha_finds_ravi_sends_him_money_and_he_sees_from_whom(
    stack: Stack, asha: Friend, ravi: Friend
) -> None:
    of_ravi = ravi.visitor.tab("/transactions")
    expect(of_ravi.get_by_text("Nothing here")).to_be_visible(timeout=PATIENCE_MILLISECONDS)
    page = asha.visitor.tab(PAGE)

    to_field(page).press_sequentially(ravi.name[:8].lower())
    page.get_by_role("link", name=ravi.name).click()
    says(page, "Up to ₹1,00,000.00 at once, and ₹2,00,000.00 more today. You have ₹5,000.00.")
    look(page, "1,250.50", "  For the cinema  ")
    expect(page.get_by_role("heading", name="Is this right?")).to_be_focused()
    for words in (
        ravi.name,
        "r***@people.example",
        "₹1,250.50",
        "One thousand two hundred fifty",
        "₹3,749.50",
    ):
        says(page, words)
    says(page, "For the cinema")
    assert sent_by(stack, asha) == []
    expect(confirm_button(page)).to_have_text(f"Confirm, ₹1,250.50 to {ravi.name}")
    confirm_button(page).click()
    is_done(page)

    expect(of_ravi.get_by_text(f"₹1,250.50 from {asha.name}.")).to_be_visible(timeout=PATIENCE_MILLISECONDS)
    expect(history(of_ravi)).to_contain_text("For the cinema")
    assert sent_by(stack, asha) == [(1_250_50, "For the cinema")]
    shows_balance(page, "₹3,749.50")
    [(transfer,)] = stack.rows("SELECT id::text FROM transfers WHERE source_id = %s", asha.who.owner_id)
    for words in (f"To {ravi.name}", "IST", transfer):
        says(page, words)
    page.get_by_role("link", name="View receipt").click()
    page.wait_for_url(f"**/transactions/{transfer}")
    says(page, "For the cinema")
    page.get_by_role("link", name="Send again").click()
    says(page, ravi.name)
    look(page, "1250.50")
    says(page, "This would send it again.")
    assert stack.verify()["ok"] is True


def test_the_keyboard_alone_is_enough(stack: Stack, asha: Friend, ravi: Friend) -> None:
    page = asha.visitor.tab(PAGE)

    expect(to_field(page)).to_be_visible(timeout=PATIENCE_MILLISECONDS)
    _tab_until(page, "to")
    page.keyboard.type(ravi.name)
    page.keyboard.press("Enter")
    expect(amount_of(page)).to_be_visible(timeout=PATIENCE_MILLISECONDS)
    _tab_until(page, "amount")
    page.keyboard.type("75")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Is this right?")).to_be_focused(timeout=PATIENCE_MILLISECONDS)
    page.keyboard.press("Tab")
    expect(confirm_button(page)).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Sent", exact=True)).to_be_focused(timeout=PATIENCE_MILLISECONDS)

    assert sent_by(stack, asha) == [(75_00, None)]


def _tab_until(page: Page, name: str) -> None:
    for _ in range(30):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.name") == name:
            return
    raise AssertionError(f"no way to {name} by the keyboard")


def test_on_a_phone_with_fingers(stack: Stack, browser: Browser, asha: Friend, ravi: Friend) -> None:
    with browser.new_context(
        viewport={"width": 360, "height": 740},
        has_touch=True,
        is_mobile=True,
        storage_state=asha.visitor.context.storage_state(),
    ) as phone:
        page = phone.new_page()
        page.goto(stack.user_url + PAGE)
        to_field(page).fill(ravi.name)
        page.get_by_role("link", name=ravi.name).tap()
        page.get_by_role("button", name="₹500", exact=True).tap()
        expect(page.get_by_text("Five hundred rupees")).to_be_visible(timeout=PATIENCE_MILLISECONDS)
        expect(send_button(page)).to_be_in_viewport(ratio=1)
        send_button(page).tap()
        confirm_button(page).tap()
        is_done(page)

    assert sent_by(stack, asha) == [(500_00, None)]


def test_people_of_late_come_first_and_nobody_stands_there_twice(
    stack: Stack, asha: Friend, ravi: Friend
) -> None:
    page = asha.visitor.tab(f"{PAGE}?to={ravi.who.owner_id}")
    look(page, "10")
    confirm_button(page).click()
    is_done(page)

    for one, other in ((asha, ravi), (ravi, asha)):
        page = one.visitor.tab(PAGE)
        expect(page.get_by_role("heading", name="Recent")).to_be_visible(timeout=PATIENCE_MILLISECONDS)
        links = page.locator("main li a")
        expect(links.first).to_contain_text(other.name)
        expect(page.get_by_text(other.name)).to_have_count(1)
        expect(page.get_by_role("main").get_by_text(one.name)).to_have_count(0)


@pytest.mark.parametrize(
    "text", ["%", "_", ".*", "' OR 1=1 --", "<img src=x onerror=alert(1)>", "\u202eivaR"]
)
def test_signs_find_nobody_and_do_nothing(asha: Friend, ravi: Friend, text: str) -> None:
    page = asha.visitor.tab(PAGE)

    to_field(page).fill(ravi.name)
    says(page, ravi.name)
    to_field(page).fill(text)
    says(page, "Nobody is found")

    expect(page.get_by_role("main").get_by_text(ravi.name)).to_have_count(0)


def test_what_is_wrong_is_told_at_its_field_and_nothing_moves(
    stack: Stack, asha: Friend, ravi: Friend
) -> None:
    page = asha.visitor.tab(f"{PAGE}?to={ravi.who.owner_id}")
    for field, right, wrong in (
        (amount_of, "100", (*WRONG_AMOUNTS, "5000.01", "100000.01")),
        (note_of, "", ("\u202egnihton", "\u0007", "\ue000")),
    ):
        for text in wrong:
            amount_of(page).fill("100")
            # As a program would put it there: the browser itself stops at the longest text.
            field(page).fill(text)
            send_button(page).click()
            expect(field(page)).to_have_attribute("aria-invalid", "true", timeout=PATIENCE_MILLISECONDS)
            wait_for(lambda field=field: problem_of(field(page)) != "", f"words about {text!r}")
            field(page).fill(right)
            look(page, "100")
            page.get_by_role("button", name="Change something").click()
            expect(send_button(page)).to_be_visible()

    assert sent_by(stack, asha) == []


def test_limits_are_said_in_advance_and_hold(stack: Stack, asha: Friend, ravi: Friend) -> None:
    has(stack, asha, 5_00_000)
    page = asha.visitor.tab(f"{PAGE}?to={ravi.who.owner_id}")
    amount_of(page).fill("1,00,001")
    says(page, "above the limit for one payment. At most ₹1,00,000.00.")
    for left in ("₹1,00,000.00 more today", "₹0.00 more today"):
        look(page, "1,00,000")
        confirm_button(page).click()
        is_done(page)
        page.goto(f"{stack.user_url}{PAGE}?to={ravi.who.owner_id}")
        says(page, left)

    amount_of(page).fill("1")
    says(page, "more than you may send in one day")
    send_button(page).click()
    expect(amount_of(page)).to_have_attribute("aria-invalid", "true")

    assert sent_by(stack, asha) == [(1_00_000_00, None)] * 2


def test_what_went_elsewhere_meanwhile_is_refused_in_words_and_can_be_mended(
    stack: Stack, asha: Friend, ravi: Friend
) -> None:
    page, other = (asha.visitor.tab(f"{PAGE}?to={ravi.who.owner_id}") for _ in range(2))
    look(page, "4000", "rent")
    look(other, "4500")
    confirm_button(other).click()
    is_done(other)

    confirm_button(page).click()
    is_done(page, "It was not sent")
    says(page, "Nothing left your wallet.")
    says(page, "There is not enough money in your wallet.")
    says(page, "Add money to your wallet, or send less.")
    before = page.url
    page.get_by_role("button", name="Change something").click()
    expect(amount_of(page)).to_have_value("4,000")
    expect(note_of(page)).to_have_value("rent")
    look(page, "400")
    confirm_button(page).click()
    is_done(page)

    assert page.url != before
    assert sent_by(stack, asha) == [(4_500_00, None), (400_00, None)]


def test_a_frozen_wallet_is_told_so_and_sends_nothing(stack: Stack, asha: Friend, ravi: Friend) -> None:
    freeze = "UPDATE balances SET frozen_at = now() WHERE account_id = %s"
    page = asha.visitor.tab(f"{PAGE}?to={ravi.who.owner_id}")
    look(page, "100")
    stack.sql(freeze, asha.who.owner_id)

    confirm_button(page).click()
    is_done(page, "It was not sent")
    says(page, "Your wallet is frozen. It takes money in, and lets none out.")
    other = asha.visitor.tab(f"{PAGE}?to={ravi.who.owner_id}")
    says(other, "Your wallet is frozen.")
    amount_of(other).fill("100")
    send_button(other).click()
    expect(confirm_button(other)).to_have_count(0)
    stack.sql("UPDATE balances SET frozen_at = NULL WHERE account_id = %s", asha.who.owner_id)

    assert sent_by(stack, asha) == []


def test_whoever_closes_their_wallet_in_between_is_sent_nothing(
    stack: Stack, asha: Friend, ravi: Friend
) -> None:
    page = asha.visitor.tab(f"{PAGE}?to={ravi.who.owner_id}")
    look(page, "100")
    stack.sql("UPDATE balances SET closed_at = now() WHERE account_id = %s", ravi.who.owner_id)

    confirm_button(page).click()
    is_done(page, "It was not sent")
    says(page, "Their wallet may have been closed.")

    assert asha.visitor.balance_paise() == 5_000_00


@pytest.mark.parametrize("wanted", ["nobody", "own", "closed", "hostile", "two"])
def test_a_link_to_nobody_says_so_and_offers_the_others(
    stack: Stack, asha: Friend, ravi: Friend, wanted: str
) -> None:
    if wanted == "closed":
        stack.sql("UPDATE balances SET closed_at = now() WHERE account_id = %s", ravi.who.owner_id)
    to = {
        "nobody": str(uuid.uuid4()),
        "own": str(asha.who.owner_id),
        "closed": str(ravi.who.owner_id),
        "hostile": "%00%27%3Cscript%3E",
        "two": f"x&to={uuid.uuid4()}&intent=x&intent=",
    }[wanted]

    page = asha.visitor.tab(f"{PAGE}?to={to}")

    says(page, "There is nobody here whom you could send this to.")
    expect(to_field(page)).to_be_visible()
