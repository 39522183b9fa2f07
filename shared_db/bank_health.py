"""How each bank is: the breaker that all workers share, and what people see before they choose a bank."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple

from shared_db.connection import Connection


class BankHealth(NamedTuple):
    """The last calls about withdrawals, 20 at most and not older than 15 minutes."""

    calls: int
    answered: int
    median_latency_ms: int | None
    """Of those that were answered; of a timeout we know our own patience only."""
    is_open_for_calls: bool
    """False while its breaker is open: withdrawals wait."""


# The banks are those that the house has accounts at.
_HEALTH = """
SELECT bank.name, calls.made, calls.answered, calls.median,
       NOT EXISTS (SELECT FROM bank_breakers b WHERE b.bank = bank.name AND b.opened_at IS NOT NULL)
  FROM (SELECT split_part(name, ':', 1) AS name FROM accounts
         WHERE kind = 'system' AND name LIKE '%:receivable') bank
 CROSS JOIN LATERAL (
       SELECT count(*) AS made, count(*) FILTER (WHERE a.outcome <> 'unreadable') AS answered,
              percentile_disc(0.5) WITHIN GROUP (ORDER BY a.latency_ms)
                  FILTER (WHERE a.outcome <> 'unreadable') AS median
         FROM (SELECT outcome, latency_ms FROM withdrawal_attempts
                WHERE bank = bank.name AND began_at > now() - interval '15 minutes'
                ORDER BY began_at DESC LIMIT 20) a) calls
 ORDER BY bank.name
"""
# A breaker that somebody has closed since its failures began stays closed.
_OPEN = """
INSERT INTO bank_breakers AS known (bank, opened_at, next_try_at)
VALUES (%(bank)s, %(at)s, clock_timestamp() + %(try_every)s)
ON CONFLICT (bank) DO UPDATE SET opened_at = EXCLUDED.opened_at, next_try_at = EXCLUDED.next_try_at
 WHERE known.opened_at IS NULL AND (known.closed_at IS NULL OR known.closed_at <= %(failing_since)s)
"""
_CLOSE = """
UPDATE bank_breakers SET opened_at = NULL, next_try_at = NULL, closed_at = %(at)s
 WHERE bank = %(bank)s AND opened_at <= %(began_at)s
"""


async def health_of_banks(connection: Connection) -> dict[str, BankHealth]:
    """How each bank has answered lately, by its name."""
    # Planned anew each time: a plan from when there were few calls sorts all of them for ever (97 ms of a million).
    cursor = await connection.execute(_HEALTH, prepare=False)
    return {row[0]: BankHealth(*row[1:]) for row in await cursor.fetchall()}


async def open_breaker(
    connection: Connection, bank: str, *, at: datetime, failing_since: datetime, try_every: timedelta
) -> None:
    """No worker calls this bank any more, but one every `try_every`. Nothing if another was quicker."""
    values = {"bank": bank, "at": at, "failing_since": failing_since, "try_every": try_every}
    await connection.execute(_OPEN, values)


async def close_breaker(connection: Connection, bank: str, *, at: datetime, began_at: datetime) -> None:
    """All workers call this bank again: a call that began after the breaker opened was answered."""
    await connection.execute(_CLOSE, {"bank": bank, "at": at, "began_at": began_at})
