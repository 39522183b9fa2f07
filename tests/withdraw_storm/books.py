"""What stands in our database and in the bank's books in the end."""

from __future__ import annotations

import json
import sqlite3
import uuid
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

import psycopg
from psycopg.rows import args_row

_OPEN = """
SELECT greatest((SELECT count(*) FROM withdrawals
                  WHERE status NOT IN ('paid', 'failed', 'cancelled', 'reversed') OR doubted_at IS NOT NULL),
                (SELECT sum(pending) FROM lanes))
"""
_OURS = """
SELECT w.id, w.owner_id, w.number, w.bank, w.account_number, w.ifsc, w.amount_paise, w.status, w.correction, w.utr,
       w.settled_at, t.reference, a.first, a.last
  FROM withdrawals w LEFT JOIN transfers t ON t.id = w.id
 CROSS JOIN LATERAL (SELECT min(a.began_at) AS first, max(a.began_at) AS last FROM withdrawal_attempts a
                      WHERE a.withdrawal_id = w.id) a
 ORDER BY w.owner_id, w.number
"""
_PAYOUTS = """
SELECT payout_id, bank, reference, account_number, ifsc, amount_paise, status, utr, created_at_ms FROM payouts
 ORDER BY payout_id
"""
_MOVED = "SELECT payout_id, kind, amount_paise, utr FROM payout_movements ORDER BY id"
_SAID = "SELECT payout_id, body, state FROM outbox WHERE payout_id IS NOT NULL ORDER BY sending_id"
_STILL_TO_COME = """
SELECT (SELECT count(*) FROM outbox WHERE state = 'waiting')
     + (SELECT count(*) FROM payouts WHERE next_at_ms IS NOT NULL)
"""


class Ours(NamedTuple):
    """A withdrawal as our database has it."""

    id: uuid.UUID
    owner_id: uuid.UUID
    number: int
    bank: str
    account_number: str
    ifsc: str
    amount_paise: int
    status: str
    correction: str
    utr: str | None
    settled_at: datetime | None
    reference: str | None
    """Its hold's."""
    first_call_at: datetime | None
    last_call_at: datetime | None


class Balance(NamedTuple):
    """What one owner has."""

    owner_id: uuid.UUID
    paise: int
    held_paise: int


@dataclass
class Payout:
    """One payout as the bank has it."""

    bank: str
    reference: str
    account_number: str
    ifsc: str
    amount_paise: int
    status: str
    utr: str | None
    begun_ms: int
    paid_paise: int = 0
    returned_paise: int = 0
    decided_ms: int | None = None
    """When it succeeded or failed."""
    untold: set[str] = field(default_factory=set)
    """Types of events of which every letter was lost on the way."""


class BankBooks(NamedTuple):
    """In the order of booking."""

    payouts: Sequence[Payout]
    movements: int


def open_ones(url: str) -> int:
    """How many are not final here."""
    with psycopg.connect(url, autocommit=True) as connection:
        row = connection.execute(_OPEN).fetchone()
    return int(row[0]) if row else 0


def still_to_come(books: Path) -> int:
    """Payouts that the bank will change yet, and letters that it will send."""
    with _reading(books) as connection:
        count: int = connection.execute(_STILL_TO_COME).fetchone()[0]
    return count


def ours(url: str) -> list[Ours]:
    with psycopg.connect(url) as connection, connection.cursor(row_factory=args_row(Ours)) as cursor:
        return cursor.execute(_OURS).fetchall()


def balances(url: str) -> list[Balance]:
    with psycopg.connect(url) as connection, connection.cursor(row_factory=args_row(Balance)) as cursor:
        return cursor.execute("SELECT account_id, balance_paise, held_paise FROM balances").fetchall()


def count_of_attempts(url: str) -> int:
    with psycopg.connect(url) as connection:
        row = connection.execute("SELECT count(*) FROM withdrawal_attempts").fetchone()
    return int(row[0]) if row else 0


def the_banks(books: Path) -> BankBooks:
    with _reading(books) as connection:
        payouts = {row[0]: Payout(*row[1:]) for row in connection.execute(_PAYOUTS)}
        movements = connection.execute(_MOVED).fetchall()
        said = connection.execute(_SAID).fetchall()
    for payout_id, kind, paise, _utr in movements:
        if kind == "payout":
            payouts[payout_id].paid_paise += paise
        else:
            payouts[payout_id].returned_paise += paise
    states = defaultdict[tuple[int, str], set[str]](set)
    for payout_id, body, state in said:
        event = json.loads(body)
        states[payout_id, event["type"]].add(state)
        if event["type"] != "payout.reversed":
            at = datetime.fromisoformat(event["timestamp"])
            payouts[payout_id].decided_ms = round(at.timestamp() * 1000)
    for (payout_id, kind), found in states.items():
        if found == {"lost"}:
            payouts[payout_id].untold.add(kind)
    return BankBooks(list(payouts.values()), len(movements))


def _reading(books: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"file:{books}?mode=ro", uri=True)
