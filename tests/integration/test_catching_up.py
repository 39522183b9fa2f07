"""What the banks know that a restored database does not: told to the line, paid once, repaired by decisions."""

from __future__ import annotations

import asyncio
import json
import uuid
from collections import Counter
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest

from money.desk_errors import NotHeld
from money.errors import OutgoingStopped
from shared_db.backup import backup
from shared_db.restore import restore
from shared_db.restores import hold, let_out
from shared_db.verify import verify
from tests.integration import books_town
from tests.integration.backup_town import an_empty_database
from tests.integration.on_ramp_town import waiting_for_a_lock
from tests.integration.restored_town import PAID_TO, Story, a_story, lets_money_out, living_on, told
from tests.integration.solvency_town import is_stopped
from tests.integration.test_books_commands import manage
from wallet.catch_up import catch_up


@pytest.fixture
async def story(database_url: str, tmp_path: Path) -> AsyncIterator[Story]:
    async with a_story(database_url, tmp_path) as story:
        yield story


async def test_what_happened_at_the_bank_after_the_backup_is_told_to_the_line(story: Story) -> None:
    found = await story.catches_up()
    again = await story.catches_up()

    planted = {
        ("status payout", str(story.queued), 50_00),
        ("status payment", str(story.begun), 20_00),
        ("missing_here payment", str(story.lost_payment), 70_00),
        ("missing_here payout", str(story.lost_payout), 40_00),
        ("missing_here payout", str(story.lost_large_payout), 900_00),
        ("missing_here payout", str(story.came_back), 10_00),
        ("missing_here reversal", str(story.came_back), 10_00),
    }
    seen = told(found)
    [richer] = [one for one in seen if one[2] == 1_000_00]
    assert seen == Counter({*planted, richer})
    assert richer[0] == "missing_here payment"
    assert told(again) == seen
    assert (found.undecided, found.first < found.last) == (8, True)
    assert found.as_json()["banks"] == {
        "hdfc": {
            "status payout": {"count": 1, "paise": 50_00},
            "status payment": {"count": 1, "paise": 20_00},
            "missing_here payment": {"count": 2, "paise": 1_070_00},
            "missing_here payout": {"count": 3, "paise": 950_00},
            "missing_here reversal": {"count": 1, "paise": 10_00},
        }
    }


async def test_nothing_is_paid_twice_once_workers_run_on_the_restored_books(story: Story) -> None:
    town = story.town
    with pytest.raises(OutgoingStopped):
        await town.withdrawals.asks(story.asha, 5)
    before = len(await town.statement())

    await town.withdrawals.worker("after the restore").turn()
    await town.sweeps(await story.payment(story.begun))
    settled = await town.withdrawals.status(story.queued)
    lets_money_out(town.books.url)
    await town.withdrawals.make_due()
    await town.withdrawals.worker("after it was opened").turn()

    assert settled == "paid"
    assert await town.withdrawals.attempts(story.queued) == [("enquire", "succeeded")]
    lines = Counter((one.kind, one.reference) for one in await town.statement())
    assert (set(lines.values()), len(lines)) == ({1}, before)


async def test_a_withdrawal_that_the_bank_never_got_leaves_only_when_money_is_let_out(
    database_url: str, tmp_path: Path
) -> None:
    async with books_town.opened(database_url, tmp_path) as before:
        asha = await before.books.person(500)
        queued = await before.withdrawals.asks(asha, 50)
        await asyncio.to_thread(backup, database_url, tmp_path / "batua.dump")
        with an_empty_database(database_url) as elsewhere:
            await asyncio.to_thread(restore, elsewhere, tmp_path / "batua.dump")
            async with living_on(elsewhere, before) as town:
                worker = town.withdrawals.worker()
                for _ in range(3):
                    await town.withdrawals.make_due()
                    await worker.turn()
                held = (await town.withdrawals.status(queued), await town.statement())
                lets_money_out(elsewhere)
                await town.withdrawals.make_due()
                await worker.turn()

                assert held == ("unknown", ())
                assert await town.withdrawals.attempts(queued) == [
                    ("enquire", "not_found"),
                    ("send", "succeeded"),
                ]
                assert [(one.kind, one.reference) for one in await town.statement()] == [
                    ("payout", str(queued))
                ]
        # Here it was never sent.
        await before.withdrawals.desk.cancel(queued)


