"""How much is under way: lanes that wait, withdrawals and payments that have not ended, and since when."""

from __future__ import annotations

from typing import NamedTuple

from shared_db.connection import Connection


class Waiting(NamedTuple):
    """What one bank's money waits for, now."""

    bank: str
    lanes: int
    """Owners with a withdrawal that has not ended."""
    due_lanes: int
    """Of those, whom a worker would take now."""
    on_ramps: int
    """Payments that a bank is still asked about."""
    oldest_on_ramp_seconds: float


OPEN_STATES = ("queued", "sending", "unknown", "needs_attention")
"""Those in which a withdrawal has not ended."""
# The banks are those that the house has accounts at: one with nothing under way is told as 0, not left out.
_WAITING = """
SELECT bank.name, lanes.waiting, lanes.due, payments.waiting, payments.oldest
  FROM (SELECT split_part(name, ':', 1) AS name FROM accounts
         WHERE kind = 'system' AND name LIKE '%:receivable') bank
 CROSS JOIN LATERAL (
       SELECT count(*) AS waiting, count(*) FILTER (WHERE l.next_at <= now()) AS due
         FROM lanes l WHERE l.bank = bank.name AND l.pending > 0) lanes
 CROSS JOIN LATERAL (
       SELECT count(*) AS waiting, coalesce(extract(epoch FROM now() - min(o.created_at)), 0)::float8 AS oldest
         FROM enquiry_queue q JOIN on_ramps o ON o.id = q.on_ramp_id AND o.next_enquiry_at IS NOT NULL
        WHERE q.bank = bank.name) payments
 ORDER BY bank.name
"""
# The condition is that of the index of open withdrawals, so that closed ones are never read.
_OPEN = """
SELECT bank, status, count(*), extract(epoch FROM now() - min(created_at))::float8 FROM withdrawals
 WHERE (status IN ('queued', 'sending', 'unknown', 'needs_attention') OR doubted_at IS NOT NULL)
   AND status = ANY(%s)
 GROUP BY bank, status
"""


class Open(NamedTuple):
    """Withdrawals of one bank that stand in one state and have not ended."""

    withdrawals: int
    oldest_seconds: float


async def waiting_by_bank(connection: Connection) -> list[Waiting]:
    cursor = await connection.execute(_WAITING, prepare=False)
    return [Waiting(*row) for row in await cursor.fetchall()]


async def open_withdrawals(connection: Connection) -> dict[tuple[str, str], Open]:
    """By bank and state; a state in which a bank has none is left out."""
    cursor = await connection.execute(_OPEN, (list(OPEN_STATES),), prepare=False)
    return {(bank, status): Open(count, oldest) for bank, status, count, oldest in await cursor.fetchall()}
