"""A person adds money at her bank, and it arrives once, whatever the bank, the post or we do wrong."""

from __future__ import annotations

import json
import subprocess
import sys
import time

import httpx
import psycopg
import pytest
from playwright.sync_api import Browser, expect

from bank_api.signing import sign
from runtime.ports import free_port
from tests.e2e.stack import ROOT, Person, Stack, decide_at_bank, wait_for


def test_asha_approves_at_her_banks_page_and_the_money_is_there(stack: Stack, browser: Browser) -> None:
    asha = Person(stack)
    started = asha.start_on_ramp("hdfc", 500)
    page = browser.new_page()

    page.goto(started["redirectUrl"])
    page.get_by_label("Customer ID").fill("9876500001")
    page.get_by_label("Password").fill("bank-demo-1")
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_text("₹500.00").first).to_be_visible()
    page.get_by_role("button", name="Approve").click()
    page.wait_for_url(lambda url: url.startswith(stack.user_url))

    asha.waits_for_balance(500)
    assert asha.on_ramp(started)["status"] == "success"
    assert asha.on_ramp(started)["bankReference"]
    assert stack.verify()["ok"] is True
    page.close()


def test_asha_adds_money_at_axis_too(stack: Stack) -> None:
    asha = Person(stack)

    decide_at_bank(stack, asha.start_on_ramp("axis", 250.5), "approve")

    asha.waits_for_balance(250.5)


def test_asha_declines_and_nothing_moves(stack: Stack, browser: Browser) -> None:
    asha = Person(stack)
    started = asha.start_on_ramp("axis", 250)
    page = browser.new_page()

    page.goto(started["redirectUrl"])
    page.get_by_label("Customer ID").fill("9876500002")
    page.get_by_label("Password").fill("bank-demo-1")
    page.get_by_role("button", name="Log in").click()
    page.get_by_role("button", name="Decline").click()
    page.wait_for_url(lambda url: url.startswith(stack.user_url))

    asha.waits_for_status(started, "failure")
    assert asha.balance() == 0
    page.close()


def test_the_webhook_server_is_down_when_asha_approves(stack: Stack) -> None:
    asha = Person(stack)
    started = asha.start_on_ramp("hdfc", 500)
    stack.postman.mood = "refuse"

    decide_at_bank(stack, started, "approve")
    assert asha.balance() == 0
    stack.postman.mood = "carry"

    asha.waits_for_balance(500)


def test_every_webhook_of_a_payment_is_lost_and_the_money_still_arrives(stack: Stack) -> None:
    asha = Person(stack)
    started = asha.start_on_ramp("hdfc", 750)
    stack.postman.mood = "lose"

    decide_at_bank(stack, started, "approve")

    # We ask the bank by ourselves, for the first time after ten seconds.
    asha.waits_for_balance(750)


def test_the_bank_calls_twice_and_asha_is_paid_once(stack: Stack) -> None:
    asha = Person(stack)
    started = asha.start_on_ramp("hdfc", 500)
    stack.postman.mood = "double"

    decide_at_bank(stack, started, "approve")

    asha.waits_for_balance(500)
    wait_for(lambda: stack.postman.answers[-2:] == [200, 200], "both letters to be answered")
    assert _call(stack, started, _success(stack, started, 50_000), "evt-again").json() == {
        "status": "duplicate"
    }
    assert asha.balance() == 500


def test_a_payment_expires_and_its_late_success_is_asked_about_and_credited(stack: Stack) -> None:
    asha = Person(stack)
    started = asha.start_on_ramp("hdfc", 300)
    stack.sql(
        "UPDATE on_ramps SET expires_at = now() - interval '1 second', next_enquiry_at = now() WHERE id = %s",
        started["id"],
    )
    asha.waits_for_status(started, "expired")

    decide_at_bank(stack, started, "approve")

    asha.waits_for_status(started, "success")
    asha.waits_for_balance(300)


def test_a_late_success_the_bank_does_not_stand_by_is_not_credited(stack: Stack) -> None:
    asha = Person(stack)
    started = asha.start_on_ramp("hdfc", 300)
    decide_at_bank(stack, started, "decline")
    asha.waits_for_status(started, "failure")

    answer = _call(stack, started, _success(stack, started, 30_000), "evt-false-late-success")

    assert answer.json() == {"status": "recorded"}
    wait_for(lambda: _refund_was_requested(stack, started), "the bank to be asked for a refund")
    assert asha.balance() == 0
    assert asha.on_ramp(started)["status"] == "failure"


def test_a_forged_or_altered_webhook_moves_nothing(stack: Stack) -> None:
    asha = Person(stack)
    started = asha.start_on_ramp("hdfc", 500)
    body = _success(stack, started, 50_000)

    unsigned = httpx.post(f"{stack.webhook_url}/webhooks/hdfc", content=body)
    wrong_amount = _call(stack, started, _success(stack, started, 5_000_000), "evt-forged")
    other_bank = _call(stack, started, body, "evt-other", bank="axis")

    assert unsigned.status_code == 401
    assert wrong_amount.json() == {"status": "rejected", "reason": "amount_mismatch"}
    assert other_bank.json() == {"status": "rejected", "reason": "bank_mismatch"}
    assert asha.balance() == 0