async def test_decisions_repair_the_books_until_nothing_is_left_and_money_leaves(story: Story) -> None:
    town, books = story.town, story.town.books
    await town.withdrawals.worker().turn()
    await town.sweeps(await story.payment(story.begun))
    [richer] = [one for one in (await story.catches_up()).differences if one.theirs_paise == 1_000_00]

    item, utr = await story.id_of("payment", story.lost_payment)
    followed = [await story.says_paid(item, utr, story.ravi)]
    followed += [await town.decides(richer.id, failed="the bank gives it back to its customer")]
    item, utr = await story.id_of("payout", story.lost_payout)
    followed += [await story.says_paid(item, utr, story.ravi, PAID_TO)]
    item, utr = await story.id_of("payout", story.lost_large_payout)
    await books.ask("UPDATE balances SET frozen_at = now() WHERE account_id = %s", story.asha)
    followed += [await story.says_paid(item, utr, story.asha, PAID_TO)]
    for kind in ("payout", "reversal"):
        item, _ = await story.id_of(kind, story.came_back)
        followed += [await town.decides(item, failed="went out and came back")]
    found = await story.catches_up()

    assert followed == [
        "payment written again, on_ramp",
        "recorded, nothing moved",
        "payout written again, hold, capture",
        "payout written again, hold, capture, ₹430.00 of it from the losses",
        *["recorded, nothing moved"] * 2,
    ]
    assert found.undecided == 0
    assert sorted(told(found)) == sorted(
        [
            ("missing_here payment", richer.reference, 1_000_00),
            ("missing_here payout", str(story.came_back), 10_00),
            ("missing_here reversal", str(story.came_back), 10_00),
        ]
    )
    assert (await books.has(story.asha), await books.has(story.ravi)) == ((0, 0), (330_00, 0))
    assert await books.ask(
        "SELECT frozen_at IS NOT NULL FROM balances WHERE account_id = %s", story.asha
    ) == [(True,)]
    assert verify(books.url)["ok"]
    lets_money_out(books.url)
    leaves = await town.withdrawals.asks(story.ravi, 5)
    await town.withdrawals.worker("open").turn()
    assert await town.withdrawals.status(leaves) == "paid"
    assert await town.withdrawals.statuses(story.ravi) == ["paid", "paid"]


async def test_a_lost_row_is_written_for_the_right_one_once_or_not_at_all(story: Story) -> None:
    books = story.town.books
    payment, payment_utr = await story.id_of("payment", story.lost_payment)
    payout, payout_utr = await story.id_of("payout", story.lost_payout)
    went_back, went_back_utr = await story.id_of("payout", story.came_back)
    known, known_utr = await story.id_of("payout", story.queued)
    closed = await books.person()
    await books.close_wallet(closed)
    before = (await books.has(story.asha), await books.has(story.ravi))

    refused = [
        await story.says_paid(payment, "another UTR", story.ravi),
        await story.says_paid(payment, payment_utr, uuid.uuid4()),
        await story.says_paid(payment, payment_utr, "Ravi"),
        await story.says_paid(payment, payment_utr, closed),
        await story.says_paid(payment, payment_utr, story.ravi, PAID_TO),
        await story.says_paid(payout, payout_utr, story.ravi),
        await story.says_paid(payout, payout_utr, story.ravi, "12/HDFC"),
        await story.says_paid(went_back, went_back_utr, story.ravi, PAID_TO),
        await story.says_paid(known, known_utr, story.asha, PAID_TO),
        await story.says_paid(str(uuid.uuid4()), payout_utr, story.asha, PAID_TO),
    ]
    untouched = (await books.has(story.asha), await books.has(story.ravi)), await story.town.decisions()
    at_once = await asyncio.gather(
        *[story.says_paid(payment, payment_utr, story.ravi) for _ in range(5)],
    )

    assert refused == [
        *("AnotherUtr", "NotAnOwner", "NotAnOwner", "NotAnOwner"),
        *("AccountWanted", "AccountWanted", "AccountWanted"),
        *("WentBack", "NotLost", "NothingWaits"),
    ]
    assert untouched == (before, [])
    assert Counter(at_once) == {"payment written again, on_ramp": 1, "ResolvedAlready": 4}
    assert (await books.has(story.ravi))[0] == 370_00


