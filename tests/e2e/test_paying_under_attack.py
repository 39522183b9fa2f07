"""Whoever speaks to /pay by websocket pays with their own money, once for each key, and learns nothing of the shop."""

from __future__ import annotations

import uuid
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from tests.e2e.paying_page import Counter, open_counter, sign_up_shop
from tests.e2e.stack import Stack
from tests.e2e.tab import ROOT_STATE, Someone, Tab, give, signed_up

PAYING = f"{ROOT_STATE}.user_app___pay_state____paying"
SCANNING = f"{ROOT_STATE}.user_app___pages___scan____scanning"
REFUSED = "That could not be done. Nothing has happened."
NO_SHOP = "There is no shop with this handle, or it takes no payments any more."
NO_AMOUNT = "Enter an amount in rupees above 0 with at most 2 decimals, such as 500 or 99.50."


@pytest.fixture
def mallory(stack: Stack) -> Someone:
    mallory = signed_up(stack, "Mallory")
    give(stack, mallory, 1_000_00)
    return mallory


@pytest.fixture
def chai_point(stack: Stack) -> Counter:
    return open_counter(stack, "Chai \u202etnioP <img src=x onerror=alert(1)>"[:50])


def opened(stack: Stack, cookie: str, shop: Counter, intent: str = "") -> Tab:
    tab = Tab(stack.user_url, cookie=cookie, page=f"{shop.path}?intent={intent or uuid.uuid4()}")
    tab.load()
    tab.waits_until("state", "is_hydrated", value=True)
    return tab


def confirmation(shop: Counter, /, **changes: Any) -> dict[str, Any]:
    form = {"look": "x", "intent": str(uuid.uuid4()), "handle": shop.handle, "amount": "100", "note": ""}
    return {"form_data": form | changes}


def test_a_forged_confirmation_moves_nothing(stack: Stack, mallory: Someone, chai_point: Counter) -> None:
    forged = [
        *(
            (NO_SHOP, {"handle": wrong})
            for wrong in ("", "x", "nobodyhere", "../transfer", str(mallory.owner_id))
        ),
        *((NO_SHOP, {"intent": wrong}) for wrong in ("", "x")),
        *((NO_AMOUNT, {"amount": wrong}) for wrong in ("", "-1", "0", "1e3", "NaN", "9" * 60)),
        *((REFUSED, {name: None}) for name in ("look", "intent", "handle", "amount", "note")),
        (REFUSED, {"payer": "another"}),
    ]
    with opened(stack, mallory.cookie, chai_point) as tab:
        for number, (sentence, changes) in enumerate(forged, 1):
            tab.send(f"{PAYING}.confirm", **confirmation(chai_point, **changes))
            tab.settle()

            assert (tab.var("said", "text"), tab.var("said", "number")) == (sentence, number), changes

    assert chai_point.was_paid() == []


def test_a_confirmation_of_what_was_never_looked_at_is_shown_first_and_paid_once(
    stack: Stack, mallory: Someone, chai_point: Counter
) -> None:
    forged = confirmation(chai_point)
    with opened(stack, mallory.cookie, chai_point) as tab:
        tab.send(f"{PAYING}.confirm", **forged)
        tab.settle()
        assert (chai_point.was_paid(), tab.var("paying", "is_reviewed")) == ([], True)
        forged["form_data"]["look"] = tab.var("paying", "review")["look"]
        for _ in range(20):
            tab.send(f"{PAYING}.confirm", **forged)
        tab.settle()

        assert tab.var("paying", "outcome") == "done"
    assert chai_point.was_paid() == [(100_00, None)]


def test_a_stranger_sees_a_shops_name_and_can_press_nothing(stack: Stack, chai_point: Counter) -> None:
    with opened(stack, "", chai_point) as tab:
        assert tab.var("paying", "who") == "stranger"
        assert tab.var("paying", "limit") == ""
        assert "shops.example" not in tab.everything()
        for handler, form in (
            ("look", {"form_data": {"amount": "1", "note": ""}}),
            ("confirm", confirmation(chai_point)),
            ("typed", {"amount": "1"}),
            ("find_out", {}),
            ("change", {}),
        ):
            tab.send(f"{PAYING}.{handler}", **form)
        tab.settle()

        assert set(tab.sent_to) <= {f"/login?next={quote(tab.page, safe='/')}"}
    assert chai_point.was_paid() == []


def test_what_is_scanned_leads_to_shops_of_ours_and_nowhere_else(
    stack: Stack, mallory: Someone, chai_point: Counter
) -> None:
    with Tab(stack.user_url, cookie=mallory.cookie, page="/scan") as tab:
        tab.load()
        tab.waits_until("state", "is_hydrated", value=True)
        for text in (
            "https://evil.example/pay/chaipoint",
            "javascript:alert(1)",
            "//evil.example",
            f"{stack.user_url}/login?next=//evil",
            f"{stack.user_url}/pay/{chai_point.handle}/../../logout",
            "\x00",
            "a" * 50_000,
        ):
            tab.send(f"{SCANNING}.read", form_data={"code": text})
            tab.send(f"{SCANNING}.type", form_data={"handle": text})
        for wrong in ({}, {"code": 1}, {"code": None}, {"code": "x", "next": "//evil"}):
            tab.send(f"{SCANNING}.read", form_data=wrong)
        tab.settle()

        assert tab.sent_to == []


def test_a_shop_draws_its_own_code_and_nobody_elses(stack: Stack, mallory: Someone) -> None:
    shop, cookie = sign_up_shop(stack)
    where = f"{stack.merchant_url}/code/qr.svg"

    own = httpx.get(where, headers={"Cookie": cookie})
    another = httpx.get(where, params={"handle": "chaipoint"}, headers={"Cookie": cookie})
    wrong = [
        httpx.get(where, params={"amount": amount}, headers={"Cookie": cookie})
        for amount in ("-1", "x", "1e9", "1,000", "9" * 50, "<script>")
    ]
    strangers = [
        httpx.get(where, headers=headers)
        for headers in (
            {},
            {"Cookie": f"user_app_session={mallory.cookie}"},
            {"Cookie": "merchant_app_session=x"},
        )
    ]

    assert (own.status_code, another.content) == (200, own.content)
    assert own.headers["content-security-policy"] == "default-src 'none'; frame-ancestors 'none'"
    assert f"batua-{shop.handle}.svg" in own.headers["content-disposition"]
    assert [one.status_code for one in wrong] == [422] * 6
    assert [one.status_code for one in strangers] == [303] * 3
