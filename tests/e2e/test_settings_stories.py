"""One's own settings in a browser: a name, another password, the sessions elsewhere, freezing, closing, one's data."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest
from playwright.sync_api import Page, expect

from tests.e2e.stack import Stack
from tests.e2e.tab import ROOT_STATE, Someone, Tab, give, post_gift, sent, signed_up, strict_app
from tests.e2e.wallet_page import (
    PASSWORD,
    PATIENCE_MILLISECONDS,
    Visitor,
    add_money,
    decide,
    is_dead,
    log_in,
    problem_of,
    shows_balance,
)

Visitors = Callable[..., Visitor]
NEW_PASSWORD = "another horse"
ENDED = "Your session has ended"
SESSIONS = f"{ROOT_STATE}.shared_ui___sessions_card____sessions"
FREEZING = f"{ROOT_STATE}.user_app___freeze_card____freezing"
CLOSING = f"{ROOT_STATE}.user_app___close_card____closing"


@pytest.fixture
def asha(visitors: Visitors) -> Visitor:
    """Signed in, without a page."""
    asha = visitors()
    asha.sign_up_elsewhere()
    return asha


@pytest.fixture
def at_home(visitors: Visitors, asha: Visitor) -> Visitor:
    """Asha's other browser."""
    at_home = visitors(email=asha.email)
    at_home.log_in_elsewhere()
    return at_home


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name).click()


def has_ended(page: Page) -> None:
    expect(page.get_by_role("heading", name=ENDED)).to_be_visible(timeout=PATIENCE_MILLISECONDS)


def token_of(stack: Stack, asha: Visitor) -> dict[str, str]:
    """The headers of a program of hers."""
    answer = httpx.post(
        stack.user_url + "/api/v1/user/signin",
        json={"username": asha.email, "password": PASSWORD},
        timeout=30,
    )
    return {"Authorization": f"Bearer {answer.json()['token']}"}


def whose(stack: Stack, asha: Visitor) -> Someone:
    [(user_id,)] = stack.rows("SELECT id FROM users WHERE email = %s", asha.email)
    return Someone(user_id, asha.email, asha.cookie())


def test_asha_changes_her_name_and_her_other_page_knows_it(asha: Visitor) -> None:
    other, page = asha.tab(), asha.tab("/settings")
    expect(other.get_by_text("Asha Rao")).to_have_count(1)

    page.get_by_label("Last name").fill("  ")
    press(page, "Change name")
    expect(page.get_by_label("Last name")).to_have_attribute("aria-invalid", "true")
    assert "last name" in problem_of(page.get_by_label("Last name"))
    page.get_by_label("First name").fill("आशा")
    page.get_by_label("Last name").fill("Iyer")
    press(page, "Change name")

    expect(page.get_by_text("Your name is changed.")).to_be_visible()
    expect(other.get_by_text("आशा Iyer")).to_have_count(1, timeout=PATIENCE_MILLISECONDS)


def test_another_password_logs_out_everywhere_else(stack: Stack, asha: Visitor, at_home: Visitor) -> None:
    page, other = asha.tab("/settings"), at_home.tab()
    shows_balance(other, "₹0.00")
    program = token_of(stack, asha)

    for current, chosen, field in (
        ("wrong", NEW_PASSWORD, "Current password"),
        (PASSWORD, "short", "New password"),
    ):
        page.get_by_label("Current password").fill(current)
        page.get_by_label("New password").fill(chosen)
        press(page, "Change password")
        page.wait_for_url(re.compile("why="))
        expect(page.get_by_label(field)).to_have_attribute("aria-invalid", "true")
        assert page.get_by_label(field).input_value() == ""
        expect(page.get_by_text("Nothing has changed.")).to_be_focused()
    page.get_by_label("Current password").fill(PASSWORD)
    page.get_by_label("New password").fill(NEW_PASSWORD)
    press(page, "Change password")

    expect(page.get_by_text("Your new password is set.")).to_be_visible()
    has_ended(other)
    assert is_dead(stack, at_home.cookie())
    assert not is_dead(stack, asha.cookie())
    assert httpx.get(stack.user_url + "/api/v1/account/balance", headers=program).status_code == 403
    page.goto(stack.user_url + "/transfer")
    shows_balance(page, "₹0.00")
    at_home.log_in_elsewhere(NEW_PASSWORD)


def test_she_sees_where_she_is_logged_in_and_ends_what_is_not_hers(
    stack: Stack, asha: Visitor, at_home: Visitor
) -> None:
    program = token_of(stack, asha)
    other, page = at_home.tab(), asha.tab("/settings")
    shows_balance(other, "₹0.00")
    rows = page.get_by_role("listitem").filter(has_text="Since ")
    expect(rows).to_have_count(3)
    expect(rows.first).to_contain_text("This browser")
    expect(rows.first.get_by_role("button")).to_have_count(0)

    press(page, "End python-httpx")
    expect(rows).to_have_count(2)
    assert httpx.get(stack.user_url + "/api/v1/account/balance", headers=program).status_code == 403
    expect(other.get_by_text(ENDED)).to_have_count(0)
    press(page, "End all others")

    expect(rows).to_have_count(1)
    has_ended(other)
    assert is_dead(stack, at_home.cookie())
    assert not is_dead(stack, asha.cookie())


