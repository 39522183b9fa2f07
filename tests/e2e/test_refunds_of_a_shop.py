"""A shop gives money back in a browser: in parts, once, and its customer sees it at once."""

from __future__ import annotations

from collections.abc import Callable, Generator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.refund_page import (
    Counters,
    amount_of,
    confirm_button,
    counters_of,
    ends,
    given_back,
    look,
    pays,
    reason_of,
    refund_button,
    says,
    shop_opened,
    status,
)
from tests.e2e.stack import Stack
from tests.e2e.tab import Someone, give
from tests.e2e.wallet_page import PATIENCE_MILLISECONDS, Visitor, problem_of, shows_balance

Visitors = Callable[..., Visitor]


@pytest.fixture
def counters(stack: Stack, browser: Browser) -> Generator[Counters]:
    with counters_of(stack, browser) as counters:
        yield counters


@pytest.fixture
def chai(stack: Stack) -> Someone:
    return shop_opened(stack)


@pytest.fixture
def asha(stack: Stack, visitors: Visitors) -> tuple[Visitor, Someone]:
    """With ₹500."""
    visitor = visitors()
    visitor.sign_up_elsewhere()
    [(user_id,)] = stack.rows("SELECT id FROM users WHERE email = %s", visitor.email)
    who = Someone(user_id, visitor.email, visitor.cookie())
    give(stack, who, 500_00)
    return visitor, who


def test_chai_point_gives_back_in_two_parts_and_asha_sees_it_at_once(
    stack: Stack, counters: Counters, chai: Someone, asha: tuple[Visitor, Someone]
) -> None:
    payment = pays(stack, asha[1], chai, 120_00, "Two teas")
    of_asha = asha[0].tab(f"/transactions/{payment}")
    expect(status(of_asha)).to_have_text("Done", timeout=PATIENCE_MILLISECONDS)
    wallet = asha[0].tab("/transfer")
    shows_balance(wallet, "₹380.00")
    page = counters(chai).payment(payment)

    for words in ("Paid", "+₹120.00", "Asha R.", "Two teas", "IST", str(payment), "Up to ₹120.00 is left"):
        says(page, words)
    look(page, "40", "  One tea was cold ")
    expect(page.get_by_role("heading", name="Is this right?")).to_be_focused()
    for words in ("Back to Asha R.", "Forty rupees", "One tea was cold", "₹80.00"):
        says(page, words)
    assert given_back(stack, payment) == []
    expect(confirm_button(page)).to_have_text("Confirm, ₹40.00 back to Asha R.")
    confirm_button(page).click()
    ends(page)

    expect(status(page)).to_have_text("Partly refunded")
    says(page, "₹40.00 of ₹120.00")
    shows_balance(wallet, "₹420.00")
    expect(wallet.get_by_role("status").filter(has_text="₹40.00")).to_be_visible()
    expect(status(of_asha)).to_have_text("Partly refunded", timeout=PATIENCE_MILLISECONDS)
    for words in ("₹40.00 of ₹120.00", "gave back ₹40.00", "One tea was cold"):
        says(of_asha, words)

    page.get_by_role("button", name="Refund more of it").click()
    page.get_by_role("button", name="All that is left, ₹80.00").click()
    expect(amount_of(page)).to_have_value("80.00")
    reason_of(page).fill("<b>Closed</b> =1+1 चाय")
    page.keyboard.press("Enter")
    expect(confirm_button(page)).to_be_visible(timeout=PATIENCE_MILLISECONDS)
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    ends(page)

    expect(status(page)).to_have_text("Refunded")
    says(page, "<b>Closed</b> =1+1 चाय")
    expect(status(of_asha)).to_have_text("Refunded", timeout=PATIENCE_MILLISECONDS)
    shows_balance(wallet, "₹500.00")
    assert given_back(stack, payment) == [(40_00, "One tea was cold"), (80_00, "<b>Closed</b> =1+1 चाय")]
    page.reload()
    expect(status(page)).to_have_text("Refunded", timeout=PATIENCE_MILLISECONDS)
    expect(refund_button(page)).to_have_count(0)
    assert stack.verify()["ok"] is True


