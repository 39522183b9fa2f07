"""Our ledger as a bank's statement can be compared with it: what we booked on some days, and what a statement names."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from psycopg.rows import args_row

from money.accounts import BankAccount, bank_account_id
from money.reconciliation import Booked, Known, Moved
from money.withdrawal import Booking
from shared_db.connection import Connection

_KOLKATA = ZoneInfo("Asia/Kolkata")
_ONE_DAY = timedelta(days=1)
# Read at night and by hand, and whole days of it: not the key lookups that these connections are set up for.
_READ_MUCH = """
SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY;
SET LOCAL statement_timeout = '5min'; SET LOCAL plan_cache_mode = auto; SET LOCAL enable_hashjoin = on;
SET LOCAL enable_seqscan = on
"""
_BOOKED = """
SELECT t.kind, t.reference, t.amount_paise, t.at, coalesce(o.created_at, w.first_sent_at, t.at),
       coalesce(o.bank_reference, CASE WHEN t.kind = 'payout' THEN w.utr END)
  FROM (SELECT CASE WHEN source_id = %(receivable)s THEN 'payment'
                    WHEN target_id = %(cash)s THEN 'payout' ELSE 'reversal' END AS kind,
               split_part(reference, ':', 2) AS reference, amount_paise, created_at AS at
          FROM transfers
         WHERE (source_id = %(receivable)s AND reference LIKE 'on_ramp:%%'
                OR (target_id = %(cash)s OR source_id = %(cash)s) AND reference LIKE 'withdrawal:%%')
           AND {which}) t
  LEFT JOIN on_ramps o ON t.kind = 'payment' AND o.id::text = t.reference
  LEFT JOIN withdrawals w ON t.kind <> 'payment' AND w.id::text = t.reference
"""
_OF_DAYS = _BOOKED.format(which="created_at >= %(start)s AND created_at < %(end)s")
_NAMED = _BOOKED.format(which="reference = ANY(%(references)s)")
_ON_RAMPS = """
SELECT 'payment', id::text, amount_paise, created_at, refund_decided_at IS NOT NULL, refund_heard_at FROM on_ramps
 WHERE bank = %(bank)s AND (id = ANY(%(ids)s) OR refund_heard_at >= %(start)s AND refund_heard_at < %(end)s)
"""
_PAYOUTS = """
SELECT 'payout', id::text, amount_paise, coalesce(first_sent_at, created_at), false, NULL::timestamptz
  FROM withdrawals WHERE bank = %(bank)s AND id = ANY(%(ids)s)
"""
_INTO_AND_OUT_OF_CASH = tuple(one for one in Booking if one is not Booking.RELEASE)


class BooksWithBank(NamedTuple):
    """What we booked, and the payments and payouts it can be about."""

    booked: tuple[Booked, ...]
    known: tuple[Known, ...]


async def clock(connection: Connection) -> datetime:
    """The database's, by which everything here was written."""
    row = await (await connection.execute("SELECT clock_timestamp()")).fetchone()
    assert row is not None, "a clock has a time"
    return row[0]


async def books_around(
    connection: Connection, bank: str, day: date, references: Iterable[str]
) -> BooksWithBank:
    """Of this Kolkata day and the two beside it, and whatever these references of a bank's lines mean; one snapshot."""
    ids = [one for one in map(_id_in, set(references)) if one]
    asked: dict[str, object] = {
        "bank": bank,
        "receivable": bank_account_id(bank, BankAccount.RECEIVABLE),
        "cash": bank_account_id(bank, BankAccount.CASH),
        "ids": ids,
        "references": [reference for one in ids for reference in _references(one)],
        "start": _midnight(day - _ONE_DAY),
        "end": _midnight(day + 2 * _ONE_DAY),
    }
    async with connection.transaction():
        await connection.execute(_READ_MUCH, prepare=False)  # several statements
        booked = [*await _booked(connection, _OF_DAYS, asked), *await _booked(connection, _NAMED, asked)]
        known = [*await _known(connection, _ON_RAMPS, asked), *await _known(connection, _PAYOUTS, asked)]
    return BooksWithBank(tuple(dict.fromkeys(booked)), tuple(known))


async def _booked(connection: Connection, question: str, asked: dict[str, object]) -> Sequence[Booked]:
    async with connection.cursor(row_factory=args_row(_as_booked)) as cursor:
        await cursor.execute(question.encode(), asked)
        return await cursor.fetchall()


async def _known(connection: Connection, question: str, asked: dict[str, object]) -> Sequence[Known]:
    async with connection.cursor(row_factory=args_row(_as_known)) as cursor:
        await cursor.execute(question.encode(), asked)
        return await cursor.fetchall()


def _as_booked(
    kind: str, reference: str, amount_paise: int, at: datetime, since: datetime, utr: str | None
) -> Booked:
    return Booked(Moved(kind), reference, amount_paise, at, since, utr)


def _as_known(
    kind: str, reference: str, amount_paise: int, since: datetime, decided: object, heard_at: datetime | None
) -> Known:
    return Known(Moved(kind), reference, amount_paise, since, bool(decided), heard_at)


def _id_in(reference: str) -> uuid.UUID | None:
    """Ours are ids as we write them; in any other spelling they are nobody's."""
    try:
        found = uuid.UUID(reference)
    except ValueError:
        return None
    return found if str(found) == reference else None


def _references(one: uuid.UUID) -> list[str]:
    """Of the movements that can stand in a statement under this id."""
    return [f"on_ramp:{one}", *(f"withdrawal:{one}:{booking}" for booking in _INTO_AND_OUT_OF_CASH)]


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=_KOLKATA)
