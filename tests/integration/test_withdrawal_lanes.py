"""Withdrawals in lanes: held when asked for, sent one at a time, settled by whoever knows what became of them."""

import asyncio
import itertools
import uuid
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from money.accounts import BankAccount, HouseAccount, bank_account_id, house_account_id
from money.breaker import STANDARD
from money.errors import KeyUsedForAnother, NotEnoughMoney, NotFound, TooLateToCancel, WalletFrozen
from money.withdrawal import LEASE, Outcome
from shared_db.connection import Connection, with_retries
from shared_db.verify import verify
from shared_db.withdrawals import claim
from tests.integration.withdrawal_town import Town, opened
from tests.town import CASH


@pytest.fixture
async def town(database_url: str, tmp_path: Path) -> AsyncIterator[Town]:
    async with opened(database_url, tmp_path) as town:
        yield town


# Asking for it


async def test_money_is_held_when_it_is_asked_for_and_gone_when_the_bank_has_paid(town: Town) -> None:
    asha = await town.books.person(500)

    withdrawal = await town.asks(asha, 200)
    held = await town.has(asha)
    await town.worker().turn()

    assert held == (300, 200)
    assert await town.status(withdrawal) == "paid"
    assert await town.has(asha) == (300, 0)
    assert await town.attempts(withdrawal) == [("send", "succeeded")]
    [(utr,)] = await town.books.ask("SELECT utr FROM withdrawals WHERE id = %s", withdrawal)
    assert utr == (await town.bank.clients["hdfc"].payout_state(str(withdrawal))).utr
    assert sum(row[1] for row in await town.books.entries(CASH)) == 200_00


async def test_what_cannot_be_held_is_refused_and_leaves_nothing(town: Town) -> None:
    asha = await town.books.person(100)

    with pytest.raises(NotEnoughMoney):
        await town.asks(asha, 101)
    await town.books.ask("UPDATE balances SET frozen_at = now() WHERE account_id = %s", asha)
    with pytest.raises(WalletFrozen):
        await town.asks(asha, 1)
    with pytest.raises(NotFound):
        await town.asks(uuid.uuid4(), 1)

    assert await town.statuses(asha) == []
    assert await town.has(asha) == (100, 0)
    assert await town.worker().turn() == 0


async def test_the_same_reference_is_the_same_withdrawal(town: Town) -> None:
    asha = await town.books.person(100)

    first = await town.asks(asha, 60, reference="api:asha:1")
    again = await town.asks(asha, 60, reference="api:asha:1")
    with pytest.raises(KeyUsedForAnother):
        await town.asks(asha, 30, reference="api:asha:1")

    assert again == first
    assert await town.has(asha) == (40, 60)


async def test_fifty_at_once_never_hold_more_than_there_is(town: Town) -> None:
    asha = await town.books.person(100)

    done = await asyncio.gather(*(town.asks(asha, 9) for _ in range(50)), return_exceptions=True)

    asked = [one for one in done if isinstance(one, uuid.UUID)]
    assert len(asked) == 11
    assert all(isinstance(one, NotEnoughMoney) for one in done if one not in asked)
    assert await town.has(asha) == (1, 99)
    numbers = await town.books.ask("SELECT number FROM withdrawals ORDER BY number")
    assert [row[0] for row in numbers] == list(range(1, 12))


# One at a time


async def test_an_owners_withdrawals_go_one_by_one_in_order_and_others_beside_them(town: Town) -> None:
    asha, ravi = await town.books.person(100), await town.books.person(100)
    hers = [await town.asks(asha, 10) for _ in range(3)]
    his = await town.asks(ravi, 10)
    worker = town.worker()

    taken = [await worker.turn() for _ in range(4)]

    assert taken == [2, 1, 1, 0]
    assert await town.statuses(asha) == ["paid"] * 3
    assert await town.status(his) == "paid"
    sent = await town.books.ask("SELECT withdrawal_id FROM withdrawal_attempts ORDER BY began_at")
    assert [row[0] for row in sent if row[0] != his] == hers


