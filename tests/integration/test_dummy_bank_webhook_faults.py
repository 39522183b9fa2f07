"""Webhooks that come late, twice, under new ids, out of order or never; and the outbox of older books."""

import asyncio
import sqlite3
import time
from collections import Counter, deque
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.integration.dummy_bank_town import AMOUNT, RUPEES_10_CRORE, Town, a_town, until


@pytest.fixture
async def town(tmp_path: Path) -> AsyncIterator[Town]:
    async with a_town(tmp_path) as opened:
        yield opened


def references(town: Town) -> list[str]:
    return [getattr(heard.event.data, "reference", "payment") for heard in town.merchant.heard]


async def everything_sent(town: Town) -> None:
    await until(lambda: town.ask("SELECT count(*) FROM outbox WHERE state = 'waiting'") == 0)


async def test_a_lost_webhook_is_lost_for_good(town: Town) -> None:
    await town.break_it(webhook_loss_rate=1, webhook_duplicates=3)
    created = await town.pay_later()
    await town.control(created.token, "approve")
    await town.pay_out("w-lost")
    await town.browser.delete("/hdfc/control/faults")

    await town.pay_out("w-heard")
    await town.merchant.has_heard(1)
    await everything_sent(town)

    assert references(town) == ["w-heard"]
    assert town.ask("SELECT count(*) FROM outbox WHERE state = 'lost'") == 2
    assert (await town.hdfc.payment(created.token)).status == "paid"


async def test_the_seed_says_which_webhooks_are_lost(tmp_path: Path) -> None:
    heard: list[list[str]] = []
    for turn in range(2):
        async with a_town(tmp_path / str(turn)) as town:
            await town.break_it(webhook_loss_rate=0.5)
            await asyncio.gather(*(town.pay_out(f"w-{number}") for number in range(20)))
            await everything_sent(town)
            heard.append(sorted(references(town)))

    assert heard[0] == heard[1]
    assert 3 < len(heard[0]) < 17


async def test_duplicates_have_the_same_id_unless_new_ids_are_wanted(town: Town) -> None:
    await town.break_it(webhook_duplicates=2)
    created = await town.pay_later()
    await town.control(created.token, "approve")
    await town.merchant.has_heard(3)
    same, bodies = (
        Counter(one.event_id for one in town.merchant.heard),
        {one.event for one in town.merchant.heard},
    )
    town.merchant.heard.clear()

    await town.break_it(webhook_duplicates=2, webhook_new_ids=True)
    await town.pay_out()
    await town.merchant.has_heard(3)
    await everything_sent(town)

    assert list(same.values()) == [3]
    assert len(bodies) == 1
    assert len({one.event_id for one in town.merchant.heard}) == 3
    assert len({one.event for one in town.merchant.heard}) == 1
    assert town.balance() == RUPEES_10_CRORE - AMOUNT


async def test_with_new_ids_each_try_again_has_its_own(town: Town) -> None:
    town.merchant.answers = deque([503, 200])
    await town.break_it(webhook_new_ids=True)

    await town.pay_out()
    await town.merchant.has_heard(2)

    assert len({one.event_id for one in town.merchant.heard}) == 2


async def test_a_webhook_comes_late_and_nobody_waits_for_it(town: Town) -> None:
    await town.break_it(webhook_delay_ms=60_000)
    created = await town.pay_later()
    approved = await town.control(created.token, "approve")
    await town.pay_out()
    await asyncio.sleep(0.3)  # long enough for one to come that should not
    at_once = len(town.merchant.heard)

    town.clock.ahead_seconds = 61
    await town.browser.delete("/hdfc/control/faults")
    await town.pay_out("w-2")  # wakes the outbox; it would look by itself within five seconds
    await town.merchant.has_heard(3)

    assert (approved.status_code, at_once) == (200, 0)
    assert Counter(references(town)) == Counter(["payment", "w-1", "w-2"])


async def test_shuffled_webhooks_come_in_another_order_and_all_of_them(town: Town) -> None:
    await town.break_it(webhook_shuffle=True)
    paid = [f"w-{number}" for number in range(12)]
    for reference in paid:
        await town.pay_out(reference)
    bodies = town.ask("SELECT count(DISTINCT not_before_ms) FROM outbox")

    await town.merchant.has_heard(12)

    assert sorted(references(town)) == sorted(paid)
    assert references(town) != paid
    assert bodies == 12


OLD_OUTBOX = """
ALTER TABLE payments DROP COLUMN late_success_at_ms;
DROP TABLE outbox; DROP TABLE payouts; DROP TABLE payout_movements; DROP TABLE faults;
CREATE TABLE outbox (
    event_id TEXT PRIMARY KEY, bank TEXT NOT NULL, token TEXT NOT NULL REFERENCES payments (token), body TEXT NOT NULL,
    correlation_id TEXT NOT NULL, state TEXT NOT NULL DEFAULT 'waiting'
    CHECK (state IN ('waiting', 'delivered', 'refused')),
    attempts INTEGER NOT NULL DEFAULT 0, next_attempt_at_ms INTEGER NOT NULL
) STRICT;
CREATE INDEX outbox_waiting ON outbox (next_attempt_at_ms) WHERE state = 'waiting';
"""


async def test_books_from_before_there_were_payouts_are_taken_over_with_what_waits(tmp_path: Path) -> None:
    async with a_town(tmp_path) as town:
        created = await town.pay_later()
        await town.control(created.token, "approve")
        event = town.merchant.heard[0].event.model_dump_json()
        books = town.settings.books_path
    older = sqlite3.connect(books, isolation_level=None)
    older.executescript("DROP INDEX late_successes;" + OLD_OUTBOX)
    older.executemany(
        "INSERT INTO outbox VALUES (?, 'hdfc', ?, ?, 'walk', ?, 3, ?)",
        [
            ("evt_1", created.token, event, "waiting", int(time.time() * 1000) + 60_000),
            ("evt_0", created.token, event, "delivered", 0),
        ],
    )
    older.close()

    async with a_town(tmp_path) as town:
        await town.merchant.has_heard(1)
        await everything_sent(town)
        [heard] = town.merchant.heard
        kept = town.ask("SELECT count(*) FROM outbox")
    async with a_town(tmp_path) as town:
        paid = await town.pay_out()
        await town.merchant.has_heard(1)

        assert (heard.event_id, heard.event.model_dump_json(), heard.correlation_id) == (
            "evt_1",
            event,
            "walk",
        )
        assert (kept, paid.status) == (2, "succeeded")
        assert references(town) == ["w-1"]
        assert (await town.hdfc.payment(created.token)).status == "paid"
        assert town.balance() == RUPEES_10_CRORE - AMOUNT
