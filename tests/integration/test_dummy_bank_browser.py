"""What a customer sees and does at the bank, and what others cannot do there."""

import asyncio
import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.integration.dummy_bank_town import AMOUNT, RUPEES_10_CRORE, Town, a_town


@pytest.fixture
async def town(tmp_path: Path) -> AsyncIterator[Town]:
    async with a_town(tmp_path) as opened:
        yield opened


async def test_approving_debits_the_customer_once_and_tells_the_merchant(town: Town) -> None:
    created = await town.pay_later()

    page = await town.log_in(created.token)
    answer = await town.press(page, "approve")

    assert "Batua" in page.text
    assert "₹2,000.00" in page.text
    assert "₹10,00,00,000.00" in page.text
    assert (answer.status_code, answer.headers["location"]) == (303, "http://localhost:3999/transfer?back=1")
    assert town.balance() == RUPEES_10_CRORE - AMOUNT
    [heard] = town.merchant.heard  # before the browser was sent back
    state = await town.hdfc.payment(created.token)
    assert state.status == "paid"
    assert re.fullmatch(r"HDFCN[0-9]{11}", state.bank_reference or "")
    assert heard.event.type == "payment.succeeded"
    assert heard.event.data.model_dump() == {
        "token": created.token,
        "user_identifier": "user-1",
        "amount_paise": AMOUNT,
        "bank_reference": state.bank_reference,
    }
    town.nothing_was_lost()


async def test_a_double_click_pays_once(town: Town) -> None:
    created = await town.pay_later()
    page = await town.log_in(created.token)

    answers = await asyncio.gather(*(town.press(page, "approve") for _ in range(8)))

    assert {answer.status_code for answer in answers} == {303}
    assert town.balance() == RUPEES_10_CRORE - AMOUNT
    assert len(town.merchant.heard) == 1
    assert town.ask("SELECT count(*) FROM movements") == 1


async def test_going_back_to_a_paid_payment_shows_that_it_is_paid(town: Town) -> None:
    created = await town.pay_later()
    page = await town.log_in(created.token)
    await town.press(page, "approve")

    visited = await town.browser.get(f"/hdfc/netbanking?token={created.token}")
    logged_in = await town.log_in(created.token)
    declined = await town.press(page, "decline")

    for answer in (visited, logged_in, declined):
        assert "It is not taken a second time" in answer.text
    assert declined.status_code == 409
    assert (await town.hdfc.payment(created.token)).status == "paid"


async def test_declining_moves_nothing_and_tells_the_merchant(town: Town) -> None:
    created = await town.pay_later()

    answer = await town.press(await town.log_in(created.token), "decline")

    assert answer.status_code == 303
    assert [heard.event.type for heard in town.merchant.heard] == ["payment.failed"]
    assert (await town.hdfc.payment(created.token)).status == "declined"
    assert town.balance() == RUPEES_10_CRORE
    assert (await town.control(created.token, "approve")).status_code == 409


async def test_a_customer_cannot_pay_more_than_the_balance(town: Town) -> None:
    created = await town.pay_later(amount_paise=RUPEES_10_CRORE + 1)

    answer = await town.press(await town.log_in(created.token), "approve")

    assert answer.status_code == 409
    assert "balance is lower than the amount" in answer.text
    assert town.balance() == RUPEES_10_CRORE
    assert town.merchant.heard == []
    assert (await town.press(answer, "decline")).status_code == 303


async def test_after_fifteen_minutes_a_payment_has_expired(town: Town) -> None:
    created = await town.pay_later()
    town.clock.ahead_seconds = 14 * 60
    page = await town.log_in(created.token)
    town.clock.ahead_seconds = 15 * 60 + 1

    answer = await town.press(page, "approve")

    assert answer.status_code == 409
    assert "has expired" in answer.text
    assert (await town.hdfc.payment(created.token)).status == "expired"
    assert (await town.control(created.token, "approve")).status_code == 409
    assert town.balance() == RUPEES_10_CRORE
    assert town.merchant.heard == []