async def test_many_workers_never_have_two_of_an_owner_in_flight(town: Town) -> None:
    owners = [await town.books.person(1_000) for _ in range(5)]
    await town.break_it(latency_ms=[1, 20], error_rate=0.2, drop_response_rate=0.2, fail_rate=0.1)
    for _ in range(6):
        await asyncio.gather(*(town.asks(owner, 10) for owner in owners))
    working = [asyncio.create_task(town.worker(str(number)).work()) for number in range(3)]

    while await town.open_ones():
        # Each back-off is over soon; a worker that has a lane keeps it.
        await town.books.ask("UPDATE lanes SET next_at = clock_timestamp() WHERE worker IS NULL")
        await asyncio.sleep(0.05)
    for one in working:
        one.cancel()
    await asyncio.gather(*working, return_exceptions=True)

    calls = await town.books.ask(
        "SELECT w.owner_id, w.number, a.began_at, a.began_at + a.latency_ms * interval '1 ms'"
        "  FROM withdrawal_attempts a JOIN withdrawals w ON w.id = a.withdrawal_id ORDER BY 1, 3"
    )
    for (owner, number, _, ended), (next_owner, next_number, began, _) in itertools.pairwise(calls):
        if owner == next_owner:
            assert number <= next_number
            assert (began - ended).total_seconds() > -0.002  # milliseconds are rounded
    for owner in owners:
        paid = (await town.statuses(owner)).count("paid")
        assert await town.has(owner) == (1_000 - 10 * paid, 0)


async def test_a_frozen_wallet_sends_nothing_and_goes_on_when_it_is_thawed(town: Town) -> None:
    asha = await town.books.person(100)
    withdrawal = await town.asks(asha, 10)
    await town.books.ask("UPDATE balances SET frozen_at = now() WHERE account_id = %s", asha)
    worker = town.worker()

    taken = await worker.turn()
    waiting = await town.status(withdrawal)
    await town.books.ask("UPDATE balances SET frozen_at = NULL")
    await town.make_due()
    await worker.turn()

    assert (taken, waiting) == (0, "queued")
    assert await town.status(withdrawal) == "paid"


# Banks that are slow, down or silent


@pytest.mark.parametrize(
    ("fault", "calls"),
    [
        ("drop_response_rate", [("send", "unreadable"), ("enquire", "succeeded")]),
        ("error_rate", [("send", "unreadable"), ("enquire", "not_found"), ("send", "succeeded")]),
    ],
)
async def test_a_lost_answer_is_asked_for_before_anything_is_sent_again(
    town: Town, fault: str, calls: list[tuple[str, str]]
) -> None:
    asha = await town.books.person(100)
    withdrawal = await town.asks(asha, 10)
    worker = town.worker()

    await town.break_it("hdfc", **{fault: 1.0})
    await worker.turn()
    unknown = await town.status(withdrawal), await town.has(asha)
    await town.break_it()
    for _ in calls[1:]:
        await town.make_due()
        await worker.turn()

    assert unknown == ("unknown", (90, 10))
    assert await town.attempts(withdrawal) == calls
    assert (await town.status(withdrawal), await town.has(asha)) == ("paid", (90, 0))


async def test_a_bank_that_says_no_gives_the_money_back(town: Town) -> None:
    asha = await town.books.person(100)
    withdrawal = await town.asks(asha, 10)
    await town.break_it(fail_rate=1.0)

    await town.worker().turn()

    assert (await town.status(withdrawal), await town.has(asha)) == ("failed", (100, 0))


async def test_what_came_back_before_we_could_ask_is_booked_as_paid_and_reversed(town: Town) -> None:
    asha = await town.books.person(100)
    withdrawal = await town.asks(asha, 10)
    worker = town.worker()
    await town.break_it(drop_response_rate=1.0, reversal_rate=1.0, reversal_after_ms=0)
    await worker.turn()
    await town.break_it()
    client = town.bank.clients["hdfc"]
    while (await client.payout_state(str(withdrawal))).status != "failed":  # noqa: ASYNC110 # it is the bank's
        await asyncio.sleep(0.02)

    await town.make_due()
    await worker.turn()

    assert (await town.status(withdrawal), await town.has(asha)) == ("reversed", (100, 0))
    assert await town.attempts(withdrawal) == [("send", "unreadable"), ("enquire", "reversed")]
    kinds = await town.books.ask(
        "SELECT kind FROM transfers WHERE kind IN ('capture', 'release', 'reversal')"
    )
    assert sorted(row[0] for row in kinds) == ["capture", "reversal"]
    [(utr, settled_at)] = await town.books.ask("SELECT utr, settled_at FROM withdrawals")
    assert settled_at is not None
    assert utr == (await client.payout_state(str(withdrawal))).utr


