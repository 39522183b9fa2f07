"""What an owner is shown of the past, for owners with 1,000, 100,000 and 5,000,000 entries: history and bar graphs.

In turns and in one run, by the reads that the pages themselves make: the first page of the history, a page deep in it,
one type filtered, the balance of 30 days and of 12 months; and all that a merchant's dashboard shows, for shops with
5,000 and 5,000,000 entries. A ratio is the slowest owner's over the quickest's.
"""

from __future__ import annotations

import asyncio
import random
import time
import uuid
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

import psycopg
import uvloop

from bench.figures import percentile, say
from bench.long_past import LARGE, SMALL, VERY_LARGE, write_past, write_shop
from bench.people import open_wallets
from bench.scratch import scratch_database
from money.activity import Activity
from money.balance_history import days_until, months_until
from money.income import Stretch, spans_of
from money.times import kolkata_day
from shared_db.balance_history import balance_history
from shared_db.balances import Balances
from shared_db.connection import Connection, Database
from shared_db.history import Page, Place, Wanted, page_of
from shared_db.ids import new_id
from shared_db.income import income_of
from shared_db.shop_screens import shop_owner

_ROWS_A_PAGE = 20
_REFUNDS = Wanted(activities=frozenset({Activity.REFUND}))
_PAYMENTS = Wanted(activities=frozenset({Activity.PAYMENT}))
_NEWEST = 5
_SMALL_SHOP = 5_000
Read = Callable[[Connection, uuid.UUID, int], Awaitable[object]]


def main(quick: bool) -> dict[str, object]:  # noqa: FBT001 # the signature every benchmark has
    """The ratios of the 95th percentiles, and a cell for each read and owner."""
    sizes, turns = ((SMALL, LARGE), 120) if quick else ((SMALL, LARGE, VERY_LARGE), 400)
    shop_sizes = (_SMALL_SHOP, sizes[-1])
    with scratch_database() as (_, server):
        owners, shops = ({size: new_id() for size in one} for one in (sizes, shop_sizes))
        open_wallets(server.url, list(owners.values()))
        for size, owner in owners.items():
            write_past(server.url, owner, size)
        for size, shop in shops.items():
            write_shop(server.url, shop, size)
        with psycopg.connect(server.url, autocommit=True) as connection:
            connection.execute("VACUUM ANALYZE")
            connection.execute("CHECKPOINT")
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            measured = runner.run(_measure(server.url, owners, shops, turns))
    return _report(measured)


async def _first_page(connection: Connection, owner: uuid.UUID, size: int) -> Page:
    page = await page_of(connection, owner, wanted=Wanted(), begin=Place(), most=_ROWS_A_PAGE)
    assert page.rows[0].number == size, "the newest entry stands first"
    return page


async def _deep_page(connection: Connection, owner: uuid.UUID, size: int) -> Page:
    begin = Place(number=random.randrange(size // 4, size // 2))
    page = await page_of(connection, owner, wanted=Wanted(), begin=begin, most=_ROWS_A_PAGE)
    assert page.rows[0].number == begin.number - 1, "the page begins where it was opened"
    return page


async def _one_type(connection: Connection, owner: uuid.UUID, _: int) -> Page:
    page = await page_of(connection, owner, wanted=_REFUNDS, begin=Place(), most=_ROWS_A_PAGE)
    assert {row.activity for row in page.rows} == {Activity.REFUND}
    return page


async def _days(connection: Connection, owner: uuid.UUID, _: int) -> object:
    return await balance_history(connection, owner, days_until(kolkata_day(datetime.now(UTC)), 30))


async def _months(connection: Connection, owner: uuid.UUID, _: int) -> object:
    return await balance_history(connection, owner, months_until(kolkata_day(datetime.now(UTC)), 12))


async def _dashboard(connection: Connection, merchant: uuid.UUID, size: int) -> None:
    today = kolkata_day(datetime.now(UTC))
    has = await shop_owner(connection, merchant)
    figures = await income_of(connection, merchant, spans_of(today, Stretch.YEAR).all())
    page = await page_of(connection, merchant, wanted=_PAYMENTS, begin=Place(), most=_NEWEST)
    assert has.balance_paise
    assert any(one.payments for one in figures)
    assert page.rows[0].number in {size, size - 1}, "the newest payment stands first"


_READS: dict[str, Read] = {
    "history_first_page": _first_page,
    "history_deep_page": _deep_page,
    "history_one_type": _one_type,
    "days_30": _days,
    "months_12": _months,
}
_SHOP_READS: dict[str, Read] = {"merchant_dashboard": _dashboard}
Measured = dict[tuple[str, int], list[float]]


async def _measure(
    url: str, owners: dict[int, uuid.UUID], shops: dict[int, uuid.UUID], turns: int
) -> Measured:
    """Milliseconds. Whatever disturbs the machine meanwhile, disturbs all of them."""
    measured: Measured = {}
    database = Database(url)
    try:
        await _are_right(database, owners)
        async with database.plain() as connection:
            for reads, whose in ((_READS, owners), (_SHOP_READS, shops)):
                for name, read in reads.items():
                    measured |= {(name, size): [] for size in whose}
                    for turn in range(-10, turns):
                        for size, owner in random.sample(list(whose.items()), len(whose)):
                            began = time.perf_counter()
                            await read(connection, owner, size)
                            # The first turns make plans and fill caches.
                            if turn >= 0:
                                measured[name, size].append((time.perf_counter() - began) * 1000)
    finally:
        await database.close()
    return measured


async def _are_right(database: Database, owners: dict[int, uuid.UUID]) -> None:
    """The past that was written is one that these reads agree on."""
    balances = Balances(database)
    for owner in owners.values():
        has = (await balances.of(owner)).balance_paise
        async with database.plain() as connection:
            for spans in (
                days_until(kolkata_day(datetime.now(UTC)), 30),
                months_until(kolkata_day(datetime.now(UTC)), 12),
            ):
                figures = await balance_history(connection, owner, spans)
                assert figures[-1].closing_paise == has
                grown = figures[-1].closing_paise - figures[0].closing_paise
                assert sum(one.in_paise - one.out_paise for one in figures[1:]) == grown
    await balances.drain()


def _report(measured: Measured) -> dict[str, object]:
    cells: list[dict[str, object]] = []
    slowest: dict[str, list[float]] = {name: [] for name in [*_READS, *_SHOP_READS]}
    for (name, size), milliseconds in measured.items():
        row = {"p50_ms": percentile(milliseconds, 0.5), "p95_ms": percentile(milliseconds, 0.95)}
        say(f"{name:<20} {size:>9,} entries", row)
        cells.append({"shape": name, "entries": size, **row})
        slowest[name].append(row["p95_ms"])
    ratios: dict[str, object] = {
        f"{name}_p95_ratio": round(max(slowest[name]) / min(slowest[name]), 2) for name in slowest
    }
    return {**ratios, "cells": cells}
