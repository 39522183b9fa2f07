"""What a bank may write to us, and what we refuse to read."""

import json
from typing import Any

import pytest

from bank_api.adapters import ADAPTERS
from bank_api.messages import (
    NewPayment,
    NewPayout,
    NotAMessage,
    NotAnEvent,
    PaymentFailedEvent,
    PaymentSucceededEvent,
    PayoutEvent,
    PayoutState,
    VerifiedAccount,
    parse_event,
    read,
)

PAYMENT = {
    "type": "payment.succeeded",
    "timestamp": "2026-11-20T10:00:00.123Z",
    "data": {
        "token": "pay_1",
        "user_identifier": "user-1",
        "amount_paise": 200000,
        "bank_reference": "HDFCN00000000001",
    },
}


def body(**changes: Any) -> bytes:
    return json.dumps(PAYMENT | {"data": PAYMENT["data"] | changes}).encode()


def test_a_bank_tells_of_money_it_has_collected() -> None:
    event = parse_event(body())

    assert isinstance(event, PaymentSucceededEvent)
    assert (event.data.token, event.data.amount_paise) == ("pay_1", 200000)


def test_a_failed_payment_needs_no_bank_reference() -> None:
    failed = {**PAYMENT["data"]}
    del failed["bank_reference"]

    event = parse_event(json.dumps(PAYMENT | {"type": "payment.failed", "data": failed}).encode())

    assert isinstance(event, PaymentFailedEvent)
    assert event.data.bank_reference is None


@pytest.mark.parametrize("kind", ["payout.succeeded", "payout.failed", "payout.reversed"])
def test_a_payout_is_known_by_our_reference(kind: str) -> None:
    about = {"reference": "w-1", "amount_paise": 100}

    event = parse_event(json.dumps({"type": kind, "timestamp": "2026-11-20", "data": about}).encode())

    assert isinstance(event, PayoutEvent)
    assert (event.type, event.data.reference) == (kind, "w-1")


def test_fields_we_do_not_know_are_ignored() -> None:
    event = parse_event(
        json.dumps(PAYMENT | {"livemode": False, "data": PAYMENT["data"] | {"fee": 1.5}}).encode()
    )

    assert event.type == "payment.succeeded"


def test_what_we_write_can_be_read_again() -> None:
    event = parse_event(body())

    assert parse_event(event.model_dump_json().encode()) == event


@pytest.mark.parametrize(
    "amount", ["100", 1.0, True, 0, -1, 2**63, None, [1], {"paise": 1}, 1.5, "1e3", "१२"]
)
def test_an_amount_is_a_positive_whole_number_that_the_database_holds(amount: object) -> None:
    with pytest.raises(NotAnEvent):
        parse_event(body(amount_paise=amount))


def test_the_largest_amount_is_read() -> None:
    assert parse_event(body(amount_paise=2**63 - 1)).data.amount_paise == 2**63 - 1


@pytest.mark.parametrize("token", ["", "x" * 129, "a\x00b", "\ud800", 7, None, ["pay_1"]])
def test_a_token_is_a_short_text_that_the_database_holds(token: object) -> None:
    with pytest.raises(NotAnEvent):
        parse_event(body(token=token))


GOOD = body().decode()