def test_of_two_tabs_one_refunds_and_the_other_looks_once_more(
    stack: Stack, counters: Counters, chai: Someone, asha: tuple[Visitor, Someone]
) -> None:
    payment = pays(stack, asha[1], chai, 120_00)
    counter = counters(chai)
    first, second = counter.payment(payment), counter.payment(payment)
    look(first, "50")
    look(second, "50")

    confirm_button(first).dblclick()
    ends(first)

    says(second, "Something of this payment was given back meanwhile")
    expect(confirm_button(second)).to_have_count(0)
    says(second, "Up to ₹70.00 is left")
    assert given_back(stack, payment) == [(50_00, "Sold out")]


def test_our_process_begins_anew_before_she_confirms_and_it_is_refunded_once(
    stack: Stack, counters: Counters, chai: Someone, asha: tuple[Visitor, Someone]
) -> None:
    payment = pays(stack, asha[1], chai, 120_00)
    counter = counters(chai)
    page = counter.payment(payment)
    look(page, "50")

    stack.kill("merchant_app")
    confirm_button(page).click(click_count=3)
    stack.wait_until_ready()

    # What was pressed meanwhile was forgotten or is shown once more; either way nothing is given back unseen. Where the
    # page outlives its process, what was pressed may have been carried out.
    expect(status(page)).to_be_visible(timeout=PATIENCE_MILLISECONDS)
    page.wait_for_timeout(2_000)
    if not (stack.is_fleet and given_back(stack, payment)):
        assert given_back(stack, payment) == []
        if not confirm_button(page).is_visible():
            look(page, "50")
        confirm_button(page).click()
    ends(page)
    assert given_back(stack, payment) == [(50_00, "Sold out")]
    counter.complaints[:] = [
        one for one in counter.complaints if "WebSocket" not in one and "ERR_" not in one
    ]


@pytest.mark.parametrize(
    ("amount", "reason", "field", "words"),
    [
        ("", "x", "Amount", "Enter an amount"),
        ("120.01", "x", "Amount", "At most ₹120.00"),
        ("1e2", "x", "Amount", "Enter an amount"),
        ("1", "", "Reason", "Write why"),
        ("1", "\u202egnp", "Reason", "Write why"),
        ("100", "x", "Amount", "Your shop has ₹20.00 available; this refund needs ₹100.00."),
    ],
)
def test_what_cannot_be_refunded_is_said_at_its_field(
    stack: Stack,
    counters: Counters,
    chai: Someone,
    asha: tuple[Visitor, Someone],
    amount: str,
    reason: str,
    field: str,
    words: str,
) -> None:
    payment = pays(stack, asha[1], chai, 120_00)
    if amount == "100":
        _spend(stack, chai, 100_00)
    page = counters(chai).payment(payment)

    amount_of(page).fill(amount)
    reason_of(page).fill(reason)
    refund_button(page).click()

    wrong = page.get_by_label(field, exact=True)
    expect(wrong).to_have_attribute("aria-invalid", "true", timeout=PATIENCE_MILLISECONDS)
    assert words in problem_of(wrong)
    assert given_back(stack, payment) == []


def test_money_that_left_between_look_and_confirm_is_a_refusal_that_can_be_mended(
    stack: Stack, counters: Counters, chai: Someone, asha: tuple[Visitor, Someone]
) -> None:
    payment = pays(stack, asha[1], chai, 120_00)
    page = counters(chai).payment(payment)
    look(page, "100")
    _spend(stack, chai, 100_00)

    confirm_button(page).click()
    ends(page, "It was not refunded")

    for words in ("Nothing left your shop's balance.", "Your shop has ₹20.00 available", "Refund less"):
        says(page, words)
    _mends(page)
    assert given_back(stack, payment) == [(20_00, "Sold out")]


def _mends(page: Page) -> None:
    page.get_by_role("button", name="Change something").click()
    look(page, "20")
    confirm_button(page).click()
    ends(page)


def _spend(stack: Stack, shop: Someone, paise: int) -> None:
    """It goes to its bank."""
    stack.rows(
        "SELECT outcome FROM post_transfers(ARRAY[gen_random_uuid()], ARRAY[gen_random_uuid()::text], ARRAY['loss'],"
        " ARRAY[%s::uuid], (SELECT ARRAY[id] FROM accounts WHERE name = 'hdfc:cash'), ARRAY[%s::bigint],"
        " ARRAY[NULL]::uuid[])",
        shop.owner_id,
        paise,
    )
