"""The reader: takes one snapshot after the other, and finds all the money in each."""

from __future__ import annotations

import signal
import time
import uuid
from multiprocessing.connection import Connection as Pipe

import psycopg

from tests.bank_test.plan import IN_FLIGHT, Plan

_KEPT = 20
_BALANCES = "SELECT account_id, balance_paise, held_paise, last_number FROM balances"
_ENTRIES = "SELECT account_id, sum(amount_paise)::bigint, count(*) FROM entries GROUP BY account_id"
Told = tuple[int, int, list[str]]
"""Snapshots, bad snapshots, and what was wrong with the first of them."""


def run(plan: Plan, pipe: Pipe) -> None:
    """The whole life of the reader's process: until it hears from its parent, or its parent is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    snapshots, bad, wrongs = 0, 0, list[str]()
    while not pipe.poll():
        try:
            with psycopg.connect(plan.url, connect_timeout=5) as connection:
                connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
                connection.read_only = True
                while not pipe.poll():
                    found = wrong_in_one_snapshot(connection, set(plan.people))
                    snapshots += 1
                    bad += bool(found)
                    wrongs = [*wrongs, *found][:_KEPT]
        except psycopg.OperationalError:
            time.sleep(0.05)
    pipe.send((snapshots, bad, wrongs))


def wrong_in_one_snapshot(connection: psycopg.Connection, people: set[uuid.UUID]) -> list[str]:
    """What is wrong in it, in words; nothing, in a bank that works."""
    with connection.transaction():
        balances = connection.execute(_BALANCES).fetchall()
        entries = {account: (paise, count) for account, paise, count in connection.execute(_ENTRIES)}
    wrong: list[str] = []
    if {account for account, *_ in balances} != people:
        wrong.append(f"there are balances of {len(balances)} people, not of {len(people)}")
    for account, balance, held, number in balances:
        if balance is None or held is None or balance < 0 or held < 0:
            wrong.append(f"{account} has {balance}, and {held} on hold")
        if (balance, number) != entries.get(account, (0, 0)):
            wrong.append(f"{account} has {balance} after {number}, the entries say {entries.get(account)}")
    house = {account: paise for account, (paise, _) in entries.items() if account not in people}
    total = sum(balance for _, balance, _, _ in balances) + sum(house.values())
    if total:
        wrong.append(f"{total} paise were made of nothing")
    if (held := sum(held for *_, held, _ in balances)) != (in_flight := house.get(IN_FLIGHT, 0)):
        wrong.append(f"{held} are on hold, {in_flight} in flight")
    return wrong
