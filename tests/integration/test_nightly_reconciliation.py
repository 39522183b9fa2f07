"""Each night's comparison with the banks: once, whoever works, and again where it could not be done."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from prometheus_client import REGISTRY

from bank_api.client import BankClient
from shared_db.reconciliations import claim_night, finish_night, put_off_night
from tests.integration.books_town import Town, opened
from tests.town import connected, in_process, wallet_settings
from wallet.reconcile_nightly import Nights, latest_night
from withdraw_service.app import create_app

LEASE = timedelta(minutes=15)


@pytest.fixture
async def town(database_url: str, tmp_path: Path) -> AsyncIterator[Town]:
    async with opened(database_url, tmp_path) as town:
        yield town


def tomorrow_at_three(town: Town) -> datetime:
    """When today's statement is due."""
    today = town.today()
    return datetime(today.year, today.month, today.day, 21, 30, tzinfo=UTC)


def nights(town: Town) -> Nights:
    return Nights("hdfc", town.bank.clients["hdfc"], town.books.database)


async def runs(town: Town) -> list[tuple[date, int, bool, str | None]]:
    rows = await town.books.ask(
        "SELECT day, tries, finished_at IS NOT NULL, words FROM reconciliation_runs ORDER BY bank, day"
    )
    return [(row[0], row[1], row[2], row[3]) for row in rows]


@pytest.mark.parametrize(
    ("moment", "day"),
    [
        (datetime(2026, 11, 21, 20, 29, 59, tzinfo=UTC), date(2026, 11, 20)),
        (datetime(2026, 11, 21, 20, 30, tzinfo=UTC), date(2026, 11, 21)),
        (datetime(2026, 11, 22, 18, 31, tzinfo=UTC), date(2026, 11, 21)),
    ],
    ids=["a second before two", "at two", "after the next midnight"],
)
def test_yesterday_is_due_from_two_o_clock_on_in_kolkata(moment: datetime, day: date) -> None:
    assert latest_night(moment) == day


async def test_a_night_is_compared_once_whoever_works(town: Town) -> None:
    row = await town.adds(await town.books.person(), 20)
    now = tomorrow_at_three(town)

    async with connected(town.books.url) as another:
        workers = [nights(town), Nights("hdfc", town.bank.clients["hdfc"], another)] * 4
        compared = await asyncio.gather(*(one.take(now) for one in workers))

    assert sorted(compared) == [0] * 7 + [1]
    assert await runs(town) == [(town.today(), 1, True, None)]
    assert await town.filed() == [("status", str(row.id), False)]
    assert REGISTRY.get_sample_value("batua_reconciliation_exceptions_open", {"bank": "hdfc"}) in {0, 1}
    await nights(town).take(now)
    assert REGISTRY.get_sample_value("batua_reconciliation_exceptions_open", {"bank": "hdfc"}) == 1


async def test_a_bank_that_is_away_is_asked_again_later_and_each_time_later_still(town: Town) -> None:
    now = tomorrow_at_three(town)
    async with BankClient("http://127.0.0.1:9/hdfc/api", "key") as nobody:
        away = Nights("hdfc", nobody, town.books.database)
        first = [await away.take(now + timedelta(minutes=minutes)) for minutes in (0, 4, 5, 14)]
        tries = await runs(town)

    assert first == [0] * 4
    [(day, count, finished, words)] = tries
    assert (day, count, finished) == (town.today(), 2, False)
    assert words
    assert await nights(town).take(now + timedelta(minutes=14)) == 0
    assert await nights(town).take(now + timedelta(minutes=15)) == 1
    assert await runs(town) == [(town.today(), 3, True, None)]


async def test_a_worker_that_died_blocks_its_night_for_its_lease_only(town: Town) -> None:
    now = tomorrow_at_three(town)
    async with town.books.database.plain() as connection:
        dead = await claim_night(connection, "hdfc", latest_night(now), now=now, lease=LEASE)
    assert dead

    early = await nights(town).take(now + timedelta(minutes=14))
    late = await nights(town).take(now + timedelta(minutes=15))

    assert (early, late) == (0, 1)
    # It was only slow, and says so now: nothing that it writes counts.
    async with town.books.database.plain() as connection:
        await put_off_night(connection, "hdfc", dead, until=now, words="too late")
        await finish_night(connection, "hdfc", dead, now=now + timedelta(days=9))
    assert await runs(town) == [(town.today(), 2, True, None)]


async def test_nights_that_nobody_worked_are_made_up_for_a_week_at_most(town: Town) -> None:
    now = tomorrow_at_three(town)
    first = now - timedelta(days=20)
    assert await nights(town).take(first) == 1

    compared = [await nights(town).take(now) for _ in range(9)]

    assert compared == [1] * 7 + [0] * 2
    assert [one[0] for one in await runs(town)] == [
        latest_night(first),
        *(town.today() - timedelta(days=days) for days in range(6, -1, -1)),
    ]


async def test_a_run_by_hand_does_not_take_the_nights_place(town: Town) -> None:
    await town.compares()

    assert await runs(town) == [(town.today(), 0, False, None)]
    assert await nights(town).take(tomorrow_at_three(town)) == 1


async def test_the_worker_compares_by_itself_and_shows_what_waits(town: Town, tmp_path: Path) -> None:
    app = create_app(wallet_settings(tmp_path, town.bank.url), town.books.url)

    async with in_process(app) as door, asyncio.timeout(20):
        while sum(one[2] for one in await runs(town)) < 2:  # noqa: ASYNC110 # a row cannot set an Event
            await asyncio.sleep(0.05)
        metrics = (await door.get("/metrics")).text

    assert {one[0] for one in await runs(town)} == {latest_night(datetime.now(UTC))}
    assert 'batua_reconciliation_exceptions_open{bank="axis"}' in metrics
