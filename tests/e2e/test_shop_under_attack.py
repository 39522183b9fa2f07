"""A shop is its merchant's alone: every handler, every address with an id, tried by strangers, customers and rivals."""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from tests.e2e.hostile import REFUSED, Handler, handlers_of, hostile_payloads
from tests.e2e.refund_page import given_back, pays, shop_opened
from tests.e2e.stack import Stack
from tests.e2e.tab import ROOT_STATE, Someone, Tab, ended, give, signed_up, tell

REFUNDING = f"{ROOT_STATE}.merchant_app___refund_state____refunding"
TO_LOGIN = "/login?next=/dashboard"
PAID_PAISE, PAID = 7_77_777_77, "7,77,777.77"
NOTE, REASON = "Forty kilos of Assam", "Three kilos were damp"
_WRITTEN = """
SELECT (SELECT count(*) FROM transfers), (SELECT count(*) FROM refunds), (SELECT count(*) FROM withdrawals),
       (SELECT md5(string_agg(refunded_payments::text, '' ORDER BY payment_id)) FROM refunded_payments),
       (SELECT md5(string_agg(merchants::text, '' ORDER BY id)) FROM merchants),
       (SELECT md5(string_agg(balances::text, '' ORDER BY account_id)) FROM balances)
"""


@dataclass(frozen=True)
class Victim:
    """A shop, its customer, and everything of theirs that has an id."""

    shop: Someone
    customer: Someone
    payment: uuid.UUID
    ids: dict[str, uuid.UUID]
    told: tuple[str, ...]
    """What no answer to anybody else may hold."""


@pytest.fixture(scope="module")
def handlers() -> dict[str, Handler]:
    return handlers_of("merchant_app")


@pytest.fixture(scope="module")
def victim(stack: Stack) -> Victim:
    shop, customer = shop_opened(stack, "Rival Teas"), signed_up(stack, "Charulata")
    give(stack, customer, PAID_PAISE + 10_00)
    payment = pays(stack, customer, shop, PAID_PAISE, NOTE)
    refund = uuid.uuid4()
    given = stack.rows(
        "SELECT outcome FROM refund_payment(%s, %s, %s, 0, 30000, %s)",
        refund,
        shop.owner_id,
        payment,
        REASON,
    )
    assert given == [("refunded",)]
    gift = stack.rows(
        "SELECT id FROM transfers WHERE target_id = %s AND kind = 'promotion'", customer.owner_id
    )
    ids = {
        "payment": payment,
        "refund": refund,
        "gift to a customer": gift[0][0],
        "customer": customer.owner_id,
        "shop": shop.owner_id,
        "nothing": uuid.uuid4(),
    }
    return Victim(shop, customer, payment, ids, (PAID, NOTE, REASON, "Charulata", shop.email, customer.email))


@pytest.fixture
def mallory(stack: Stack) -> Someone:
    return shop_opened(stack, "Mallory's")


def written(stack: Stack) -> tuple[Any, ...]:
    """What a successful attack would change."""
    return stack.rows(_WRITTEN)[0]


def tells_nothing_of(victim: Victim, said: str) -> None:
    assert [one for one in victim.told if one in said] == []


def test_wrong_arguments_get_one_refusal_and_change_nothing_of_any_shop(
    stack: Stack, handlers: dict[str, Handler], victim: Victim, mallory: Someone
) -> None:
    with Tab(stack.merchant_url, cookie=mallory.cookie, page="/dashboard").opened() as tab:
        before = written(stack)
        for name, (whom, parameters) in handlers.items():
            for payload in hostile_payloads(parameters, victim.shop) if whom else []:
                tab.send(name, **payload)
        tab.settle(60)

        assert set(tab.was("said", "text")) <= {"", REFUSED}
        assert tab.sent_to == []
        tells_nothing_of(victim, tab.everything())
        assert written(stack) == before
        assert tab.is_open


@pytest.mark.parametrize("visitor", ["a stranger", "forged", "ended", "a customer"])
def test_without_a_shops_session_every_handler_leads_to_the_login(
    stack: Stack, handlers: dict[str, Handler], victim: Victim, mallory: Someone, visitor: str
) -> None:
    if visitor == "ended":
        ended(stack, mallory)
    token = victim.customer.cookie.partition("=")[2]
    cookies = {
        "a stranger": "",
        "forged": f"merchant_app_session={'a' * 43}",
        "ended": mallory.cookie,
        "a customer": f"user_app_session={token}; merchant_app_session={token}",
    }
    private = {name: one.parameters for name, one in handlers.items() if one.whom == "signed_in"}
    assert len(private) > 10
    with Tab(stack.merchant_url, cookie=cookies[visitor], page="/dashboard").opened() as tab:
        before = written(stack)
        tab.sent_to.clear()
        payloads = {name: [{}, *hostile_payloads(of, victim.shop)] for name, of in private.items()}
        for name, those in payloads.items():
            for payload in those:
                tab.send(name, **payload)
        tab.settle(60)

        assert tab.sent_to == [TO_LOGIN] * sum(map(len, payloads.values()))
        tells_nothing_of(victim, tab.everything())
        assert written(stack) == before


