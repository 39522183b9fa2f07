"""What the merchant's servers may ask of the bank, and what a developer may."""

import csv
import io
from collections.abc import AsyncIterator
from datetime import datetime, timedelta, timezone
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from bank_api.client import BankRefused
from tests.integration.dummy_bank_town import AMOUNT, RUPEES_10_CRORE, Town, a_town


@pytest.fixture
async def town(tmp_path: Path) -> AsyncIterator[Town]:
    async with a_town(tmp_path) as opened:
        yield opened


async def test_the_same_reference_is_the_same_payment(town: Town) -> None:
    first = await town.pay_later()
    again = await town.pay_later()

    assert again == first
    assert parse_qs(urlsplit(first.redirect_url).query) == {"token": [first.token]}
    with pytest.raises(BankRefused) as refused:
        await town.pay_later(amount_paise=AMOUNT + 1)
    assert refused.value.status_code == 409


async def test_a_payment_tells_how_it_stands(town: Town) -> None:
    created = await town.pay_later()

    state = await town.hdfc.payment(created.token)

    assert (state.status, state.amount_paise, state.user_identifier) == ("created", AMOUNT, "user-1")
    assert (state.merchant_reference, state.bank_reference) == ("on_ramp-1", None)


async def test_without_this_banks_key_nothing_is_told(town: Town) -> None:
    created = await town.pay_later()

    for key in ["", "Bearer", "Bearer wrong", "Bearer key-of-axis", "key-of-hdfc", "Bearer ké"]:
        headers = {"Authorization": key.encode()} if key else {}
        for method, path in (
            ("POST", "payments"),
            ("GET", f"payments/{created.token}"),
            ("POST", "refunds"),
            ("GET", "statement"),
        ):
            answer = await town.browser.request(method, f"/hdfc/api/{path}", headers=headers)
            assert answer.status_code == 401


async def test_the_other_bank_does_not_know_the_payment(town: Town) -> None:
    created = await town.pay_later()

    with pytest.raises(BankRefused) as refused:
        await town.axis.payment(created.token)

    assert refused.value.status_code == 404


async def test_a_customer_is_sent_back_only_to_where_the_merchant_is_registered(town: Town) -> None:
    for return_url in [
        "http://evil.example/",
        "https://wallet.example.evil.example/",
        "https://wallet.example@evil.example/",
        "https://evil.example\\@wallet.example/",
        "//wallet.example/",
        "javascript:alert(1)",
        "http://wallet.example/",
        "https://wallet.example:444/",
        "http://localhost:3998/",
        "http://localhost:99999999/",
        "https://wallet.example/\r\nSet-Cookie: a=b",
        "https://wallet.example/ चाय",
    ]:
        with pytest.raises(BankRefused) as refused:
            await town.hdfc.create_payment(
                merchant_reference="r", user_identifier="u", amount_paise=1, return_url=return_url
            )

        assert refused.value.status_code == 422


async def test_and_to_every_place_where_it_is(town: Town) -> None:
    for return_url in ["https://WALLET.example:443/x", "http://127.0.0.1:3999/", "http://localhost:3999"]:
        created = await town.hdfc.create_payment(
            merchant_reference=return_url, user_identifier="u", amount_paise=1, return_url=return_url
        )

        assert created.token


async def test_a_body_that_is_no_request_is_refused(town: Town) -> None:
    for body, status in [
        (b"", 422),
        (b"\xff", 422),
        (b"[" * 10_000, 422),
        (b'{"merchant_reference": "r", "user_identifier": "u", "amount_paise": "1", "return_url": "x"}', 422),
        (b" " * 20_000, 413),
    ]:
        answer = await town.browser.post(
            "/hdfc/api/payments", content=body, headers={"Authorization": "Bearer key-of-hdfc"}
        )

        assert answer.status_code == status


async def test_a_refund_gives_the_customer_everything_back_once(town: Town) -> None:
    created = await town.pay_later()
    await town.control(created.token, "approve")

    first = await town.hdfc.refund(created.token)
    again = await town.hdfc.refund(created.token)

    assert first.status == "refunded"
    assert again == first
    assert town.balance() == RUPEES_10_CRORE
    town.nothing_was_lost()


async def test_what_is_not_paid_is_not_refunded(town: Town) -> None:
    created = await town.pay_later()

    with pytest.raises(BankRefused) as refused:
        await town.hdfc.refund(created.token)
    with pytest.raises(BankRefused) as unknown:
        await town.hdfc.refund("pay_unknown")

    assert (refused.value.status_code, unknown.value.status_code) == (409, 404)
    assert '"status":"created"' in refused.value.words


async def test_the_statement_lists_what_moved_on_a_day_in_kolkata(town: Town) -> None:
    paid, _ = await town.pay_later("r-paid"), await town.pay_later("r-open")
    declined = await town.pay_later("r-declined")
    await town.control(paid.token, "approve")
    await town.control(declined.token, "decline")
    await town.hdfc.refund(paid.token)
    state = await town.hdfc.payment(paid.token)
    today = datetime.now(timezone(timedelta(hours=5, minutes=30))).date()
    headers = {"Authorization": "Bearer key-of-hdfc"}

    answer = await town.browser.get(f"/hdfc/api/statement?date={today}", headers=headers)
    before = await town.browser.get(f"/hdfc/api/statement?date={today - timedelta(days=1)}", headers=headers)
    nonsense = await town.browser.get("/hdfc/api/statement?date=20261120", headers=headers)

    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert [(row["kind"], row["reference"], row["amount_paise"], row["status"]) for row in rows] == [
        ("payment", "r-paid", str(AMOUNT), "paid"),
        ("refund", "r-paid", str(AMOUNT), "refunded"),
    ]
    assert rows[0]["utr"] == state.bank_reference
    assert rows[0]["date_time"].endswith("+05:30")
    assert before.text == "date_time,kind,reference,utr,amount_paise,status\n"
    assert nonsense.status_code == 422


async def test_the_control_presses_the_same_buttons(town: Town) -> None:
    created = await town.pay_later()

    approved = await town.control(created.token, "approve", "9876500002", Origin=town.url)
    again = await town.control(created.token, "approve", "9876500002")

    assert approved.status_code == 200
    assert approved.json()["token"] == created.token
    assert (approved.json()["status"], again.json()) == ("paid", approved.json())
    assert town.balance("9876500002") == RUPEES_10_CRORE - AMOUNT
    assert (await town.control(created.token, "approve", "9876500001")).status_code == 409
    assert (await town.control(created.token, "decline", "9876500002")).status_code == 409


async def test_the_control_refuses_what_is_not_there(town: Town) -> None:
    created = await town.pay_later()

    assert (await town.control("pay_unknown", "approve")).status_code == 404
    assert (await town.control(created.token, "approve", "1")).status_code == 422
    assert (await town.control(created.token, "steal")).status_code == 422
    assert (await town.control(created.token, "approve", Origin="http://evil.example")).status_code == 403
    assert (await town.control(created.token, "approve", Origin="null")).status_code == 403
    assert (
        await town.control(created.token, "approve", **{"Sec-Fetch-Site": "cross-site"})
    ).status_code == 403
    assert (await town.hdfc.payment(created.token)).status == "created"
