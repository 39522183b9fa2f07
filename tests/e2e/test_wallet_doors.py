"""Addresses as strangers write them: a private page gives nothing away, and nobody is led elsewhere."""

from __future__ import annotations

import re
import socket
import uuid
from collections.abc import Callable
from urllib.parse import unquote

import httpx
import pytest
from playwright.sync_api import expect

from tests.e2e.stack import Stack
from tests.e2e.wallet_page import (
    PASSWORD,
    PATIENCE_MILLISECONDS,
    SESSION_COOKIE,
    Visitor,
    add_money,
    amount_field,
    balance,
    decide,
    history,
    log_in,
    shows_balance,
    was_shown,
)

Visitors = Callable[..., Visitor]

SPELLINGS = (
    "/transfer",
    "/transfer/",
    "//transfer",
    "///transfer//",
    "/transfer.html",
    "/transfer/index.html",
    "//transfer//index.html",
    "/%74ransfer",
    "/%2e/transfer",
    "/./transfer",
    "/transfer/.",
    "/x/../transfer",
    "/x/%2e%2e/transfer",
    "/../transfer",
)
NOT_OURS = (
    "//evil.example",
    "/\\evil",
    "https://evil.example",
    "%2f%2fevil",
    "/%09/evil.example",
    "/transfer%0d%0aX",
    "javascript:alert(1)",
)


@pytest.fixture
def asha(visitors: Visitors) -> Visitor:
    """Signed in, without a page."""
    asha = visitors()
    asha.sign_up_elsewhere()
    return asha


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("path", SPELLINGS)
def test_a_stranger_gets_no_byte_of_a_private_page_however_its_address_is_spelt(
    stack: Stack, method: str, path: str
) -> None:
    answer = _say(stack, method, path)

    head, _, body = answer.partition("\r\n\r\n")
    headers = dict(line.lower().split(": ", 1) for line in head.split("\r\n")[1:])
    assert head.startswith("HTTP/1.1 303 ")
    assert headers["location"] == "/login?next=/transfer"
    assert headers["cache-control"] == "no-store"
    assert body == ""


@pytest.mark.parametrize(
    "path",
    ["/TRANSFER", "/transfer%00", "/transfer%2f", "/transfer%2findex.html", "/transfer;x", "/transfer%20"],
)
def test_what_is_nearly_the_address_of_a_private_page_is_no_page(stack: Stack, path: str) -> None:
    answer = _say(stack, "GET", path)

    assert re.match(r"HTTP/1\.1 (303|400|404) ", answer)
    assert "<title>Your wallet" not in answer


def test_the_login_leads_to_no_place_but_ours(stack: Stack, asha: Visitor) -> None:
    led_to: dict[str, str] = {}
    for given in NOT_OURS:
        asha.context.clear_cookies()
        page = asha.tab(f"/login?next={given}")
        # What the page makes of the address comes over its socket.
        page.wait_for_load_state("networkidle")
        log_in(page, asha)
        expect(balance(page)).to_be_visible(timeout=PATIENCE_MILLISECONDS)
        led_to[given] = page.url
        page.close()

    assert led_to == dict.fromkeys(NOT_OURS, stack.user_url + "/transfer")


def test_a_form_that_skips_the_page_is_led_nowhere_else_either(stack: Stack, asha: Visitor) -> None:
    more = ("\\\\evil.example", "/ /evil", "/transfer\u2028", "/api/v1/x", "/auth/logout", "evil", "/" * 600)
    led_to: dict[str, str] = {}
    for given in (*map(unquote, NOT_OURS), *more):
        answer = httpx.post(
            stack.user_url + "/auth/login",
            data={"email": asha.email, "password": PASSWORD, "next": given},
            headers={"Origin": stack.user_url},
        )
        led_to[given] = answer.headers["location"]

    assert led_to == dict.fromkeys(led_to, "/transfer")


def test_the_login_leads_back_to_where_she_wanted_to_go(stack: Stack, asha: Visitor) -> None:
    asha.context.clear_cookies()

    page = asha.tab("/login?next=/settings")
    log_in(page, asha)

    page.wait_for_url(stack.user_url + "/settings")
    expect(page.get_by_text(asha.email)).to_be_visible()


def test_a_wrong_password_does_not_make_her_forget_where_she_wanted_to_go(
    stack: Stack, asha: Visitor
) -> None:
    asha.context.clear_cookies()
    page = asha.tab("/login?next=/settings")

    log_in(page, asha, "wrong horse")
    expect(page.get_by_role("alert")).to_contain_text("not right")
    expect(page.get_by_label("Email", exact=True)).to_have_value(asha.email)
    log_in(page, asha)

    page.wait_for_url(stack.user_url + "/settings")