def test_asha_freezes_her_wallet_and_only_her_password_unfreezes_it(
    stack: Stack, asha: Visitor, visitors: Visitors
) -> None:
    ravi = visitors("Ravi")
    ravi.sign_up_elsewhere()
    give(stack, whose(stack, asha), 500_00)
    program = token_of(stack, asha)
    other, page = asha.tab(), asha.tab("/settings")
    shows_balance(other, "₹500.00")

    press(page, "Freeze my wallet")
    press(page, "Not now")
    press(page, "Freeze my wallet")
    press(page, "Confirm, freeze my wallet")

    expect(page.get_by_text("Frozen since")).to_be_visible()
    expect(other.get_by_text("Your wallet is frozen")).to_be_visible(timeout=PATIENCE_MILLISECONDS)
    expect(other.get_by_text("Frozen: nothing leaves it")).to_be_visible()
    body = {"to": str(whose(stack, ravi).owner_id), "amount": 1}
    sends = httpx.post(stack.user_url + "/api/v1/account/transfer", headers=program, json=body)
    assert (sends.status_code, sends.json()) == (400, {"message": "Wallet is frozen"})
    add_money(other, "250")
    decide(other, "Approve")
    other.goto(stack.user_url + "/transfer")
    shows_balance(other, "₹750.00")

    for password, said in (("wrong", "This password is not right."), (PASSWORD, "Your wallet is unfrozen.")):
        page.get_by_label("Password", exact=True).fill(password)
        press(page, "Unfreeze my wallet")
        expect(page.get_by_text(said)).to_be_visible()
    expect(other.get_by_text("Your wallet is frozen")).to_have_count(0, timeout=PATIENCE_MILLISECONDS)
    sends = httpx.post(stack.user_url + "/api/v1/account/transfer", headers=program, json=body)
    assert sends.status_code == 200


def test_asha_closes_her_wallet_once_it_is_empty(
    stack: Stack, asha: Visitor, at_home: Visitor, visitors: Visitors
) -> None:
    ravi = visitors("Ravi")
    ravi.sign_up_elsewhere()
    give(stack, whose(stack, asha), 5_00)
    program, ravis = token_of(stack, asha), token_of(stack, ravi)
    other, page = at_home.tab(), asha.tab("/settings")
    shows_balance(other, "₹5.00")

    expect(page.get_by_text("There is still money in your wallet.")).to_be_visible()
    expect(page.get_by_role("button", name="Close my wallet")).to_have_count(0)
    body = {"to": str(whose(stack, ravi).owner_id), "amount": 5}
    httpx.post(stack.user_url + "/api/v1/account/transfer", headers=program, json=body).raise_for_status()
    press(page, "Close my wallet")
    page.get_by_label("Password", exact=True).fill("wrong")
    press(page, "Confirm, close my wallet")
    expect(page.get_by_label("Password", exact=True)).to_have_attribute("aria-invalid", "true")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    press(page, "Confirm, close my wallet")

    expect(page.get_by_text("Your wallet is closed")).to_be_visible()
    has_ended(other)
    assert asha.cookie() == ""
    log_in(page, asha, "wrong horse")
    expect(page.get_by_text("Email or password is not right.")).to_be_visible()
    log_in(page, asha)
    expect(page.get_by_text("This wallet is closed.")).to_be_visible()
    assert httpx.get(stack.user_url + "/api/v1/account/balance", headers=program).status_code == 403
    body = {"to": str(whose(stack, asha).owner_id), "amount": 1}
    sends = httpx.post(stack.user_url + "/api/v1/account/transfer", headers=ravis, json=body)
    assert (sends.status_code, sends.json()) == (400, {"message": "Invalid account"})


def test_money_that_arrives_after_the_look_keeps_the_wallet_open(stack: Stack, asha: Visitor) -> None:
    page = asha.tab("/settings")
    press(page, "Close my wallet")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    with psycopg.connect(stack.database_url) as connection:
        # Her page is not told of it.
        post_gift(connection, whose(stack, asha), 1_00)
    press(page, "Confirm, close my wallet")

    expect(page.get_by_text("Nothing has changed. There is still money in your wallet.")).to_be_visible()
    assert not is_dead(stack, asha.cookie())


