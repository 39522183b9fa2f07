"""The bank broken on purpose: each fault acts where it should, nowhere else, and the same way every time."""

import asyncio
import sqlite3
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from bank_api.client import BankClient, BankRefused, BankUnreachable
from dummy_bank.faults import Faults
from tests.integration.dummy_bank_town import ACCOUNT, AMOUNT, IFSC, Town, a_town, until

KEY = {"Authorization": "Bearer key-of-hdfc"}
DEFAULTS = {
    "seed": 7, "down": False, "latency_ms": [0, 0], "error_rate": 0, "drop_response_rate": 0, "pending_rate": 0,
    "pending_ms": 1000, "fail_rate": 0, "reversal_rate": 0, "reversal_after_ms": 1000, "idempotent_references": True,
    "webhook_delay_ms": 0, "webhook_duplicates": 0, "webhook_new_ids": False, "webhook_shuffle": False,
    "webhook_loss_rate": 0, "late_success_after_decline": False, "statement_errors": 0,
}  # fmt: skip


@pytest.fixture
async def town(tmp_path: Path) -> AsyncIterator[Town]:
    async with a_town(tmp_path) as opened:
        yield opened


async def test_the_faults_are_set_whole_shown_and_cleared(town: Town) -> None:
    at_first = await town.browser.get("/hdfc/control/faults")
    changed = await town.browser.put("/hdfc/control/faults", json={"error_rate": 0.5, "seed": 8})
    then = await town.browser.put("/hdfc/control/faults", json={"latency_ms": [1, 2]})
    shown = await town.browser.get("/hdfc/control/faults")
    other = await town.browser.get("/axis/control/faults")
    cleared = await town.browser.delete("/hdfc/control/faults")

    assert at_first.json() == DEFAULTS
    assert changed.json() == DEFAULTS | {"error_rate": 0.5, "seed": 8}
    assert then.json() == shown.json() == DEFAULTS | {"latency_ms": [1, 2]}
    assert other.json() == cleared.json() == DEFAULTS
    assert (await town.browser.get("/hdfc/control/faults")).json() == DEFAULTS
    assert {one.status_code for one in (at_first, changed, then, shown, other, cleared)} == {200}


async def test_what_is_no_fault_is_refused_and_changes_nothing(town: Town) -> None:
    await town.break_it(error_rate=0.25)
    wrong: list[object] = [
        {"unknown": 1},
        {"Down": True},
        [],
        None,
        7,
        *({"down": value} for value in (1, 0, "true", None, [])),
        *({"idempotent_references": value} for value in ("false", 0, None)),
        *({"seed": value} for value in (1.5, "7", None, True, 2**63)),
        *({"error_rate": value} for value in (-0.1, 1.1, "0.5", True, None, [0])),
        *({"webhook_loss_rate": value} for value in (2, -1)),
        *({"pending_ms": value} for value in (-1, 1.5, "1000", 2**63, None)),
        *({"webhook_duplicates": value} for value in (-1, 21, 0.5)),
        *({"statement_errors": value} for value in (-1, 1001, True)),
        *(
            {"latency_ms": value}
            for value in ([0], [0, 1, 2], [2, 1], [-1, 0], [0, 1.5], ["0", "1"], 5, "00", {})
        ),
    ]
    bodies = [b"", b"{", b"\xff", b'{"error_rate": NaN}', b'{"error_rate": 1e999}', b'{"seed": 1, "seed": 2}']

    for body in wrong:
        answer = await town.browser.put(
            "/hdfc/control/faults", json={"seed": 9} | body if isinstance(body, dict) else body
        )
        assert (answer.status_code, body) == (422, body)
    for body in bodies:
        assert (await town.browser.put("/hdfc/control/faults", content=body)).status_code == 422
    assert (await town.browser.put("/hdfc/control/faults", content=b" " * 20_000)).status_code == 413

    assert (await town.browser.get("/hdfc/control/faults")).json() == DEFAULTS | {"error_rate": 0.25}