async def test_a_login_for_a_payment_ends_after_five_minutes(town: Town) -> None:
    created = await town.pay_later()
    page = await town.log_in(created.token)
    town.clock.ahead_seconds = 301

    answer = await town.press(page, "approve")

    assert answer.status_code == 403
    assert "log in again" in answer.text
    assert town.balance() == RUPEES_10_CRORE


async def test_without_the_ticket_of_the_login_no_button_works(town: Town) -> None:
    created, other = await town.pay_later(), await town.pay_later("on_ramp-2")
    page = await town.log_in(other.token)
    [ticket] = re.findall(r'name="ticket" value="([^"]+)"', page.text)

    for tried in (
        "",
        "x",
        "x.y.z",
        "a.9999999999.",
        "é.1.2",
        ticket,
        ticket.replace(".", "..", 1),
        ticket[:-1],
    ):
        form = {"token": created.token, "ticket": tried, "action": "approve"}
        answer = await town.browser.post("/hdfc/netbanking/decision", data=form, headers={"Origin": town.url})
        assert answer.status_code == 403

    assert town.balance() == RUPEES_10_CRORE


async def test_a_form_on_somebody_elses_page_does_nothing(town: Town) -> None:
    created = await town.pay_later()
    page = await town.log_in(created.token)
    for headers in [
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": ""},
        {"Origin": "http://localhost:3999"},
        {"Origin": "", "Referer": "http://evil.example/?http://localhost"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ]:
        assert (await town.log_in(created.token, **headers)).status_code == 403
        assert (await town.press(page, "approve", **headers)).status_code == 403
        assert town.balance() == RUPEES_10_CRORE


async def test_a_wrong_login_says_no_more_than_that(town: Town) -> None:
    created = await town.pay_later()
    form = {"customer_id": "<b>nobody</b>", "password": "x"}

    wrong = await town.log_in(created.token, password="wrong")
    unknown = await town.browser.post(
        f"/hdfc/netbanking?token={created.token}", data=form, headers={"Origin": town.url}
    )

    for answer in (wrong, unknown):
        assert answer.status_code == 403
        assert "The customer ID or the password is wrong." in answer.text
        assert "Approve" not in answer.text
    assert "<b>nobody</b>" not in unknown.text


async def test_after_ten_wrong_passwords_the_customer_waits_a_minute(town: Town) -> None:
    created = await town.pay_later()
    for _ in range(10):
        await town.log_in(created.token, password="wrong")

    at_once = await town.log_in(created.token)
    town.clock.ahead_seconds = 61
    later = await town.log_in(created.token)

    assert (at_once.status_code, later.status_code) == (429, 200)


async def test_nothing_of_a_visit_stays_in_the_browser(town: Town) -> None:
    created = await town.pay_later()
    entered = await town.browser.get(f"/hdfc/netbanking?token={created.token}")
    confirmed = await town.log_in(created.token)

    for answer in (entered, confirmed):
        assert "set-cookie" not in answer.headers
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["referrer-policy"] == "same-origin"
        assert answer.headers["x-content-type-options"] == "nosniff"
        policy = answer.headers["content-security-policy"]
        assert "frame-ancestors 'none'" in policy
        assert "http://localhost:3999" in policy
        assert "<script" not in answer.text


async def test_an_unknown_address_gets_a_clear_page(town: Town) -> None:
    for path in ["/hdfc/netbanking", "/hdfc/netbanking?token=nonsense", "/icici", "/hdfc/nowhere"]:
        answer = await town.browser.get(path, headers={"Accept": "text/html"})

        assert answer.status_code == 404
        assert "Please start again" in answer.text


async def test_the_bank_is_open(town: Town) -> None:
    for path in ["/", "/hdfc", "/axis", "/healthz", "/readyz", "/metrics", "/style.css"]:
        assert (await town.browser.get(path)).status_code == 200
