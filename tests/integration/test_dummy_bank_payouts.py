"""What the merchant's servers may ask about payouts, and that no reference is ever paid twice."""

import asyncio
import re
import signal
from collections import deque
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, suppress
from pathlib import Path
from typing import Any

import httpx
import pytest
from pydantic import ValidationError

from bank_api.client import BankClient, BankRefused, BankUnreachable
from bank_api.messages import PayoutEvent
from tests.integration.dummy_bank_town import (
    ACCOUNT,
    AMOUNT,
    IFSC,
    BankProcess,
    Merchant,
    Town,
    a_town,
    free_port,
    served,
    until,
)

KEY = {"Authorization": "Bearer key-of-hdfc"}
ORDER = {"reference": "w-1", "account_number": ACCOUNT, "ifsc": IFSC, "amount_paise": AMOUNT}


@pytest.fixture
async def town(tmp_path: Path) -> AsyncIterator[Town]:
    async with a_town(tmp_path) as opened:
        yield opened


def told(town: Town) -> list[tuple[str, str]]:
    events = [heard.event for heard in town.merchant.heard]
    return [(event.type, event.data.reference) for event in events if isinstance(event, PayoutEvent)]


async def test_a_payout_is_paid_and_told_of(town: Town) -> None:
    state = await town.pay_out()
    await town.merchant.has_heard(1)

    assert (state.reference, state.status, state.reason) == ("w-1", "succeeded", None)
    assert re.fullmatch(r"HDFCN[0-9]{11}", state.utr or "")
    assert await town.hdfc.payout_state("w-1") == state
    [heard] = town.merchant.heard
    assert heard.event.type == "payout.succeeded"
    assert heard.event.data.model_dump() == {
        "reference": "w-1",
        "user_identifier": None,
        "amount_paise": AMOUNT,
        "bank_reference": state.utr,
    }
    town.nothing_was_lost()


async def test_the_answer_is_exactly_that_of_the_contract(town: Town) -> None:
    paid = await town.browser.post("/hdfc/api/payouts", json=ORDER, headers=KEY)
    seen = await town.browser.get("/hdfc/api/payouts/w-1", headers=KEY)

    assert (paid.status_code, seen.status_code) == (200, 200)
    assert list(paid.json()) == ["reference", "status", "utr", "reason"]
    assert seen.json() == paid.json()


async def test_the_same_reference_again_is_the_same_payout(town: Town) -> None:
    first = await town.pay_out()

    again = await asyncio.gather(*(town.pay_out() for _ in range(3)))

    assert set(again) == {first}
    assert town.ask("SELECT count(*) FROM payout_movements") == 1


async def test_many_at_once_under_one_reference_pay_once(town: Town) -> None:
    states = await asyncio.gather(*(town.pay_out() for _ in range(20)))
    await town.merchant.has_heard(1)
    await asyncio.sleep(0.2)  # long enough for a second event to arrive

    assert len(set(states)) == 1
    assert town.ask("SELECT count(*) FROM payout_movements") == 1
    assert told(town) == [("payout.succeeded", "w-1")]


async def test_a_reference_stands_for_one_account_and_amount(town: Town) -> None:
    first = await town.pay_out()
    others: list[dict[str, Any]] = [
        {"amount_paise": AMOUNT + 1},
        {"account_number": "999999999"},
        {"ifsc": "UTIB0000001"},
    ]

    for changes in others:
        with pytest.raises(BankRefused) as refused:
            await town.pay_out(**changes)
        assert refused.value.status_code == 409
        assert "another account or of another amount" in refused.value.words

    assert await town.hdfc.payout_state("w-1") == first
    assert town.ask("SELECT count(*) FROM payouts") == 1


async def test_each_bank_keeps_its_own_references(town: Town) -> None:
    ours = await town.pay_out()
    with pytest.raises(BankRefused) as unknown:
        await town.axis.payout_state("w-1")

    theirs = await town.axis.payout("w-1", "987654321", "UTIB0000001", 1)

    assert unknown.value.status_code == 404
    assert (theirs.utr or "").startswith("UTIBN")
    assert theirs.utr != ours.utr


async def test_a_reference_may_be_any_short_text_of_one_line(town: Town) -> None:
    references = ["a/b", "..", ".", "a b?#%2F", "चाय", "x" * 128, 'a"b,c', "=1+1"]

    paid = [await town.pay_out(reference) for reference in references]

    assert [await town.hdfc.payout_state(reference) for reference in references] == paid
    lines = await town.hdfc.statement(town.today())
    assert [(line.reference, line.utr) for line in lines] == [(one.reference, one.utr) for one in paid]


