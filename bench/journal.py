"""What was acknowledged to the callers of a mixed load, and whether the database says the same."""

from __future__ import annotations

import enum
import time
import uuid
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import LiteralString, NamedTuple

import psycopg

from bench.crowd import Crowd
from shared_db.verify import verify

_SETTLES_WITHIN_SECONDS = 90
_LOOK_EVERY_SECONDS = 0.2
_SENT = """
SELECT t.id, t.kind, t.amount_paise, t.source_id, t.target_id FROM transfers t
 WHERE t.kind IN ('send', 'payment') AND t.source_id = ANY (%s)
"""
_CREDITED = """
SELECT o.id, o.amount_paise, o.user_id, count(t.id)
  FROM on_ramps o LEFT JOIN transfers t ON t.reference = 'on_ramp:' || o.id
   AND t.target_id = o.user_id AND t.amount_paise = o.amount_paise
 WHERE o.user_id = ANY (%s) AND o.status = 'success' GROUP BY o.id
"""
_WITHDRAWN = "SELECT id, amount_paise, owner_id, status FROM withdrawals WHERE owner_id = ANY (%s)"
_UNPAID = "SELECT count(*) FROM on_ramps WHERE id = ANY (%s) AND status = 'pending'"
_BALANCES = "SELECT account_id, balance_paise FROM balances WHERE account_id = ANY (%s)"


class Matter(enum.StrEnum):
    """What moves money."""

    TRANSFER = "transfer"
    PAYMENT = "payment"
    ON_RAMP = "on-ramp"
    WITHDRAWAL = "withdrawal"


class Entry(NamedTuple):
    """One acknowledged request: of a transfer or payment the ledger's id, else the row's."""

    matter: Matter
    id: uuid.UUID
    key: str
    paise: int
    source: uuid.UUID | None
    """None for an on-ramp, whose money comes from a bank."""
    target: uuid.UUID | None
    """None for a withdrawal."""


@dataclass
class Journal:
    """All that was acknowledged, and how many money requests ended without an answer after all repeats."""

    entries: list[Entry] = field(default_factory=list[Entry])
    unanswered: Counter[str] = field(default_factory=Counter[str])


def check(journal: Journal, crowd: Crowd, url: str) -> list[str]:
    """What is wrong, in sentences; empty when every acknowledged request stands there once and nothing else does.

    Waits up to 90 seconds until what banks still had to say is settled. The crowd must have moved no money but by
    this load. Where requests stayed unanswered, as many more rows may stand there.
    """
    with psycopg.connect(url, autocommit=True) as connection:
        wrong = _unsettled(connection, journal)
        people = [person.id for person in crowd.people]
        wrong += _moved_wrongly(connection, journal, people)
        wrong += _credited_wrongly(connection, journal, people)
        withdrawn = connection.execute(_WITHDRAWN, (people,)).fetchall()
        wrong += _differs(Matter.WITHDRAWAL, {row[0]: (row[1], row[2], None) for row in withdrawn}, journal)
        wrong += [f"withdrawal {row[0]} is {row[3]}" for row in withdrawn if row[3] not in {"paid", "failed"}]
        if not journal.unanswered:
            failed = {row[0] for row in withdrawn if row[3] == "failed"}
            wrong += _balances_off(connection, journal, crowd, failed)
    checked = verify(url)
    return wrong if checked["ok"] else [*wrong, f"verify: {checked}"]


def _unsettled(connection: psycopg.Connection, journal: Journal) -> list[str]:
    started = [entry.id for entry in journal.entries if entry.matter is Matter.ON_RAMP]
    until = time.monotonic() + _SETTLES_WITHIN_SECONDS
    while True:
        queued = _count(connection, "SELECT coalesce(sum(pending), 0)::int FROM lanes")
        unpaid = _count(connection, _UNPAID, (started,))
        if not queued and not unpaid:
            return []
        if time.monotonic() > until:
            return [f"{queued} withdrawals and {unpaid} on-ramps are open after {_SETTLES_WITHIN_SECONDS} s"]
        time.sleep(_LOOK_EVERY_SECONDS)


def _count(connection: psycopg.Connection, question: LiteralString, given: Sequence[object] = ()) -> int:
    row = connection.execute(question, given).fetchone()
    assert row
    return row[0]


def _moved_wrongly(
    connection: psycopg.Connection, journal: Journal, people: Sequence[uuid.UUID]
) -> list[str]:
    rows = connection.execute(_SENT, (people,)).fetchall()
    matters = {"send": Matter.TRANSFER, "payment": Matter.PAYMENT}
    return [
        sentence
        for kind, matter in matters.items()
        for sentence in _differs(matter, {row[0]: tuple(row[2:]) for row in rows if row[1] == kind}, journal)
    ]


def _credited_wrongly(
    connection: psycopg.Connection, journal: Journal, people: Sequence[uuid.UUID]
) -> list[str]:
    rows = connection.execute(_CREDITED, (people,)).fetchall()
    times = [f"on-ramp {row[0]} was credited {row[3]} times" for row in rows if row[3] != 1]
    return times + _differs(Matter.ON_RAMP, {row[0]: (row[1], None, row[2]) for row in rows}, journal)


def _differs(matter: Matter, standing: dict[uuid.UUID, tuple[object, ...]], journal: Journal) -> list[str]:
    """`standing`: for each id its paise, source and target."""
    told = [entry for entry in journal.entries if entry.matter is matter]
    ids = Counter(entry.id for entry in told)
    wrong = [
        f"{matter} {entry.id} was acknowledged as {entry[3:]} and stands as {standing.get(entry.id)}"
        for entry in told
        if standing.get(entry.id) != (entry.paise, entry.source, entry.target)
    ]
    wrong += [f"{matter} {one} was the answer to {count} requests" for one, count in ids.items() if count > 1]
    untold = standing.keys() - ids.keys()
    if len(untold) > journal.unanswered[matter]:
        wrong.append(f"{len(untold)} of {matter} stand there that nobody was told of, such as {min(untold)}")
    return wrong


def _balances_off(
    connection: psycopg.Connection, journal: Journal, crowd: Crowd, failed: Iterable[uuid.UUID]
) -> list[str]:
    came_back = set(failed)
    wanted = Counter({person.id: crowd.each_has_paise for person in crowd.people})
    wanted.update(dict.fromkeys(crowd.shops.values(), 0))
    for entry in journal.entries:
        if entry.id in came_back:
            continue
        if entry.source:
            wanted[entry.source] -= entry.paise
        if entry.target:
            wanted[entry.target] += entry.paise
    has = {row[0]: row[1] for row in connection.execute(_BALANCES, (list(wanted),)).fetchall()}
    return [
        f"{owner} has {has.get(owner)} paise and should have {paise}"
        for owner, paise in wanted.items()
        if has.get(owner) != paise
    ]