def test_all_her_data_is_one_file_and_nothing_of_others_but_names(
    stack: Stack, asha: Visitor, visitors: Visitors, tmp_path: Path
) -> None:
    ravi = visitors("Ravi")
    ravi.sign_up_elsewhere()
    give(stack, whose(stack, asha), 500_00)
    body = {"to": str(whose(stack, ravi).owner_id), "amount": 12.5, "note": "चाय"}
    program = token_of(stack, asha)
    httpx.post(stack.user_url + "/api/v1/account/transfer", headers=program, json=body).raise_for_status()
    page = asha.tab("/settings")

    with page.expect_download() as downloading:
        press(page, "Download all my data")

    assert downloading.value.suggested_filename == "batua-my-data.json"
    file = tmp_path / "data.json"
    downloading.value.save_as(file)
    found: dict[str, Any] = json.loads(file.read_text())
    assert (found["profile"]["email"], found["profile"]["balance"]) == (asha.email, "487.50")
    newest = found["transactions"][0]
    assert (newest["amount"], newest["counterparty"], newest["note"]) == ("-12.50", "Ravi Rao", "चाय")
    assert {one["kind"] for one in found["sessions"]} == {"browser", "program"}
    for secret in (
        ravi.email,
        str(whose(stack, ravi).owner_id),
        asha.cookie(),
        program["Authorization"][7:],
        "hash",
    ):
        assert secret not in file.read_text()


# By an attacker


FORMS = ("/auth/change-password", "/auth/unfreeze", "/auth/close-wallet")
FIELDS = {"password": "horse battery staple", "new_password": NEW_PASSWORD}


@pytest.mark.parametrize("path", FORMS)
def test_without_a_session_no_form_does_anything(stack: Stack, path: str) -> None:
    for cookie in ("", f"user_app_session={'a' * 43}"):
        answer = sent(stack.user_url, path, FIELDS, cookie)

        assert (answer.status_code, answer.headers["location"]) == (303, "/login?next=/settings")


def test_five_wrong_passwords_wait_whichever_form_they_are_typed_into(stack: Stack, tmp_path: Path) -> None:
    asha = signed_up(stack)
    with strict_app(stack, tmp_path / "strict.log") as url:
        wrong = {"password": "wrong", "new_password": NEW_PASSWORD}
        for path in (*FORMS, *FORMS[:2]):
            assert "why=WrongPassword" in sent(url, path, wrong, asha.cookie).headers["location"]
        answers = [sent(url, path, FIELDS, asha.cookie) for path in FORMS]

    assert all("why=TooManyTries" in one.headers["location"] for one in answers)
    assert all(int(one.headers["retry-after"]) > 0 for one in answers)
    assert stack.rows("SELECT closed_at FROM balances WHERE account_id = %s", asha.owner_id) == [(None,)]


def test_another_persons_session_cannot_be_ended_over_the_socket(stack: Stack) -> None:
    asha, mallory = signed_up(stack), signed_up(stack, "Mallory")
    [(hers,)] = stack.rows("SELECT id::text FROM sessions WHERE owner_id = %s", asha.owner_id)

    with Tab(stack.user_url, cookie=mallory.cookie, page="/settings").opened() as tab:
        for wanted in (hers, hers.upper(), f"{{{hers}}}", str(uuid.uuid4()), "", "x" * 10_000, "%", "\x00"):
            tab.send(f"{SESSIONS}.end", session_id=wanted)
        tab.send(f"{SESSIONS}.end_others")
        tab.settle()
        assert str(asha.owner_id) not in tab.everything()

    assert stack.rows("SELECT ended_at FROM sessions WHERE id = %s", hers) == [(None,)]


def test_nothing_is_frozen_or_closed_without_its_look_and_its_password(stack: Stack) -> None:
    mallory = signed_up(stack, "Mallory")

    with Tab(stack.user_url, cookie=mallory.cookie, page="/settings").opened() as tab:
        tab.send(f"{FREEZING}.confirm")
        tab.send(f"{CLOSING}.look")
        for name in ("confirm", "close", "_begin", "_repaint"):
            tab.send(f"{CLOSING}.{name}", password="horse battery staple")
        tab.settle()

    [stands] = stack.rows("SELECT frozen_at, closed_at FROM balances WHERE account_id = %s", mallory.owner_id)
    assert stands == (None, None)


def test_the_file_of_all_data_is_for_whoever_is_signed_in(stack: Stack) -> None:
    for cookie in ({}, {"Cookie": f"user_app_session={'a' * 43}"}):
        answer = httpx.get(stack.user_url + "/files/my-data.json", headers=cookie)

        assert (answer.status_code, answer.headers["location"]) == (303, "/login?next=/settings")
    asha = signed_up(stack)
    answer = httpx.get(stack.user_url + "/files/my-data.json", headers={"Cookie": asha.cookie})
    assert answer.json()["profile"]["id"] == str(asha.owner_id)
    assert answer.headers["cache-control"] == "no-store"
