"""`python -m tests.withdraw_storm`: one JSON object on standard output, and exit code 0 if each was paid once."""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import signal
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import psycopg

from shared_db.verify import verify
from tests.withdraw_storm import books
from tests.withdraw_storm.check import judge
from tests.withdraw_storm.frozen import freeze_one
from tests.withdraw_storm.house import House, a_house
from tests.withdraw_storm.owners import Wish, ask_for_all, move_in, wishes_of
from tests.withdraw_storm.plan import FINAL_WITHIN_SECONDS, Broken, Plan
from tests.withdraw_storm.weather import Storm, say

_INTERRUPTED = 130
_MOST_TOLD = 5
_ANSWER_SECONDS = 30
_LOOK_EVERY_SECONDS = 0.2


def main() -> int:
    """The exit code."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    parser = argparse.ArgumentParser(prog="python -m tests.withdraw_storm", description=__doc__)
    parser.add_argument("--withdrawals", type=int, default=1000)
    parser.add_argument("--owners", type=int, default=50)
    parser.add_argument("--seconds", type=float, default=90)
    parser.add_argument("--seed", type=int, default=random.randrange(2**32))
    parser.add_argument(
        "--not-idempotent", action="store_true", help="the banks pay a reference sent twice twice"
    )
    parser.add_argument(
        "--frozen", action="store_true", help="no storm: one worker sleeps longer than its lease"
    )
    parser.add_argument("--broken", type=Broken, choices=list(Broken), help=argparse.SUPPRESS)
    given = parser.parse_args()
    is_idempotent = not given.not_idempotent and given.broken is not Broken.HASTY
    plan = Plan(given.seed, given.owners, given.withdrawals, given.seconds, is_idempotent, given.broken)
    say(f"seed {plan.seed}")
    try:
        with tempfile.TemporaryDirectory(prefix="batua-withdraw-storm-") as name:
            play = sleep if given.frozen or plan.broken is Broken.LATE else run
            return asyncio.run(play(plan, Path(name)))
    except KeyboardInterrupt:
        return _INTERRUPTED


async def run(plan: Plan, folder: Path) -> int:
    """The storm, the calm after it, and the judgement."""
    async with a_house(folder, plan) as house:
        owners = await asyncio.to_thread(move_in, house, plan)
        wishes = wishes_of(owners, plan)
        asking = asyncio.create_task(ask_for_all(house, wishes, plan))
        storm = Storm(house, plan)
        await storm.rage()
        await house.break_banks(**plan.faults_that_stay)
        say(f"the faults end; {await asyncio.to_thread(books.open_ones, house.url)} are not final yet")
        ended = time.monotonic()
        await _let_all_be_answered(house, asking)
        await _become_final(house, ended)
        took = time.monotonic() - ended
        return _report(house, plan, wishes, storm.kills, took)


async def sleep(plan: Plan, folder: Path) -> int:
    """A worker that is frozen for longer than its lease, and no storm."""
    found, refused = await freeze_one(plan, folder)
    figures = {"seed": plan.seed, "refused_writes": refused} | {
        name: len(sentences) for name, sentences in found.wrongs.items()
    }
    sys.stdout.write(f"{json.dumps(figures)}\n")
    return 0 if refused == plan.owners and not any(found.wrongs.values()) else 1


async def _let_all_be_answered(house: House, asking: asyncio.Task[None]) -> None:
    """A key that a killed desk left in use is taken over at once instead of in three minutes."""
    until = time.monotonic() + _ANSWER_SECONDS
    while not asking.done() and time.monotonic() < until:
        async with await psycopg.AsyncConnection.connect(house.url, autocommit=True) as connection:
            await connection.execute(
                "UPDATE idempotency_keys SET begun_at = begun_at - interval '1 hour'"
                " WHERE status IS NULL AND begun_at < clock_timestamp() - interval '16 seconds'"
            )
        await asyncio.wait([asking], timeout=1)
    if asking.done():
        asking.result()
    asking.cancel()


async def _become_final(house: House, ended: float) -> None:
    while time.monotonic() - ended < FINAL_WITHIN_SECONDS:
        if not books.still_to_come(house.books) and not await asyncio.to_thread(books.open_ones, house.url):
            return
        await asyncio.sleep(_LOOK_EVERY_SECONDS)


def _report(house: House, plan: Plan, wishes: list[Wish], kills: Counter[str], took: float) -> int:
    here = books.ours(house.url)
    bank = books.the_banks(house.books)
    found = judge(wishes, here, bank, books.balances(house.url))
    verified = verify(house.url)
    for name, sentences in found.wrongs.items():
        for sentence in sentences[:_MOST_TOLD]:
            say(f"{name}: {sentence}")
    for accident in house.accidents:
        say(f"accident: {accident}")
    say(f"verify: {verified}")
    statuses = Counter(one.status for one in here)
    figures = {
        "seed": plan.seed,
        "asked": len(wishes),
        "accepted": sum(wish.accepted is not None for wish in wishes),
        "refused": sum(wish.is_refused for wish in wishes),
        **{status: statuses[status] for status in ("paid", "failed", "cancelled", "reversed")},
        "seconds_to_final": round(took, 1),
        "calls": books.count_of_attempts(house.url),
        "bank_movements": bank.movements,
        "kills": dict(sorted(kills.items())),
        **{name: len(sentences) for name, sentences in found.wrongs.items()},
        "untold_reversals": len(found.untold_reversals),
        "accidents": len(house.accidents),
        "open_holds_paise": verified["open_holds_paise"],
        "verified": verified["ok"],
    }
    sys.stdout.write(f"{json.dumps(figures)}\n")
    is_right = verified["ok"] and not verified["open_holds_paise"] and not any(found.wrongs.values())
    return 0 if is_right and not house.accidents and took < FINAL_WITHIN_SECONDS else 1


if __name__ == "__main__":
    sys.exit(main())
