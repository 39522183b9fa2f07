"""What the merchant hears of a payment, whatever happens to either of them."""

import asyncio
import signal
import time
from collections import deque
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import httpx
import pytest

from bank_api.client import BankClient, BankUnreachable
from tests.integration.dummy_bank_town import (
    AMOUNT,
    RUPEES_10_CRORE,
    BankProcess,
    Merchant,
    Town,
    a_town,
    free_port,
    served,
    until,
)


@pytest.fixture
async def town(tmp_path: Path) -> AsyncIterator[Town]:
    async with a_town(tmp_path) as opened:
        yield opened


async def test_an_event_is_sent_again_until_it_is_heard(town: Town) -> None:
    town.merchant.answers = deque([503, 401, 404, 200])
    created = await town.pay_later()

    await town.control(created.token, "approve")
    await town.merchant.has_heard(4)

    await until(lambda: town.ask("SELECT count(*) FROM outbox WHERE state = 'delivered'") == 1)
    assert len({heard.event_id for heard in town.merchant.heard}) == 1
    pauses = [
        later.at - sooner.at
        for sooner, later in zip(town.merchant.heard, town.merchant.heard[1:], strict=False)
    ]
    for pause, planned in zip(pauses, (1, 2, 4), strict=True):
        assert planned - 0.2 < pause < planned + 2
    assert town.balance() == RUPEES_10_CRORE - AMOUNT


async def test_a_merchant_that_cannot_credit_the_money_has_it_sent_back(town: Town) -> None:
    town.merchant.answers = deque([409])
    created = await town.pay_later()

    page = await town.log_in(created.token)
    answer = await town.press(page, "approve")

    assert answer.status_code == 303
    assert (await town.hdfc.payment(created.token)).status == "refunded"
    assert town.balance() == RUPEES_10_CRORE
    assert town.ask("SELECT count(*) FROM outbox WHERE state = 'refused'") == 1
    town.nothing_was_lost()
    again = await town.press(page, "approve")
    assert "has been given back" in again.text
    assert town.balance() == RUPEES_10_CRORE


async def test_a_slow_merchant_keeps_the_browser_for_two_seconds_at_most(town: Town) -> None:
    town.merchant.delay_seconds = 5
    created = await town.pay_later()
    page = await town.log_in(created.token)

    started = time.monotonic()
    answer = await town.press(page, "approve")

    assert answer.status_code == 303
    assert 1.5 < time.monotonic() - started < 3.5


async def test_the_correlation_id_goes_all_the_way_round(town: Town) -> None:
    asked = {
        "merchant_reference": "r",
        "user_identifier": "u",
        "amount_paise": 1,
        "return_url": "http://localhost:3999/",
    }
    headers = {"Authorization": "Bearer key-of-hdfc", "X-Correlation-Id": "walk-of-one-paisa"}
    created = (await town.browser.post("/hdfc/api/payments", json=asked, headers=headers)).json()

    await town.control(created["token"], "approve")

    assert [heard.correlation_id for heard in town.merchant.heard] == ["walk-of-one-paisa"]


async def test_a_hundred_payments_at_once_are_each_told_once(town: Town) -> None:
    created = await asyncio.gather(*(town.pay_later(f"r-{number}") for number in range(100)))

    answers = await asyncio.gather(*(town.control(one.token, "approve") for one in created))

    assert {answer.status_code for answer in answers} == {200}
    await town.merchant.has_heard(100)
    assert len({heard.event.data.bank_reference for heard in town.merchant.heard}) == 100
    assert town.balance() == RUPEES_10_CRORE - 100 * AMOUNT
    town.nothing_was_lost()


async def test_a_bank_killed_after_the_debit_tells_the_merchant_when_it_is_back(tmp_path: Path) -> None:
    merchant = Merchant(answers=deque([503]))
    async with AsyncExitStack() as stack:
        merchant.port = await stack.enter_async_context(served(merchant))
        bank = BankProcess(tmp_path, free_port(), merchant.port)
        await bank.start()
        at = f"http://127.0.0.1:{bank.port}"
        client = await stack.enter_async_context(BankClient(f"{at}/hdfc/api", "key-of-hdfc"))
        browser = await stack.enter_async_context(httpx.AsyncClient(base_url=at, trust_env=False))
        created = await client.create_payment(
            merchant_reference="r",
            user_identifier="u",
            amount_paise=AMOUNT,
            return_url="http://localhost:3999/",
        )
        asked = {"action": "approve", "customer": "9876500001"}
        await browser.post(f"/hdfc/control/payments/{created.token}", json=asked)

        killed = await bank.end(signal.SIGKILL)
        with pytest.raises(BankUnreachable):
            await client.payment(created.token)
        tried, merchant.answers = len(merchant.heard), deque([200])
        await bank.start()
        await merchant.has_heard(tried + 1)
        state = await client.payment(created.token)
        stopped = await bank.end(signal.SIGTERM)

    assert (killed, stopped) == (-signal.SIGKILL, 0)
    assert state.status == "paid"
    assert len({heard.event_id for heard in merchant.heard}) == 1
