"""What the metrics say of money under way, and what they must not say of money that has arrived."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from prometheus_client import REGISTRY

from shared_db.restores import hold
from tests.integration.restored_town import lets_money_out
from tests.integration.solvency_town import is_stopped
from tests.integration.withdrawal_town import opened
from tests.town import Books
from wallet.watch_queues import show_queues


@pytest.fixture
async def books(database_url: str) -> AsyncIterator[Books]:
    async with Books(database_url) as opened_books:
        yield opened_books


def value(name: str, **labels: str) -> float:
    found = REGISTRY.get_sample_value(name, labels)
    assert found is not None, (name, labels)
    return found


async def test_a_bank_with_nothing_under_way_is_told_as_nothing(books: Books):
    await show_queues(books.database)

    for bank in ("hdfc", "axis"):
        assert value("batua_lanes_waiting", bank=bank) == 0
        assert value("batua_on_ramps_oldest_pending_seconds", bank=bank) == 0
        assert value("batua_withdrawals_open", bank=bank, status="queued") == 0


async def test_payments_are_counted_while_they_wait_and_no_longer(books: Books):
    asha = await books.person()
    old, _new = await books.on_ramp(asha), await books.on_ramp(asha)
    await books.let_pass(7, old)

    await show_queues(books.database)
    waiting, oldest = (
        value("batua_on_ramps_pending", bank="hdfc"),
        value("batua_on_ramps_oldest_pending_seconds", bank="hdfc"),
    )
    await books.ask("UPDATE on_ramps SET status = 'success', next_enquiry_at = NULL")
    await show_queues(books.database)

    assert waiting == 2
    assert 7 * 60 <= oldest < 8 * 60
    assert value("batua_on_ramps_pending", bank="hdfc") == 0
    assert value("batua_on_ramps_oldest_pending_seconds", bank="hdfc") == 0


async def test_a_database_that_was_brought_back_is_told_until_somebody_lets_money_out(
    books: Books, database_url: str
):
    await show_queues(books.database)
    before = value("batua_outgoing_held_since_seconds")
    hold(database_url, datetime.now(UTC))
    await show_queues(books.database)
    held = value("batua_outgoing_held_since_seconds")
    lets_money_out(database_url)
    await show_queues(books.database)

    assert (before, value("batua_outgoing_held_since_seconds")) == (0, 0)
    assert await books.ask(
        "SELECT extract(epoch FROM restored_at)::float8 FROM restores ORDER BY number DESC LIMIT 1"
    ) == [(pytest.approx(held),)]


async def test_a_backup_that_was_loaded_and_not_marked_is_told_as_held(books: Books):
    await books.ask("DELETE FROM restores")
    await show_queues(books.database)

    assert await is_stopped(books)
    assert value("batua_outgoing_held_since_seconds") == 1


async def test_withdrawals_are_told_by_state_until_the_bank_has_paid(database_url: str, tmp_path: Path):
    async with opened(database_url, tmp_path) as town:
        asha = await town.books.person(1_000)
        await town.asks(asha, 100)
        await town.asks(asha, 200)

        await show_queues(town.books.database)
        before = [
            value("batua_lanes_waiting", bank="hdfc"),
            value("batua_lanes_due", bank="hdfc"),
            value("batua_withdrawals_open", bank="hdfc", status="queued"),
        ]
        worker = town.worker()
        while await town.open_ones():
            await worker.turn()
        await show_queues(town.books.database)

        assert before == [1, 1, 2]
        assert value("batua_lanes_waiting", bank="hdfc") == 0
        assert value("batua_withdrawals_open", bank="hdfc", status="queued") == 0
        assert value("batua_withdrawals_oldest_open_seconds", bank="hdfc", status="queued") == 0