def test_secrets_are_rotated_without_losing_a_webhook(stack: Stack) -> None:
    asha = Person(stack)
    old = stack.secrets["HDFC_WEBHOOK_SECRETS"]
    new = "whsec_" + "bmV3LXNlY3JldC1mb3ItdGhlLWhkZmMtYmFuaw=="
    port = free_port()
    rotated = {"HDFC_WEBHOOK_SECRETS": f"{new},{old}", "WEBHOOK_SERVER_PORT": str(port)}
    second_server = subprocess.Popen(
        [sys.executable, "-m", "webhook_server"],
        cwd=ROOT,
        env=stack.environment() | rotated | {"DATABASE_URL": stack.database_url},
    )
    try:
        url = f"http://127.0.0.1:{port}"
        wait_for(lambda: httpx.get(f"{url}/readyz").is_success, "the second server")
        before, after, never = (asha.start_on_ramp("hdfc", amount) for amount in (100, 200, 400))

        by_old = _call(stack, before, _success(stack, before, 10_000), "evt-old", secret=old, url=url)
        by_new = _call(stack, after, _success(stack, after, 20_000), "evt-new", secret=new, url=url)
        by_stranger = _call(
            stack,
            never,
            _success(stack, never, 40_000),
            "evt-no",
            secret="whsec_" + "c3RyYW5nZXI=" * 4,
            url=url,
        )

        assert by_old.json() == by_new.json() == {"status": "captured"}
        assert by_stranger.status_code == 401
        assert asha.balance() == 300
    finally:
        second_server.terminate()
        assert second_server.wait(20) == 0


@pytest.mark.parametrize(
    "name", ["webhook_server", "withdraw_service", "dummy_bank", "user_app", "merchant_app"]
)
def test_a_process_dies_in_the_middle_and_the_money_arrives_once(stack: Stack, name: str) -> None:
    asha = Person(stack)
    started = asha.start_on_ramp("hdfc", 500)

    stack.kill(name)
    wait_for(lambda: _decided(stack, started), "the bank to take the approval")

    asha.waits_for_balance(500)
    stack.wait_until_ready()
    assert stack.verify()["ok"] is True


def test_the_database_is_killed_in_the_middle_and_the_money_arrives_once(stack: Stack) -> None:
    asha = Person(stack)
    payments = [asha.start_on_ramp("hdfc", 10) for _ in range(20)]

    for place, started in enumerate(payments):
        if place == 10:
            stack.kill_database()
        decide_at_bank(stack, started, "approve")

    asha.waits_for_balance(200)
    stack.wait_until_ready()
    assert stack.verify()["ok"] is True


def test_webhooks_are_taken_while_both_web_apps_are_down(stack: Stack) -> None:
    asha = Person(stack)
    started = asha.start_on_ramp("hdfc", 500)
    body = _success(stack, started, 50_000)

    for name in ("user_app", "merchant_app"):
        stack.kill(name)
    answer = _call(stack, started, body, "evt-apps-down")

    assert answer.json() == {"status": "captured"}
    asha.waits_for_balance(500)


def test_one_payment_is_followed_through_the_logs_by_one_id(stack: Stack) -> None:
    asha = Person(stack)
    started = asha.start_on_ramp("hdfc", 500)
    decide_at_bank(stack, started, "approve")
    asha.waits_for_balance(500)

    lines = [
        json.loads(line)
        for log in (stack.folder / "logs").glob("*.log")
        for line in log.read_text().splitlines()
        if started["id"] in line and line.startswith("{")
    ]

    in_user_app = {line.get("correlation_id") for line in lines if line["process"] == "user_app"}
    in_webhook_server = {
        one["correlation_id"]
        for line in lines
        if line["process"] == "webhook_server"
        for one in line["settled"]
        if one["on_ramp_id"] == started["id"]
    }
    assert len(in_user_app) == 1
    assert in_user_app == in_webhook_server


def _success(stack: Stack, started: dict[str, str], amount_paise: int) -> bytes:
    with psycopg.connect(stack.database_url) as connection:
        row = connection.execute(
            "SELECT user_id::text FROM on_ramps WHERE id = %s", (started["id"],)
        ).fetchone()
    assert row
    return json.dumps(
        {
            "type": "payment.succeeded",
            "timestamp": "2026-11-21T10:00:00+05:30",
            "data": {
                "token": started["token"],
                "user_identifier": row[0],
                "amount_paise": amount_paise,
                "bank_reference": "HDFCN00000000001",
            },
        }
    ).encode()


def _call(
    stack: Stack,
    started: dict[str, str],
    body: bytes,
    event_id: str,
    *,
    bank: str = "hdfc",
    secret: str | None = None,
    url: str | None = None,
) -> httpx.Response:
    chosen = secret or stack.secrets[f"{bank.upper()}_WEBHOOK_SECRETS"]
    headers = sign(chosen, event_id=f"{event_id}-{started['id']}", timestamp=int(time.time()), body=body)
    return httpx.post(
        f"{url or stack.webhook_url}/webhooks/{bank}", content=body, headers=headers, timeout=20
    )


def _decided(stack: Stack, started: dict[str, str]) -> bool:
    decide_at_bank(stack, started, "approve")
    return True


def _refund_was_requested(stack: Stack, started: dict[str, str]) -> bool:
    with psycopg.connect(stack.database_url) as connection:
        row = connection.execute(
            "SELECT refund_heard_at IS NOT NULL FROM on_ramps WHERE id = %s", (started["id"],)
        ).fetchone()
    return bool(row and row[0])
