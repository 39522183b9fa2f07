"""Rows of an owner's history: how they are read, what moved and what was only tried, and what each of them tells."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import NamedTuple

from money.activity import ACTIVITY_OF, Activity, Result, result_of, withdrawal_counts

# A shop learns no more of who pays than a first name and an initial, and so can search for no more.
_TOLD = """
       t.created_at, t.id, t.kind, t.reference, t.note,
       CASE WHEN t.source_id = %(owner)s THEN t.target_id ELSE t.source_id END,
       coalesce(CASE WHEN t.kind = 'send' THEN u.first_name || ' ' || u.last_name
                     ELSE u.first_name || ' ' || left(u.last_name, 1) || '.' END, m.name), m.handle,
       coalesce(w.bank, o.bank), w.account_number,
       coalesce(w.utr, o.bank_reference), coalesce(w.status, 'success'),
       coalesce(w.doubted_at IS NOT NULL, false), coalesce(w.correction = 'taken_back', false),
       CASE WHEN w.correction = 'taken_back' THEN EXISTS (
           SELECT FROM transfers b
            WHERE b.reference = 'withdrawal:' || w.id || ':take_back' AND b.source_id = w.owner_id)
       ELSE false END,
       t.kind = 'hold' AND EXISTS (SELECT FROM settlements s WHERE s.id = t.id)
"""
_BESIDE = """
  LEFT JOIN users u ON t.kind IN ('send', 'payment', 'refund')
       AND u.id = CASE WHEN t.source_id = %(owner)s THEN t.target_id ELSE t.source_id END
  LEFT JOIN merchants m ON t.kind = ANY ('{payment,refund}')
       AND m.id = CASE WHEN t.source_id = %(owner)s THEN t.target_id ELSE t.source_id END
  LEFT JOIN withdrawals w ON t.kind = 'hold' AND w.id = t.id
  LEFT JOIN on_ramps o ON t.kind = 'on_ramp' AND o.id = CASE t.kind WHEN 'on_ramp' THEN substr(t.reference, 9)::uuid END
"""
MOVED = f"""
SELECT e.number, e.amount_paise, e.balance_after_paise, {_TOLD}
  FROM entries e JOIN transfers t ON t.id = e.transfer_id {_BESIDE}
 WHERE e.account_id = %(owner)s AND e.number > %(after)s AND e.number < %(before)s AND t.kind = ANY (%(kinds)s)
 ORDER BY e.number DESC LIMIT %(most)s
"""  # noqa: S608 # nothing of a caller's in it
ONE_MOVED = f"""
SELECT 0, CASE t.source_id WHEN %(owner)s::uuid THEN -t.amount_paise ELSE t.amount_paise END, 0, {_TOLD}
  FROM transfers t {_BESIDE}
 WHERE (t.id = %(id)s::uuid OR t.reference = 'on_ramp:' || %(id)s::text) AND t.kind = ANY (%(kinds)s)
   AND (t.source_id = %(owner)s OR t.target_id = %(owner)s)
"""  # noqa: S608 # the same
# Days on which there is something of these kinds, and between which running numbers they lie, the newest first.
DAYS_WITH = """
SELECT (SELECT coalesce(max(k.last_number), 0) FROM daily_totals k WHERE k.account_id = %(owner)s
           AND k.day = (SELECT max(day) FROM daily_totals WHERE account_id = %(owner)s AND day < d.day)),
       (SELECT max(k.last_number) FROM daily_totals k WHERE k.account_id = %(owner)s AND k.day = d.day), d.day
  FROM (SELECT DISTINCT day FROM daily_totals
         WHERE account_id = %(owner)s AND kind = ANY (%(kinds)s) AND day BETWEEN %(first)s AND %(last)s
         ORDER BY day DESC LIMIT %(most)s) d
 ORDER BY d.day DESC
"""
_TRIED = """
SELECT o.id, o.bank, o.amount_paise, o.status, o.bank_reference, o.created_at,
       o.late_success_at IS NOT NULL AND o.refund_decided_at IS NULL
  FROM on_ramps o"""
# Compared as pairs, so that only the index of an owner's own will do: by the primary key everybody's would be read.
UNMOVED = (
    _TRIED
    + """
 WHERE (o.user_id, o.id) < (%(owner)s, %(before)s) AND (o.user_id, o.id) > (%(owner)s, %(after)s)
   AND o.status <> 'success' AND o.created_at >= %(since)s AND o.created_at < %(until)s
 ORDER BY o.user_id DESC, o.id DESC LIMIT %(most)s
"""
)
# When the last entry before a page was made.
MADE_AT = "SELECT created_at FROM entries WHERE account_id = %(owner)s AND number = %(number)s"
ONE_UNMOVED = _TRIED + " WHERE o.id = %(id)s AND o.user_id = %(owner)s AND o.status <> 'success'"


class Happened(NamedTuple):
    """One thing that happened, or was tried. `amount_paise` is signed: what came in is positive."""

    id: uuid.UUID
    activity: Activity
    amount_paise: int
    balance_after_paise: int | None
    """None where nothing moved in the end: these amounts count for nothing."""
    at: datetime
    status: str
    result: Result
    other_id: uuid.UUID | None = None
    """The person on the other side, where there is one."""
    other_name: str | None = None
    """Theirs, or the shop's."""
    shop_handle: str | None = None
    bank: str | None = None
    account_number: str | None = None
    note: str | None = None
    reference: str | None = None
    """The bank's own."""
    number: int | None = None
    is_settlement: bool = False
    """A withdrawal that a shop's plan has made."""


class Moved(NamedTuple):
    number: int
    amount_paise: int
    balance_after_paise: int
    at: datetime
    id: uuid.UUID
    kind: str
    reference: str
    note: str | None
    other_id: uuid.UUID
    other_name: str | None
    shop_handle: str | None
    bank: str | None
    account_number: str | None
    bank_reference: str | None
    status: str
    is_being_asked: bool
    was_paid_after_all: bool
    taken_back_from_wallet: bool
    is_settlement: bool


class Unmoved(NamedTuple):
    id: uuid.UUID
    bank: str
    amount_paise: int
    status: str
    bank_reference: str | None
    at: datetime
    is_being_asked: bool


def happened(row: Moved) -> Happened:
    activity = ACTIVITY_OF[row.kind]
    counts = activity is not Activity.WITHDRAWAL or withdrawal_counts(
        row.status, taken_back_from_wallet=row.taken_back_from_wallet
    )
    is_on_ramp = activity is Activity.ON_RAMP
    return Happened(
        id=uuid.UUID(row.reference.partition(":")[2]) if is_on_ramp else row.id,
        activity=activity,
        amount_paise=row.amount_paise,
        balance_after_paise=row.balance_after_paise if counts else None,
        at=row.at,
        status=row.status,
        result=result_of(
            row.status, is_being_asked=row.is_being_asked, was_paid_after_all=row.was_paid_after_all
        ),
        other_id=row.other_id if row.other_name and not row.shop_handle else None,
        other_name=row.other_name,
        shop_handle=row.shop_handle,
        bank=row.bank,
        account_number=row.account_number,
        note=row.note,
        reference=row.bank_reference,
        number=row.number,
        is_settlement=row.is_settlement,
    )


def tried(row: Unmoved) -> Happened:
    return Happened(
        id=row.id,
        activity=Activity.ON_RAMP,
        amount_paise=row.amount_paise,
        balance_after_paise=None,
        at=row.at,
        status=row.status,
        result=result_of(row.status, is_being_asked=row.is_being_asked, was_paid_after_all=False),
        bank=row.bank,
        reference=row.bank_reference,
    )