async def test_a_dead_workers_lane_is_taken_over_by_one_that_asks_first(town: Town) -> None:
    asha = await town.books.person(100)
    withdrawal = await town.asks(asha, 10)
    # As a worker leaves it that died after its call: written down as sending, and the bank has paid.
    await town.books.ask(
        "UPDATE withdrawals SET status = 'sending', next_call = 'enquire', sends = 1, version = version + 1,"
        " first_sent_at = now(), last_sent_at = now()"
    )
    await town.books.ask(
        "UPDATE lanes SET worker = 'dead', token = token + 1, next_at = now() + interval '20 s'"
    )
    await town.bank.clients["hdfc"].payout(str(withdrawal), "123456789012", "HDFC0ABC123", 10_00)
    worker = town.worker()

    too_soon = await worker.turn()
    await town.make_due()
    await worker.turn()

    assert too_soon == 0
    assert await town.attempts(withdrawal) == [("enquire", "succeeded")]
    assert (await town.status(withdrawal), await town.has(asha)) == ("paid", (90, 0))


async def test_a_frozen_workers_late_write_is_refused(town: Town) -> None:
    asha = await town.books.person(100)
    withdrawal = await town.asks(asha, 10)
    await town.break_it(latency_ms=[700, 700])
    late, quick = town.worker("late"), town.worker("quick")

    turn = asyncio.create_task(late.turn())
    await town.becomes(withdrawal, "sending")
    await town.make_due()  # its lease is over while its call is under way
    await quick.turn()
    settled = await town.status(withdrawal)
    await turn

    assert settled in {"paid", "unknown"}
    assert len(await town.attempts(withdrawal)) == 2
    await town.make_due()
    await quick.turn()
    assert (await town.status(withdrawal), await town.has(asha)) == ("paid", (90, 0))
    assert len(await town.books.ask("SELECT 1 FROM transfers WHERE kind = 'capture'")) == 1


async def test_a_worker_that_freezes_before_its_claim_is_committed_keeps_nobody_waiting_for_long(
    town: Town,
) -> None:
    asha = await town.books.person(100)
    withdrawal = await town.asks(asha, 10)
    frozen, quick = town.worker("frozen"), town.worker("quick")

    async def freeze_with_the_lane_in_hand(connection: Connection) -> int:
        async with connection.transaction():
            claimed = await claim(
                connection, "hdfc", most=1, worker="frozen", lease=LEASE, try_every=STANDARD.try_every
            )
            while claimed and not await quick.turn():  # noqa: ASYNC110 # a lane cannot set one
                await asyncio.sleep(0.2)
        return len(claimed)

    async with asyncio.timeout(20):
        claimed_when_awake = await with_retries(frozen.database, freeze_with_the_lane_in_hand)

    assert claimed_when_awake == 0
    assert (await town.status(withdrawal), await town.has(asha)) == ("paid", (90, 0))


# Others who know what became of it


async def test_a_webhook_settles_it_and_the_workers_answer_comes_too_late(town: Town) -> None:
    asha = await town.books.person(100)
    first, second = await town.asks(asha, 10), await town.asks(asha, 20)
    await town.break_it(latency_ms=[500, 500])
    worker = town.worker()

    turn = asyncio.create_task(worker.turn())
    await town.becomes(first, "sending")
    said = await town.told(first, Outcome.SUCCEEDED, 10)
    [(token,)] = await town.books.ask("SELECT token FROM lanes")
    await turn
    again = await town.told(first, Outcome.SUCCEEDED, 10)

    assert (said, again) == ("captured", "duplicate")
    assert token == 2
    assert await town.statuses(asha) == ["paid", "queued"]
    await town.break_it()
    await worker.turn()
    assert await town.status(second) == "paid"
    assert await town.has(asha) == (70, 0)


async def test_a_webhook_about_another_amount_or_nothing_we_know_moves_nothing(town: Town) -> None:
    asha = await town.books.person(100)
    withdrawal = await town.asks(asha, 10)

    assert await town.told(uuid.uuid4(), Outcome.SUCCEEDED, 10) is None
    assert await town.told(withdrawal, Outcome.SUCCEEDED, 11) == "rejected"
    assert await town.told(withdrawal, Outcome.SUCCEEDED, 10) == "recorded"  # it was never sent
    assert (await town.status(withdrawal), await town.has(asha)) == ("queued", (90, 10))


async def test_a_payout_that_comes_back_is_money_in_the_wallet_again(town: Town) -> None:
    asha = await town.books.person(100)
    withdrawal = await town.asks(asha, 10)
    await town.worker().turn()

    said = await town.told(withdrawal, Outcome.REVERSED, 10)
    again = await town.told(withdrawal, Outcome.REVERSED, 10)

    assert (said, again) == ("captured", "duplicate")
    assert (await town.status(withdrawal), await town.has(asha)) == ("reversed", (100, 0))


