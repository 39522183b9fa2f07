"""Settlements as rows: plans set by shops, taken when their hour has come, and the sums of what each covers."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import NamedTuple

from psycopg.errors import ForeignKeyViolation
from psycopg.rows import args_row

from money.accounts import BankAccount, bank_account_id
from money.errors import NoAccountChosen
from money.settlements import Plan, Rhythm, is_still_that_day, next_settlement
from money.times import kolkata_day
from shared_db.connection import Connection
from shared_db.ids import new_id

_HELD = "SELECT 1 FROM settlement_plans WHERE merchant_id = %s FOR NO KEY UPDATE"
_LAST_DAY = "SELECT max(day) FROM settlements WHERE merchant_id = %s"
_SET = """
INSERT INTO settlement_plans (merchant_id, rhythm, weekday, hour, saved_account_id, keep_paise, next_at)
VALUES (%s, %s, %s, %s, %s, %s, %s)
ON CONFLICT (merchant_id) DO UPDATE
   SET rhythm = EXCLUDED.rhythm, weekday = EXCLUDED.weekday, hour = EXCLUDED.hour,
       saved_account_id = EXCLUDED.saved_account_id, keep_paise = EXCLUDED.keep_paise, next_at = EXCLUDED.next_at
"""
_DUE = """
SELECT merchant_id, rhythm, weekday, hour, next_at FROM settlement_plans
 WHERE next_at <= %s AND NOT outgoing_is_stopped()
 ORDER BY next_at LIMIT %s FOR NO KEY UPDATE SKIP LOCKED
"""
_SETTLE = """
SELECT merchant_id, outcome FROM settle_shops(%b::uuid[], %b::date[], %b::timestamptz[], %b::uuid[], %s, %b::text[],
                                              %b::uuid[], %s)
"""
_COUNT = """
UPDATE settlements s
   SET payments = x.payments, gross_paise = x.gross, refunded_paise = x.refunded, withdrawn_paise = x.withdrawn,
       came_back_paise = x.came_back, other_paise = x.other
  FROM (SELECT id, merchant_id, first_number, last_number FROM settlements
         WHERE payments IS NULL ORDER BY id LIMIT 1 FOR NO KEY UPDATE SKIP LOCKED) due
 CROSS JOIN LATERAL (
       SELECT count(*) FILTER (WHERE t.kind = 'payment') AS payments,
              coalesce(sum(e.amount_paise) FILTER (WHERE t.kind = 'payment'), 0) AS gross,
              coalesce(-sum(e.amount_paise) FILTER (WHERE t.kind = 'refund'), 0) AS refunded,
              coalesce(-sum(e.amount_paise) FILTER (WHERE t.kind = 'hold' AND t.id <> due.id), 0) AS withdrawn,
              coalesce(sum(e.amount_paise) FILTER (WHERE t.kind IN ('release', 'reversal')), 0) AS came_back,
              coalesce(sum(e.amount_paise) FILTER (
                  WHERE t.kind NOT IN ('payment', 'refund', 'hold', 'release', 'reversal')), 0) AS other
         FROM entries e JOIN transfers t ON t.id = e.transfer_id
        WHERE e.account_id = due.merchant_id AND e.number BETWEEN due.first_number AND due.last_number) x
 WHERE s.id = due.id
RETURNING s.merchant_id
"""


class Settled(NamedTuple):
    """What became of one plan: one of `money.settlements.Turn`, or how the ledger found its reference."""

    merchant_id: uuid.UUID
    outcome: str


class _Due(NamedTuple):
    merchant_id: uuid.UUID
    rhythm: str
    weekday: int
    hour: int
    next_at: datetime

    @property
    def plan(self) -> Plan:
        return Plan(Rhythm(self.rhythm), self.weekday, self.hour)


async def set_plan(
    connection: Connection,
    merchant_id: uuid.UUID,
    plan: Plan,
    *,
    saved_account_id: uuid.UUID | None,
    keep_paise: int,
    now: datetime,
) -> None:
    """From now on this is the shop's plan. The account is the shop's own, or none; whose it is has been asked.

    Raises NoAccountChosen where it was removed meanwhile.
    """
    async with connection.transaction():
        # A settlement that is being made now belongs to the plan as it was.
        await connection.execute(_HELD, (merchant_id,))
        row = await (await connection.execute(_LAST_DAY, (merchant_id,))).fetchone()
        next_at = next_settlement(plan, after=now, settled_on=row[0] if row else None)
        values = (merchant_id, plan.rhythm, plan.weekday, plan.hour, saved_account_id, keep_paise, next_at)
        try:
            await connection.execute(_SET, values)
        except ForeignKeyViolation as error:
            # Removed in another tab, between the question whose it is and this.
            raise NoAccountChosen from error


async def settle_due(
    connection: Connection, *, now: datetime, most: int, banks: tuple[str, ...], correlation_id: str
) -> list[Settled]:
    """Take plans whose hour has come, in one transaction; those that another worker takes are left to it."""
    async with connection.transaction():
        async with connection.cursor(row_factory=args_row(_Due)) as cursor:
            due = await (await cursor.execute(_DUE, (now, most))).fetchall()
        if not due:
            return []
        days = [kolkata_day(one.next_at) if is_still_that_day(one.next_at, now) else None for one in due]
        nexts = [
            next_settlement(one.plan, after=now, settled_on=day) for one, day in zip(due, days, strict=True)
        ]
        values = (
            [one.merchant_id for one in due],
            days,
            nexts,
            [new_id() for _ in due],
            now,
            list(banks),
            [bank_account_id(bank, BankAccount.IN_FLIGHT) for bank in banks],
            correlation_id,
        )
        settled = await (await connection.execute(_SETTLE, values)).fetchall()
    return [Settled(*row) for row in settled]


async def count_up(connection: Connection) -> uuid.UUID | None:
    """Write the sums of one settlement that has none yet, outside every lock of money; whose it was, if any."""
    async with connection.transaction():
        # A first settlement covers everything that a shop was ever paid.
        await connection.execute("SET LOCAL statement_timeout = '5min'")
        row = await (await connection.execute(_COUNT)).fetchone()
    return row[0] if row else None