async def test_an_unknown_reference_is_a_refusal(town: Town) -> None:
    for reference in ["w-1", "", "x" * 5000, "a\x00b"]:
        with pytest.raises(BankRefused) as refused:
            await town.hdfc.payout_state(reference)

        assert refused.value.status_code == 404 or reference == ""


WRONG = [
    {"reference": wrong} for wrong in ["", "x" * 129, "a\x00b", "a\n", "a\rb", None, 7, ["w-1"]]
] + [
    {"account_number": wrong}
    for wrong in ["12345678", "1" * 19, "12345678a", " 123456789", "123456789\n", "१२३४५६७८९", 123456789, None]
] + [
    {"ifsc": wrong}
    for wrong in ["HDFC1ABC123", "hdfc0ABC123", "HDFC0ABC12", "HDFC0ABC1234", "HDFC0abc123", "HDFC0ABC12\n", "", None]
] + [
    {"amount_paise": wrong} for wrong in [0, -1, 1.0, "100", True, None, 2**63, [1]]
]  # fmt: skip


async def test_a_payout_that_no_bank_could_make_is_refused(town: Town) -> None:
    for wrong in WRONG:
        answer = await town.browser.post("/hdfc/api/payouts", json=ORDER | wrong, headers=KEY)
        assert (answer.status_code, wrong) == (422, wrong)
    for missing in ORDER:
        order = {name: value for name, value in ORDER.items() if name != missing}
        assert (await town.browser.post("/hdfc/api/payouts", json=order, headers=KEY)).status_code == 422
    for body, status in [(b"", 422), (b"[]", 422), (b"\xff", 422), (b"[" * 9_000, 422), (b" " * 20_000, 413)]:
        answer = await town.browser.post("/hdfc/api/payouts", content=body, headers=KEY)
        assert answer.status_code == status

    assert town.ask("SELECT count(*) FROM payouts") == 0


async def test_our_client_does_not_even_ask_for_one(town: Town) -> None:
    for changes in [{"account_number": "1"}, {"ifsc": "HDFC1ABC123"}, {"amount_paise": 0}]:
        with pytest.raises(ValidationError):
            await town.pay_out(**changes)
    with pytest.raises(ValidationError):
        await town.hdfc.verify_account("1", IFSC)

    assert town.ask("SELECT count(*) FROM payouts") == 0


async def test_the_largest_amount_can_be_paid_out(town: Town) -> None:
    assert (await town.pay_out(amount_paise=2**63 - 1)).status == "succeeded"

    [line] = await town.hdfc.statement(town.today())
    assert line.amount_paise == 2**63 - 1


async def test_without_this_banks_key_nothing_is_paid_or_told(town: Town) -> None:
    await town.pay_out("w-0")
    for key in ["", "Bearer", "Bearer key-of-axis", "key-of-hdfc"]:
        headers = {"Authorization": key} if key else {}
        for method, path, body in (
            ("POST", "payouts", ORDER),
            ("GET", "payouts/w-0", None),
            ("POST", "accounts/verify", {"account_number": ACCOUNT, "ifsc": IFSC}),
        ):
            answer = await town.browser.request(method, f"/hdfc/api/{path}", json=body, headers=headers)
            assert answer.status_code == 401

    assert town.ask("SELECT count(*) FROM payouts") == 1


async def test_every_well_formed_account_exists_and_keeps_its_name(town: Town) -> None:
    accounts = [str(10**number) for number in range(8, 18)]

    names = [(await town.hdfc.verify_account(account, IFSC)).registered_name for account in accounts]
    again = await town.axis.verify_account(accounts[3], "UTIB0000001")

    assert again.status == "active"
    assert again.registered_name == names[3]
    assert all(re.fullmatch(r"[A-Z][a-z]+ [A-Z]['A-Za-z]+", name or "") for name in names)
    assert len(set(names)) > 5


async def test_an_account_that_none_can_have_is_not_looked_for(town: Town) -> None:
    account = {"account_number": ACCOUNT, "ifsc": IFSC}
    for wrong in [*WRONG[8:], {"ifsc": 7}]:
        if "amount_paise" in wrong:
            continue
        answer = await town.browser.post("/hdfc/api/accounts/verify", json=account | wrong, headers=KEY)
        assert (answer.status_code, wrong) == (422, wrong)


async def test_the_merchants_409_ends_an_event_and_moves_nothing(town: Town) -> None:
    town.merchant.answers = deque([409])

    await town.pay_out()
    await until(lambda: town.ask("SELECT count(*) FROM outbox WHERE state = 'refused'") == 1)

    assert (await town.hdfc.payout_state("w-1")).status == "succeeded"
    assert town.ask("SELECT count(*) FROM payout_movements") == 1
    town.nothing_was_lost()