async def test_what_comes_back_to_a_closed_wallet_waits_in_suspense(town: Town) -> None:
    asha = await town.books.person(10)
    withdrawal = await town.asks(asha, 10)
    await town.worker().turn()
    await town.books.close_wallet(asha)

    assert await town.told(withdrawal, Outcome.REVERSED, 10) == "captured"

    suspense = house_account_id(HouseAccount.SUSPENSE)
    assert sum(row[1] for row in await town.books.entries(suspense)) == 10_00
    assert await town.status(withdrawal) == "reversed"


@pytest.mark.parametrize(("left", "has", "lost"), [(100, 90, 0), (5, 5, 10)])
async def test_what_a_bank_called_failed_and_paid_is_taken_back_once(
    town: Town, left: int, has: int, lost: int
) -> None:
    asha, ravi = await town.books.person(100), await town.books.person()
    withdrawal = await town.asks(asha, 10)
    worker = town.worker()
    await town.break_it(down=True)
    await worker.turn()  # sent, as far as we know
    assert await town.told(withdrawal, Outcome.FAILED, 10) == "captured"
    if left < 100:
        await town.spends(asha, ravi, 100 - left)
    await town.break_it()
    await town.bank.clients["hdfc"].payout(str(withdrawal), "123456789012", "HDFC0ABC123", 10_00)

    doubted = await town.told(withdrawal, Outcome.SUCCEEDED, 10)
    await worker.turn()
    await town.told(withdrawal, Outcome.SUCCEEDED, 10)

    losses = house_account_id(HouseAccount.LOSSES)
    assert doubted == "recorded"
    assert await town.status(withdrawal) == "failed"
    assert await town.has(asha) == (has, 0)
    assert sum(row[1] for row in await town.books.entries(losses)) == -lost * 10**2
    in_flight = bank_account_id("hdfc", BankAccount.IN_FLIGHT)
    assert sum(row[1] for row in await town.books.entries(in_flight)) == 0


# Cancelling


async def test_it_can_be_cancelled_while_it_is_queued_and_no_longer(town: Town) -> None:
    asha = await town.books.person(100)
    first, second = await town.asks(asha, 10), await town.asks(asha, 20)
    await town.break_it(down=True)
    worker = town.worker()
    await worker.turn()

    with pytest.raises(TooLateToCancel):
        await town.desk.cancel(first)
    await town.desk.cancel(second)
    await town.desk.cancel(second)

    assert await town.statuses(asha) == ["unknown", "cancelled"]
    assert await town.has(asha) == (90, 10)
    await town.break_it()
    for _ in range(2):
        await town.make_due()
        await worker.turn()
    assert await town.statuses(asha) == ["paid", "cancelled"]


async def test_cancel_and_claim_at_once_leave_one_of_both(town: Town) -> None:
    owners = [await town.books.person(10) for _ in range(20)]
    withdrawals = [await town.asks(owner, 10) for owner in owners]
    worker = town.worker()

    outcomes = await asyncio.gather(
        worker.turn(), *(town.desk.cancel(one) for one in withdrawals), return_exceptions=True
    )

    assert not [
        one for one in outcomes if isinstance(one, Exception) and not isinstance(one, TooLateToCancel)
    ]
    statuses = [await town.status(one) for one in withdrawals]
    assert set(statuses) <= {"paid", "cancelled"}
    for owner, status in zip(owners, statuses, strict=True):
        assert await town.has(owner) == ((0, 0) if status == "paid" else (10, 0))


# What verify sees


@pytest.mark.parametrize(
    "lie",
    [
        "UPDATE withdrawals SET status = 'failed'",
        "UPDATE withdrawals SET status = 'queued'",
        "UPDATE withdrawals SET status = 'reversed'",
        "UPDATE withdrawals SET correction = 'taken_back'",
        "UPDATE withdrawals SET amount_paise = 999",
        "UPDATE lanes SET pending = 1",
    ],
)
async def test_verify_notices_a_withdrawal_that_says_what_was_not_booked(town: Town, lie: str) -> None:
    asha = await town.books.person(100)
    await town.asks(asha, 10)
    await town.worker().turn()
    town.books.is_right()
    [(before,)] = await town.books.ask(
        "SELECT row(w.status, w.correction, w.amount_paise)::text FROM withdrawals w"
    )

    await town.books.ask(lie)

    assert not verify(town.books.url)["ok"]
    assert before == "(paid,none,1000)"
    await town.books.ask("UPDATE withdrawals SET status = 'paid', correction = 'none', amount_paise = 1000")
    await town.books.ask("UPDATE lanes SET pending = 0")
