"""What waits for a person: withdrawals that no bank settles, rejected webhooks, and differences with a statement."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from typing import NamedTuple

from psycopg.rows import args_row

from shared_db.connection import Connection

_OPEN = "status IN ('queued', 'sending', 'unknown', 'needs_attention') OR doubted_at IS NOT NULL"
_WITHDRAWALS = f"""
SELECT w.id, w.bank, w.amount_paise, w.status, w.doubted_at IS NOT NULL, coalesce(w.doubted_at, w.first_sent_at),
       w.last_sent_at, w.reason, a.outcome, a.words
  FROM (SELECT * FROM withdrawals WHERE {_OPEN}) w
  LEFT JOIN LATERAL (SELECT outcome, words FROM withdrawal_attempts
                      WHERE withdrawal_id = w.id ORDER BY began_at DESC LIMIT 1) a ON true
 WHERE w.status = 'needs_attention' OR w.doubted_at IS NOT NULL
 ORDER BY 6, w.id
"""  # noqa: S608 # nothing of a caller's in it
_REJECTED = """
SELECT e.bank, e.event_id, e.type, e.subject, e.body, e.reason, e.received_at FROM bank_events e
 WHERE e.verdict = 'rejected'
"""
_REJECTED_ONES = (
    _REJECTED
    + """
   AND NOT EXISTS (SELECT FROM resolutions r WHERE r.kind = 'webhook' AND r.item = e.bank || ':' || e.event_id)
 ORDER BY e.received_at, e.event_id
"""
)
_REJECTED_ONE = _REJECTED + " AND e.bank = %s AND e.event_id = %s"
_REJECTED_PAYMENTS = _REJECTED + " AND e.bank = %s AND e.type = 'payment.succeeded'"
_EXCEPTIONS = """
SELECT e.id, e.bank, e.day, e.type, e.kind, e.reference, e.utr, e.ours_paise, e.theirs_paise, e.found_at
  FROM reconciliation_exceptions e WHERE e.gone_at IS NULL
"""
_OPEN_EXCEPTIONS = (
    _EXCEPTIONS
    + """
   AND NOT EXISTS (SELECT FROM resolutions r WHERE r.kind = 'exception' AND r.item = e.id::text)
 ORDER BY e.found_at, e.id
"""
)
_ONE_EXCEPTION = _EXCEPTIONS + " AND e.id = %s"


class WaitingWithdrawal(NamedTuple):
    """One that needs attention, or whose bank contradicted itself; with the last call to the bank about it."""

    id: uuid.UUID
    bank: str
    amount_paise: int
    status: str
    is_in_doubt: bool
    since: datetime
    last_sent_at: datetime | None
    reason: str | None
    last_outcome: str | None
    last_words: str | None


class RejectedWebhook(NamedTuple):
    """A bank's signed word that did not fit our rows."""

    bank: str
    event_id: str
    type: str
    subject: str
    body: str
    reason: str | None
    received_at: datetime

    @property
    def item(self) -> str:
        """How a person names it."""
        return f"{self.bank}:{self.event_id}"


class OpenException(NamedTuple):
    """A difference that the last run of its day has found."""

    id: uuid.UUID
    bank: str
    day: date
    type: str
    kind: str
    reference: str
    utr: str | None
    ours_paise: int | None
    theirs_paise: int | None
    found_at: datetime


class AllThatWaits(NamedTuple):
    """Each list oldest first."""

    withdrawals: list[WaitingWithdrawal]
    webhooks: list[RejectedWebhook]
    exceptions: list[OpenException]


async def all_that_waits(connection: Connection) -> AllThatWaits:
    """Whatever nobody has decided about yet."""
    async with connection.cursor(row_factory=args_row(WaitingWithdrawal)) as cursor:
        withdrawals = await (await cursor.execute(_WITHDRAWALS.encode())).fetchall()
    async with connection.cursor(row_factory=args_row(RejectedWebhook)) as cursor:
        webhooks = await (await cursor.execute(_REJECTED_ONES.encode())).fetchall()
    async with connection.cursor(row_factory=args_row(OpenException)) as cursor:
        exceptions = await (await cursor.execute(_OPEN_EXCEPTIONS.encode())).fetchall()
    return AllThatWaits(withdrawals, webhooks, exceptions)


async def rejected_webhook(connection: Connection, bank: str, event_id: str) -> RejectedWebhook | None:
    """One, whether or not somebody has decided about it."""
    async with connection.cursor(row_factory=args_row(RejectedWebhook)) as cursor:
        await cursor.execute(_REJECTED_ONE.encode(), (bank, event_id))
        return await cursor.fetchone()


async def rejected_payments(connection: Connection, bank: str) -> list[RejectedWebhook]:
    """What this bank has said of payments that were made, and we have refused."""
    async with connection.cursor(row_factory=args_row(RejectedWebhook)) as cursor:
        await cursor.execute(_REJECTED_PAYMENTS.encode(), (bank,))
        return await cursor.fetchall()


async def exception_of(connection: Connection, exception_id: uuid.UUID) -> OpenException | None:
    """One that is not gone, whether or not somebody has decided about it."""
    async with connection.cursor(row_factory=args_row(OpenException)) as cursor:
        await cursor.execute(_ONE_EXCEPTION.encode(), (exception_id,))
        return await cursor.fetchone()