def test_nothing_of_another_shop_is_at_any_address(stack: Stack, victim: Victim, mallory: Someone) -> None:
    for one in victim.ids.values():
        for path in (
            f"/transactions/{one}",
            f"//transactions/{one}/",
            f"/transactions/{one}.html",
            f"/transactions/./{str(one).upper()}/index.html",
        ):
            stranger = httpx.get(stack.merchant_url + path)
            rival = httpx.get(stack.merchant_url + path, headers={"Cookie": mallory.cookie})

            assert stranger.status_code == 303
            assert rival.status_code == 404
            tells_nothing_of(victim, stranger.text + rival.text)
    own = httpx.get(
        f"{stack.merchant_url}/transactions/{victim.payment}", headers={"Cookie": victim.shop.cookie}
    )
    assert own.status_code == 200


def test_every_handler_on_the_page_of_another_shop_shows_nothing_and_moves_nothing(
    stack: Stack, handlers: dict[str, Handler], victim: Victim, mallory: Someone
) -> None:
    forms: list[dict[str, str]] = [
        {"amount": "1", "reason": "x"},
        {"look": "", "before": "30000", "amount": "1", "reason": "x"},
        {"look": "", "before": "0", "amount": "300.00", "reason": REASON[:3]},
        {"type": "", "result": "", "since": "", "until": "", "words": "Assam"},
    ]
    before = written(stack)
    for one in victim.ids.values():
        page = f"/transactions/{one}"
        with Tab(stack.merchant_url, cookie=mallory.cookie, page=page).opened() as tab:
            for name, (whom, parameters) in handlers.items():
                if whom and not parameters:
                    tab.send(name)
                elif whom and parameters == ["form_data"]:
                    for form in forms:
                        tab.send(name, form_data=form)
                elif whom:
                    tab.send(name, **dict.fromkeys(parameters, "1"))
            tab.settle(60)

            assert tab.var("transaction_page", "outcome") == "none"
            tells_nothing_of(victim, tab.everything())
    assert written(stack) == before


def test_a_rival_is_told_nothing_when_something_happens_to_another_shop(
    stack: Stack, victim: Victim, mallory: Someone
) -> None:
    page = f"/transactions/{victim.payment}"
    with Tab(stack.merchant_url, cookie=mallory.cookie, page=page).opened() as tab:
        give(stack, victim.customer, 5_00)
        pays(stack, victim.customer, victim.shop, 5_00, NOTE)
        tell(stack, mallory)
        tab.listen(1)

        tells_nothing_of(victim, tab.everything())


def test_twenty_confirmations_from_four_tabs_refund_once(stack: Stack) -> None:
    chai, asha = shop_opened(stack), signed_up(stack)
    give(stack, asha, 500_00)
    payment = pays(stack, asha, chai, 120_00)
    page = f"/transactions/{payment}"
    tabs = [Tab(stack.merchant_url, cookie=chai.cookie, page=page).opened() for _ in range(4)]
    for tab in tabs:
        tab.send(f"{REFUNDING}.look", form_data={"amount": "50", "reason": "Sold out"})
        tab.waits_until("refunding", "is_reviewed", value=True)

    for _ in range(5):
        for tab in tabs:
            review = tab.var("refunding", "review")
            shown = {
                "look": review["look"],
                "before": review["before"],
                "amount": review["plain_amount"],
                "reason": review["reason"],
            }
            tab.send(f"{REFUNDING}.confirm", form_data=shown)
    for tab in tabs:
        tab.settle(30)
        tab.close()

    assert given_back(stack, payment) == [(50_00, "Sold out")]
    assert stack.verify()["ok"] is True


def test_the_page_of_a_payment_tells_nothing_of_its_payer_but_the_name_and_an_initial(
    stack: Stack, victim: Victim
) -> None:
    page = f"/transactions/{victim.payment}"
    with Tab(stack.merchant_url, cookie=victim.shop.cookie, page=page).opened() as tab:
        tab.settle()
        said = tab.everything()

        assert "Charulata R." in json.dumps(tab.shown, ensure_ascii=False)
        for secret in ("Charulata Rao", victim.customer.email, str(victim.customer.owner_id), "+91"):
            assert secret not in said