async def test_an_event_of_a_payout_is_sent_again_until_it_is_heard(town: Town) -> None:
    town.merchant.answers = deque([503, 200])

    await town.pay_out()
    await until(lambda: town.ask("SELECT count(*) FROM outbox WHERE state = 'delivered'") == 1)

    assert len(town.merchant.heard) == 2
    assert len({heard.event_id for heard in town.merchant.heard}) == 1


async def test_through_a_storm_each_reference_is_paid_once_told_once_and_stands_in_the_statement(
    town: Town,
) -> None:
    storm = {"error_rate": 0.3, "drop_response_rate": 0.3, "latency_ms": [0, 30], "pending_rate": 0.5}
    await town.break_it(**storm, pending_ms=100, fail_rate=0.2, reversal_rate=0.2, reversal_after_ms=100)

    async def until_final(reference: str) -> str:
        while True:
            with suppress(BankUnreachable):
                state = await town.pay_out(reference)
                if state.status != "pending":
                    return state.status
            await asyncio.sleep(0.02)

    references = [f"w-{number}" for number in range(40)]
    finals = await asyncio.gather(*map(until_final, references * 2))
    await until(lambda: town.ask("SELECT count(*) FROM payouts WHERE next_at_ms IS NOT NULL") == 0)
    await until(lambda: town.ask("SELECT count(*) FROM outbox WHERE state = 'waiting'") == 0)

    assert set(finals) == {"succeeded", "failed"}
    assert town.ask("SELECT count(*) FROM payouts") == len(references)
    events = told(town)
    assert len(events) == len(set(events))
    final = [event for event in events if event[0] != "payout.reversed"]
    assert sorted(reference for _, reference in final) == sorted(references)
    lines = await town.hdfc.statement(town.today())
    as_events = {"payout": "payout.succeeded", "reversal": "payout.reversed"}
    moved = [event for event in events if event[0] != "payout.failed"]
    assert sorted((as_events[line.kind], line.reference) for line in lines) == sorted(moved)
    assert {kind for kind, _ in events} == {"payout.succeeded", "payout.failed", "payout.reversed"}


async def test_a_bank_killed_in_the_middle_knows_its_payouts_and_finishes_them(tmp_path: Path) -> None:
    merchant = Merchant(answers=deque([503]))
    async with AsyncExitStack() as stack:
        merchant.port = await stack.enter_async_context(served(merchant))
        bank = BankProcess(tmp_path, free_port(), merchant.port)
        await bank.start()
        at = f"http://127.0.0.1:{bank.port}"
        client = await stack.enter_async_context(BankClient(f"{at}/hdfc/api", "key-of-hdfc"))
        browser = await stack.enter_async_context(httpx.AsyncClient(base_url=at, trust_env=False))
        paid = await client.payout("w-paid", ACCOUNT, IFSC, AMOUNT)
        faults = {"pending_rate": 1, "pending_ms": 1500, "reversal_rate": 1, "reversal_after_ms": 500}
        await browser.put("/hdfc/control/faults", json=faults)
        pending = await client.payout("w-pending", ACCOUNT, IFSC, AMOUNT)
        await browser.put("/hdfc/control/faults", json={"drop_response_rate": 1})
        with pytest.raises(BankUnreachable, match="RemoteProtocolError"):
            await client.payout("w-dropped", ACCOUNT, IFSC, AMOUNT)

        await bank.end(signal.SIGKILL)
        with pytest.raises(BankUnreachable):
            await client.payout_state("w-paid")
        merchant.heard.clear()
        merchant.answers = deque([200])
        await bank.start()
        still_set = (await browser.get("/hdfc/control/faults")).json()
        await browser.delete("/hdfc/control/faults")
        again = await client.payout("w-paid", ACCOUNT, IFSC, AMOUNT)
        dropped = await client.payout_state("w-dropped")
        await merchant.has_heard(4)
        came_back = await client.payout_state("w-pending")
        await bank.end(signal.SIGTERM)

    assert (paid.status, pending.status, came_back.status) == ("succeeded", "pending", "failed")
    assert (again, dropped.status) == (paid, "succeeded")
    assert still_set["drop_response_rate"] == 1
    types = [(heard.event.type, heard.event.data.reference) for heard in merchant.heard]
    assert types.count(("payout.succeeded", "w-paid")) == types.count(("payout.succeeded", "w-dropped")) == 1
    of_pending = [event for event in types if event[1] == "w-pending"]
    assert of_pending == [("payout.succeeded", "w-pending"), ("payout.reversed", "w-pending")]
