"""A worker is frozen in the middle of its calls for longer than its lease, and wakes up when all is over."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace
from pathlib import Path

import psycopg

from tests.withdraw_storm import books
from tests.withdraw_storm.check import Findings, judge
from tests.withdraw_storm.house import House, a_house
from tests.withdraw_storm.owners import ask_for_all, move_in, wishes_of
from tests.withdraw_storm.plan import DESKS, WORKERS, Plan

_SLEEPER, _OTHER, *_REST = WORKERS
_WITHIN_SECONDS = 60
_LOG_WITHIN_SECONDS = 5
_TOO_LATE = "another has taken this lane"
_LATENCY_MS = 1_500
# What the sleeper is told is true for half a second, and nobody else tells us of it.
_FAULTS: dict[str, object] = {
    "latency_ms": [_LATENCY_MS, _LATENCY_MS],
    "reversal_rate": 1,
    "reversal_after_ms": 500,
    "webhook_loss_rate": 1,
}


async def freeze_one(plan: Plan, folder: Path) -> tuple[Findings, int]:
    """Two withdrawals of each owner: the sleeper dies not, it only sleeps. What is wrong, and its refused writes."""
    plan = replace(plan, cancelled=0)
    async with a_house(folder, plan, without=(_OTHER, *_REST, *DESKS[1:], _SLEEPER)) as house:
        owners = await asyncio.to_thread(move_in, house, plan)
        wishes = wishes_of(owners, plan)
        for wish in wishes:
            wish.amount_paise = 100_00
        await house.break_banks(**_FAULTS)
        await ask_for_all(house, wishes, plan)
        house.start(_SLEEPER)
        await _until_as_many(house, "SELECT count(*) FROM withdrawals WHERE status = 'sending'", plan.owners)
        # The bank has them all by now, and has not answered.
        await asyncio.sleep(_LATENCY_MS / 3000)
        house.freeze(_SLEEPER)
        house.start(_OTHER)
        await asyncio.sleep(2 * _LATENCY_MS / 1000)
        await house.break_banks()
        await _until_as_many(
            house, "SELECT count(*) FROM withdrawals WHERE settled_at IS NOT NULL", len(wishes)
        )
        house.thaw(_SLEEPER)
        refused = await _until_it_has_written(house, len(wishes), plan.owners)
        found = judge(wishes, books.ours(house.url), books.the_banks(house.books), books.balances(house.url))
    return found, refused


async def _until_as_many(house: House, question: str, count: int) -> None:
    until = time.monotonic() + _WITHIN_SECONDS
    async with await psycopg.AsyncConnection.connect(house.url, autocommit=True) as connection:
        while time.monotonic() < until:
            row = await (await connection.execute(question.encode())).fetchone()
            if row and row[0] >= count:
                return
            await asyncio.sleep(0.05)
    raise AssertionError(f"waited {_WITHIN_SECONDS} seconds for {count}: {question}")


async def _until_it_has_written(house: House, withdrawals: int, late: int) -> int:
    """Each withdrawal was sent once, by one or the other, and each call leaves an attempt. How many were refused."""
    sent = "SELECT count(*) FROM withdrawal_attempts WHERE call = 'send'"
    await _until_as_many(house, sent, withdrawals)
    refused, until = 0, time.monotonic() + _LOG_WITHIN_SECONDS
    while refused < late and time.monotonic() < until:
        refused = (house.folder / f"{_SLEEPER}.log").read_text().count(_TOO_LATE)
        await asyncio.sleep(0.1)
    return refused