async def test_a_database_brought_back_by_other_means_is_held_by_command(
    database_url: str, tmp_path: Path
) -> None:
    async with books_town.opened(database_url, tmp_path) as town:
        with pytest.raises(NotHeld):
            await catch_up(town.books.database, town.bank.clients)
        before = await is_stopped(town.books)

        hold(database_url, datetime.now(UTC))
        stopped = await is_stopped(town.books)
        found = await catch_up(town.books.database, town.bank.clients)
        lets_money_out(database_url)

        assert (before, stopped, await is_stopped(town.books)) == (False, True, False)
        assert (found.undecided, found.differences) == (0, [])
        assert await town.books.ask("SELECT opened_by FROM restores ORDER BY number DESC LIMIT 1") == [
            ("Meera",)
        ]


async def test_what_was_held_while_the_banks_were_asked_stays_held(database_url: str, tmp_path: Path) -> None:
    async with books_town.opened(database_url, tmp_path) as town:
        hold(database_url, datetime.now(UTC))
        found = await catch_up(town.books.database, town.bank.clients)
        hold(database_url, datetime.now(UTC))

        leaves = let_out(database_url, "Meera", up_to=found.restore.number)
        stopped = await is_stopped(town.books)
        found = await catch_up(town.books.database, town.bank.clients)

        assert (leaves, stopped) == (False, True)
        assert let_out(database_url, "Meera", up_to=found.restore.number)
        assert not await is_stopped(town.books)


async def test_a_database_is_held_beside_a_worker_in_the_middle_of_a_withdrawal(
    database_url: str, tmp_path: Path
) -> None:
    async with books_town.opened(database_url, tmp_path) as town:
        asha = await town.books.person(100)
        withdrawal = await town.withdrawals.asks(asha, 60)
        async with await psycopg.AsyncConnection.connect(database_url) as worker, worker.transaction():
            await worker.execute("SELECT FROM lanes WHERE owner_id = %s FOR NO KEY UPDATE", (asha,))
            holding = asyncio.create_task(asyncio.to_thread(hold, database_url, datetime.now(UTC)))
            await waiting_for_a_lock(town.books, 1)
            await worker.execute(
                """UPDATE withdrawals SET status = 'sending', sends = 1, next_call = 'enquire',
                          first_sent_at = clock_timestamp(), last_sent_at = clock_timestamp(), version = version + 1
                    WHERE id = %s""",
                (withdrawal,),
            )
            await worker.execute("UPDATE lanes SET worker = 'one' WHERE owner_id = %s", (asha,))
            [(sent_at,)] = await (await worker.execute("SELECT clock_timestamp()")).fetchall()
        await holding

        assert await is_stopped(town.books)
        assert await town.books.ask(
            "SELECT status, next_call, sends, last_sent_at > %s FROM withdrawals WHERE id = %s",
            *(sent_at, withdrawal),
        ) == [("sending", "enquire", 1, True)]
        assert await town.books.ask("SELECT worker FROM lanes WHERE owner_id = %s", asha) == [(None,)]


async def test_catch_up_is_a_command_that_lets_money_out_only_when_nothing_is_undecided(
    story: Story, tmp_path: Path
) -> None:
    town = story.town
    first = await manage(town, tmp_path, "catch-up", "--open-by", "Meera")
    item, utr = await story.id_of("payout", story.lost_payout)
    written = await manage(
        town, tmp_path, *("resolve", item, "--paid", utr, "--by", "Meera"),
        *("--owner", str(story.ravi), "--account", PAID_TO),
    )  # fmt: skip
    for one in (await story.catches_up()).differences:
        await town.decides(one.id, failed="accepted as it is")
    told_only = await manage(town, tmp_path, "catch-up")
    stopped = await is_stopped(town.books)
    last = await manage(town, tmp_path, "catch-up", "--open-by", "Meera")
    over = await manage(town, tmp_path, "catch-up")

    assert [one.returncode for one in (first, written, told_only, last, over)] == [1, 0, 0, 0, 2]
    assert [json.loads(one.stdout)["outgoing"] for one in (first, told_only, last)] == [
        "held",
        "held",
        "open",
    ]
    assert (json.loads(first.stdout)["undecided"], json.loads(last.stdout)["undecided"]) == (8, 0)
    assert written.stdout == f"{item}: payout written again, hold, capture.\n"
    assert (stopped, await is_stopped(town.books)) == (True, False)
    assert "manage.py hold" in over.stderr