def test_another_persons_payment_is_no_page_of_mine(stack: Stack, visitors: Visitors, asha: Visitor) -> None:
    page = asha.tab()
    add_money(page, "4,321")
    decide(page, "Approve")
    (payment, *_), *_ = asha.payments()
    ravi = visitors("Ravi")
    ravi.sign_up_elsewhere()
    ravi.records()

    page = ravi.context.new_page()
    answer = page.goto(f"{stack.user_url}/on-ramp?id={payment}")
    page.wait_for_load_state("networkidle")
    assert answer
    assert answer.status == 404
    assert "4,321" not in was_shown(page)
    for wanted in (payment.upper(), str(uuid.uuid4()), "1", "x'--", "", f"{payment}&id={payment}"):
        answer = ravi.context.request.get(f"{stack.user_url}/on-ramp?id={wanted}")
        assert answer.status == 404, wanted
    assert ravi.context.request.get(stack.user_url + "/on-ramp").status == 404
    ravi.may_complain_of("404")


def test_an_address_that_claims_success_changes_nothing(stack: Stack, asha: Visitor) -> None:
    page = asha.tab()
    add_money(page, "500")
    (payment, *_), *_ = asha.payments()

    claims = f"/on-ramp?id={payment}&status=success&outcome=done&amount=50000"
    page.goto(stack.user_url + claims)

    expect(page.get_by_role("main")).to_contain_text("has not")
    page.wait_for_timeout(500)
    expect(page.get_by_role("main")).not_to_contain_text("Added")
    assert asha.payments() == [(payment, "pending", 500_00)]
    assert asha.balance_paise() == 0


def test_a_stranger_at_a_payments_page_logs_in_and_comes_back_to_it(stack: Stack, asha: Visitor) -> None:
    page = asha.tab()
    add_money(page, "500")
    (payment, *_), *_ = asha.payments()
    asha.context.clear_cookies()

    page.goto(f"{stack.user_url}/on-ramp?id={payment}")
    page.wait_for_url(re.compile("/login"))
    log_in(page, asha)

    page.wait_for_url(f"{stack.user_url}/on-ramp?id={payment}")
    expect(page.get_by_role("main")).to_contain_text("₹500.00", timeout=PATIENCE_MILLISECONDS)


def test_the_links_of_the_history_lead_to_the_payments_page(stack: Stack, asha: Visitor) -> None:
    page = asha.tab()
    add_money(page, "500")
    page.goto(stack.user_url + "/transfer")

    history(page).get_by_role("link").click()

    (payment, *_), *_ = asha.payments()
    page.wait_for_url(f"{stack.user_url}/on-ramp?id={payment}")
    expect(page.get_by_role("main")).to_contain_text("₹500.00")
    bank_page = page.get_by_role("link", name=re.compile("bank", re.IGNORECASE)).first.get_attribute("href")
    assert bank_page
    assert bank_page.startswith(stack.bank_url)


def test_whoever_is_signed_in_begins_at_the_wallet(stack: Stack, asha: Visitor) -> None:
    for path in ("/", "/login", "/signup", "/reset", "/new-password"):
        answer = asha.context.request.get(stack.user_url + path, max_redirects=0)
        assert (answer.status, answer.headers["location"]) == (303, "/transfer"), path


def test_a_foreign_page_sends_none_of_our_forms(stack: Stack, asha: Visitor) -> None:
    cookie = {"Cookie": f"{SESSION_COOKIE}={asha.cookie()}"}

    for form in ("login", "signup", "logout", "reset", "new-password"):
        for origin in ({"Origin": "https://evil.example"}, {"Origin": "null"}, {}):
            answer = httpx.post(
                f"{stack.user_url}/auth/{form}",
                data={"email": asha.email, "password": PASSWORD},
                headers=cookie | origin,
            )
            assert answer.status_code == 403, (form, origin)
            assert "set-cookie" not in answer.headers, (form, origin)

    shows_balance(asha.tab(), "₹0.00")


def test_every_page_is_there_at_its_own_address(stack: Stack, asha: Visitor) -> None:
    session = {"Cookie": f"{SESSION_COOKIE}={asha.cookie()}"}

    for path in ("/transfer", "/settings"):
        answer = httpx.get(stack.user_url + path, headers=session)
        assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store"), path
    for path in ("/", "/login", "/signup", "/reset", "/new-password"):
        assert httpx.get(stack.user_url + path).status_code == 200, path


def test_a_stranger_cannot_type_into_a_page_he_never_got(stack: Stack, visitors: Visitors) -> None:
    stranger = visitors()
    page = stranger.tab()

    assert page.url == stack.user_url + "/login?next=/transfer"
    expect(amount_field(page)).to_have_count(0)


def _say(stack: Stack, method: str, path: str) -> str:
    """The whole answer to these very bytes; every client of ours would tidy them up first."""
    address = ("127.0.0.1", stack.ports["user_app"])
    with socket.create_connection(address, timeout=10) as line:
        line.sendall(f"{method} {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
        return b"".join(iter(lambda: line.recv(65_536), b"")).decode()