@pytest.mark.parametrize(
    "hostile",
    [
        b"",
        b"null",
        b"[]",
        b"7",
        b"{",
        b"hello",
        b"\xff\xfe{\x00}\x00",
        b"\xef\xbb\xbf" + GOOD.encode(),
        GOOD.encode("utf-16"),
        b"\x80" + GOOD.encode(),
        b"[" * 16_000,
        b'{"a":' * 3_000 + b"1" + b"}" * 3_000,
        b'{"type": "payment.succeeded", "timestamp": "2026-11-20", "data": ' + b"[" * 16_000,
        GOOD.replace("200000", "NaN").encode(),
        GOOD.replace("200000", "Infinity").encode(),
        GOOD.replace("200000", "1e999").encode(),
        GOOD.replace("200000", "9" * 10_000).encode(),
        GOOD.replace("200000", '100, "amount_paise": 200000').encode(),
        GOOD.replace("200000", '100, "amount\\u005fpaise": 200000').encode(),
        GOOD.replace("200000", '200000, "extra": NaN').encode(),
        GOOD.replace("200000", '200000, "extra": "\\ud800"').encode(),
        GOOD.replace("200000", '200000, "extra": "\\u0000"').encode(),
        GOOD.replace("payment.succeeded", "payment.refunded").encode(),
        GOOD.replace('"payment.succeeded"', '["payment.succeeded"]').encode(),
        GOOD.replace("2026-11-20T10:00:00.123Z", "yesterday, at ten").encode(),
        GOOD.replace('"2026-11-20T10:00:00.123Z"', "1700000000").encode(),
        GOOD.replace('"token"', '"reference"').encode(),
        json.dumps({"type": "payout.succeeded", "timestamp": "2026-11-20", "data": PAYMENT["data"]}).encode(),
    ],
    ids=range(28),
)
def test_whatever_is_no_event_ends_in_one_error(hostile: bytes) -> None:
    with pytest.raises(NotAnEvent):
        parse_event(hostile)


def test_the_error_names_the_field_and_never_its_value() -> None:
    with pytest.raises(NotAnEvent) as caught:
        parse_event(body(amount_paise="secret"))

    assert "amount_paise" in str(caught.value)
    assert "secret" not in str(caught.value)


def test_a_request_is_read_as_strictly() -> None:
    asked = {"merchant_reference": "r", "user_identifier": "u", "amount_paise": 1, "return_url": "http://a/"}

    assert read(NewPayment, json.dumps(asked).encode()) == NewPayment(**asked)
    with pytest.raises(NotAMessage):
        read(NewPayment, json.dumps(asked | {"amount_paise": "1"}).encode())


PAYOUT = {"reference": "w-1", "account_number": "123456789", "ifsc": "HDFC0ABC123", "amount_paise": 100}


def test_a_payout_goes_to_an_account_that_can_be() -> None:
    for account_number in ["123456789", "1" * 18]:
        asked = PAYOUT | {"account_number": account_number}
        assert read(NewPayout, json.dumps(asked).encode()) == NewPayout(**asked)
    for wrong in [
        *(
            {"account_number": wrong}
            for wrong in ("12345678", "1" * 19, "12345678x", "123456789\n", "१२३४५६७८९", 123456789)
        ),
        *(
            {"ifsc": wrong}
            for wrong in ("HDFC1ABC123", "hdfc0ABC123", "HDFC0abc123", "HDFC0ABC12", "HDFC0ABC1234")
        ),
        *({"reference": wrong} for wrong in ("", "a\nb", "a\n", "\x7f", "x" * 129)),
        *({"amount_paise": wrong} for wrong in (0, 1.0, "1", 2**63)),
    ]:
        with pytest.raises(NotAMessage):
            read(NewPayout, json.dumps(PAYOUT | wrong).encode())


def test_a_payout_stands_in_one_of_three_ways() -> None:
    for status in ("succeeded", "pending", "failed"):
        answer = {"reference": "w-1", "status": status, "utr": None, "fee": 1}
        assert read(PayoutState, json.dumps(answer).encode()).status == status
    for wrong in [{"status": "reversed"}, {"status": None}, {"utr": 7}, {"reason": []}, {"reference": ""}]:
        with pytest.raises(NotAMessage):
            read(PayoutState, json.dumps({"reference": "w-1", "status": "failed"} | wrong).encode())


def test_an_account_is_there_or_not() -> None:
    assert read(VerifiedAccount, b'{"status": "invalid", "registered_name": null}').registered_name is None
    with pytest.raises(NotAMessage):
        read(VerifiedAccount, b'{"status": "perhaps", "registered_name": "Asha"}')


def test_every_bank_has_its_adapter_under_its_own_name() -> None:
    assert list(ADAPTERS) == ["hdfc", "axis"]
    for name, adapter in ADAPTERS.items():
        assert adapter.name == name
        assert adapter.parse_event(body()).type == "payment.succeeded"
    assert (ADAPTERS["hdfc"].ifsc_prefix, ADAPTERS["axis"].ifsc_prefix) == ("HDFC0", "UTIB0")