async def test_a_page_of_somebody_elses_cannot_break_the_bank(town: Town) -> None:
    for headers in [
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://localhost:3999"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ]:
        for method in ("GET", "PUT", "DELETE"):
            answer = await town.browser.request(
                method, "/hdfc/control/faults", json={"down": True}, headers=headers
            )
            assert answer.status_code == 403

    assert (await town.browser.put("/icici/control/faults", json={"down": True})).status_code == 404
    assert (await town.browser.get("/hdfc/control/faults", headers={"Origin": town.url})).json() == DEFAULTS


async def everything(town: Town, token: str) -> dict[str, int]:
    """The status of every call a merchant can make; 0 where no answer came."""
    account = {"account_number": ACCOUNT, "ifsc": IFSC}
    payment = {"user_identifier": "u", "amount_paise": 1, "return_url": "http://localhost:3999/"}
    calls = {
        "payment": ("POST", "payments", {"merchant_reference": "r-new"} | payment),
        "payment enquiry": ("GET", f"payments/{token}", None),
        "refund": ("POST", "refunds", {"token": token}),
        "payout": ("POST", "payouts", {"reference": "w-new", "amount_paise": 1} | account),
        "payout enquiry": ("GET", "payouts/w-new", None),
        "verify": ("POST", "accounts/verify", account),
        "statement": ("GET", f"statement?date={town.today()}", None),
    }
    statuses: dict[str, int] = {}
    for name, (method, path, body) in calls.items():
        try:
            answer = await town.browser.request(method, f"/hdfc/api/{path}", json=body, headers=KEY)
            statuses[name] = answer.status_code
        except httpx.RemoteProtocolError:
            statuses[name] = 0
    return statuses


ALL_WELL = {
    "payment": 201, "payment enquiry": 200, "refund": 200, "payout": 200, "payout enquiry": 200, "verify": 200,
    "statement": 200,
}  # fmt: skip
NEVER_BROKEN = {"verify": 200, "statement": 200}


@pytest.mark.parametrize(
    ("fault", "status", "has_acted"),
    [
        ({"down": True, "latency_ms": [60_000, 60_000]}, 503, False),
        ({"error_rate": 1}, 503, False),
        ({"drop_response_rate": 1}, 0, True),
        ({"error_rate": 1, "drop_response_rate": 1}, 503, False),
    ],
    ids=["down", "error", "drop", "both"],
)
async def test_a_bank_that_does_not_answer(
    town: Town, fault: dict[str, object], status: int, *, has_acted: bool
) -> None:
    created = await town.pay_later()
    await town.control(created.token, "approve")
    await town.break_it(**fault)

    broken = await everything(town, created.token)
    acted = (
        town.ask("SELECT count(*) FROM payments WHERE merchant_reference = 'r-new'"),
        town.ask("SELECT count(*) FROM movements WHERE kind = 'refund'"),
        town.ask("SELECT count(*) FROM payouts"),
    )
    other = await town.axis.payout("w-1", ACCOUNT, IFSC, AMOUNT)
    await town.browser.delete("/hdfc/control/faults")

    assert broken == dict.fromkeys(ALL_WELL, status) | NEVER_BROKEN
    assert acted == ((1, 1, 1) if has_acted else (0, 0, 0))
    assert other.status == "succeeded"
    assert await everything(town, created.token) == ALL_WELL


async def test_a_bank_that_is_down_is_still_under_control(town: Town) -> None:
    created = await town.pay_later()
    await town.break_it(down=True, error_rate=1, drop_response_rate=1)

    approved = await town.control(created.token, "approve")

    assert (approved.status_code, approved.json()["status"]) == (200, "paid")
    assert (await town.browser.get("/hdfc/control")).status_code == 200
    assert (await town.browser.get("/readyz")).status_code == 200
    # It looks at no key while it is down, and at the key first while it merely fails.
    assert (await town.browser.post("/hdfc/api/payouts")).status_code == 503
    await town.break_it(error_rate=1)
    assert (await town.browser.post("/hdfc/api/payouts")).status_code == 401
    assert (await town.browser.post("/hdfc/api/payouts", headers=KEY)).status_code == 422


async def test_a_dropped_answer_leaves_a_payout_that_asking_again_finds(town: Town) -> None:
    await town.break_it(drop_response_rate=1)
    with pytest.raises(BankUnreachable, match="RemoteProtocolError"):
        await town.pay_out()
    with pytest.raises(BankUnreachable):  # a refusal is dropped as well
        await town.pay_out(amount_paise=1)
    with pytest.raises(BankUnreachable):
        await town.hdfc.payout_state("w-unknown")
    await town.browser.delete("/hdfc/control/faults")

    state = await town.pay_out()

    assert state.status == "succeeded"
    assert town.ask("SELECT count(*) FROM payout_movements") == 1


async def test_a_slow_bank_acts_late(town: Town) -> None:
    await town.break_it(latency_ms=[400, 400])
    async with BankClient(
        f"http://127.0.0.1:{town.settings.dummy_bank_port}/hdfc/api", "key-of-hdfc", timeout_seconds=0.2
    ) as hasty:
        with pytest.raises(BankUnreachable):
            await hasty.payout("w-1", ACCOUNT, IFSC, AMOUNT)
    paid_at_once = town.ask("SELECT count(*) FROM payouts")

    await until(lambda: town.ask("SELECT count(*) FROM payouts") == 1)

    assert paid_at_once == 0
    assert (await town.pay_out()).status == "succeeded"


async def test_a_pending_payout_becomes_final_later(town: Town) -> None:
    await town.break_it(pending_rate=1, pending_ms=60_000)
    pending = await town.pay_out()
    again = await town.pay_out()
    moved = town.ask("SELECT count(*) FROM payout_movements")
    heard = len(town.merchant.heard)
    town.clock.ahead_seconds = 59
    still = await town.hdfc.payout_state("w-1")
    town.clock.ahead_seconds = 61
    final = await town.hdfc.payout_state("w-1")
    await town.merchant.has_heard(1)

    assert (pending.status, pending.utr) == ("pending", None)
    assert still == again == pending
    assert (moved, heard) == (0, 0)
    assert final.status == "succeeded"
    assert final.utr
    assert [heard.event.type for heard in town.merchant.heard] == ["payout.succeeded"]


async def test_a_pending_payout_becomes_final_though_nobody_asks(town: Town) -> None:
    await town.break_it(pending_rate=1, pending_ms=300, fail_rate=1)
    await town.pay_out()
    await town.browser.delete("/hdfc/control/faults")  # what was decided stays decided

    await town.merchant.has_heard(1)

    [heard] = town.merchant.heard
    state = await town.hdfc.payout_state("w-1")
    assert heard.event.type == "payout.failed"
    assert (state.status, state.utr) == ("failed", None)
    assert "did not accept" in (state.reason or "")


async def test_a_failed_payout_has_moved_nothing_and_stays_failed(town: Town) -> None:
    await town.break_it(fail_rate=1, reversal_rate=1, reversal_after_ms=0)
    state = await town.pay_out()
    await town.browser.delete("/hdfc/control/faults")
    await town.merchant.has_heard(1)

    assert (state.status, state.utr) == ("failed", None)
    assert await town.pay_out() == state
    assert town.ask("SELECT count(*) FROM payout_movements") == 0
    assert await town.hdfc.statement(town.today()) == ()


async def test_a_payout_comes_back_and_both_movements_stand_in_the_statement(town: Town) -> None:
    await town.break_it(reversal_rate=1, reversal_after_ms=200)
    paid = await town.pay_out()
    await town.merchant.has_heard(2)

    came_back = await town.hdfc.payout_state("w-1")

    assert (paid.status, came_back.status, came_back.utr) == ("succeeded", "failed", paid.utr)
    assert "sent the money back" in (came_back.reason or "")
    assert [heard.event.type for heard in town.merchant.heard] == ["payout.succeeded", "payout.reversed"]
    assert await town.pay_out() == came_back
    out, back = await town.hdfc.statement(town.today())
    assert (out.kind, out.status, out.utr) == ("payout", "succeeded", paid.utr)
    assert (back.kind, back.status, back.amount_paise) == ("reversal", "reversed", AMOUNT)
    assert back.utr != out.utr


async def test_a_bank_whose_references_are_not_idempotent_pays_twice(town: Town) -> None:
    first = await town.pay_out()
    await town.break_it(idempotent_references=False)

    second = await town.pay_out()
    with pytest.raises(BankRefused) as refused:
        await town.pay_out(amount_paise=1)
    await town.browser.delete("/hdfc/control/faults")

    assert second.status == "succeeded"
    assert second.utr != first.utr
    assert refused.value.status_code == 409
    assert await town.pay_out() == await town.hdfc.payout_state("w-1") == second
    lines = await town.hdfc.statement(town.today())
    assert [(line.reference, line.utr) for line in lines] == [("w-1", first.utr), ("w-1", second.utr)]
    await town.merchant.has_heard(2)


async def test_a_declined_payment_may_succeed_late(town: Town) -> None:
    await town.break_it(late_success_after_decline=True, pending_ms=200)
    created = await town.pay_later()

    declined = await town.control(created.token, "decline")
    await town.merchant.has_heard(2)

    assert declined.json()["status"] == "declined"
    assert (await town.hdfc.payment(created.token)).status == "paid"
    assert [heard.event.type for heard in town.merchant.heard] == ["payment.failed", "payment.succeeded"]
    town.nothing_was_lost()


FATES = {"seed": 3, "error_rate": 0.3, "drop_response_rate": 0.3, "pending_rate": 0.5, "pending_ms": 60_000}


async def fates(town: Town, references: list[str]) -> dict[str, list[str]]:
    """What comes of each reference when it is asked for three times; all references at once."""

    async def one(reference: str) -> list[str]:
        came: list[str] = []
        for _ in range(3):
            try:
                came.append((await town.pay_out(reference)).status)
            except BankUnreachable as error:
                came.append(str(error))
        return came

    return dict(zip(references, await asyncio.gather(*map(one, references)), strict=True))


async def test_the_same_seed_breaks_the_same_requests_in_whatever_order(tmp_path: Path) -> None:
    references = [f"w-{number}" for number in range(30)]
    lived: list[dict[str, list[str]]] = []
    for turn, order in enumerate((references, references[::-1])):
        async with a_town(tmp_path / str(turn)) as town:
            await town.break_it(**FATES)
            lived.append(await fates(town, order))
    async with a_town(tmp_path / "other") as town:
        await town.break_it(**FATES | {"seed": 4})
        otherwise = await fates(town, references)

    assert lived[0] == lived[1]
    assert otherwise != lived[0]
    kinds = Counter(word for words in lived[0].values() for word in words)
    assert set(kinds) == {"the bank answered 503", "RemoteProtocolError", "pending", "succeeded"}


async def test_faults_set_again_begin_again(town: Town) -> None:
    await town.break_it(error_rate=0.5)
    first = [(await town.browser.get("/hdfc/api/payouts/w-1", headers=KEY)).status_code for _ in range(12)]

    await town.break_it(error_rate=0.5)
    again = [(await town.browser.get("/hdfc/api/payouts/w-1", headers=KEY)).status_code for _ in range(12)]

    assert again == first
    assert set(first) == {404, 503}


def test_a_die_falls_evenly_and_depends_on_every_word() -> None:
    faults = Faults()

    share = sum(faults.strike(0.3, "error", number) for number in range(10_000)) / 10_000
    dice = {
        Faults(seed=seed).die(*words)
        for seed in (7, 8)
        for words in (("a", 1), ("a", 2), ("b", 1), ("a", "1"), ("a1",), ())
    }

    assert 0.28 < share < 0.32
    assert len(dice) == 12
    assert all(0 <= die < 1 for die in dice)
    assert not any(faults.strike(0, number) for number in range(1_000))
    assert all(faults.strike(1, number) for number in range(1_000))


async def test_faults_that_another_version_set_do_not_keep_the_bank_closed(tmp_path: Path) -> None:
    async with a_town(tmp_path) as town:
        await town.break_it(error_rate=1)
    async with a_town(tmp_path) as town:
        kept = (await town.browser.get("/hdfc/control/faults")).json()
        books = sqlite3.connect(town.settings.books_path, isolation_level=None)
        books.execute("UPDATE faults SET settings = '{\"moon_phase\": 3}'")
        books.close()
    async with a_town(tmp_path) as town:
        assert (await town.pay_out()).status == "succeeded"
        assert (await town.browser.get("/hdfc/control/faults")).json() == DEFAULTS

    assert kept == DEFAULTS | {"error_rate": 1}
