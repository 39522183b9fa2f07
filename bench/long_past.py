"""A long past, written by the million: entries, transfers, the days' totals and the balance, of a wallet or of a shop.

As `post_transfers` would have written them, 400 days of them up to now, but for the other side's entries, which none
of the reads looks at.
"""

from __future__ import annotations

import uuid

import psycopg

from bench.people import open_shop, open_wallets
from shared_db.ids import new_id

SMALL, LARGE, VERY_LARGE = 1_000, 100_000, 5_000_000

_ROWS = """
CREATE UNLOGGED TABLE past AS
SELECT n, at, uuidv7(at - now()) AS id, kind, amount, after
  FROM (SELECT n, now() - interval '400 days' * (1 - n::double precision / %(size)s) AS at
          FROM generate_series(1, %(size)s::bigint) n) numbered
 CROSS JOIN LATERAL ({}) AS moved (kind, amount, after)
"""
# Every second one comes in. Refunds and on-ramps are two of a hundred each, payments ten.
_OF_A_WALLET = """
SELECT CASE WHEN n %% 50 = 1 THEN 'refund' WHEN n %% 50 = 3 THEN 'on_ramp' WHEN n %% 10 = 2 THEN 'payment'
            ELSE 'send' END,
       CASE WHEN n %% 2 = 1 THEN 200 ELSE -100 END::bigint, 200 * ((n + 1) / 2) - 100 * (n / 2)
"""
# All are payments, and of fifty one is given back by half.
_OF_A_SHOP = """
SELECT CASE WHEN n %% 50 = 0 THEN 'refund' ELSE 'payment' END,
       CASE WHEN n %% 50 = 0 THEN -100 ELSE 200 END::bigint, 200 * (n - n / 50) - 100 * (n / 50)
"""
_BOOKS = (
    """
    INSERT INTO transfers (id, reference, kind, source_id, target_id, amount_paise, created_at)
    SELECT id, kind || ':' || id, kind, CASE WHEN amount < 0 THEN %(owner)s ELSE %(other)s END::uuid,
           CASE WHEN amount < 0 THEN %(other)s ELSE %(owner)s END::uuid, abs(amount), at
      FROM past ORDER BY n
    """,
    """
    INSERT INTO entries (account_id, number, transfer_id, amount_paise, balance_after_paise, created_at)
    SELECT %(owner)s, n, id, amount, after, at FROM past ORDER BY n
    """,
    """
    INSERT INTO daily_totals (account_id, day, kind, transfers, credits_paise, debits_paise, closing_paise, last_number)
    SELECT %(owner)s, day, totals.kind, transfers, credits, debits, past.after, newest
      FROM (SELECT (at AT TIME ZONE 'Asia/Kolkata')::date AS day, kind, count(*) AS transfers,
                   coalesce(sum(amount) FILTER (WHERE amount > 0), 0) AS credits,
                   coalesce(-sum(amount) FILTER (WHERE amount < 0), 0) AS debits, max(n) AS newest
              FROM past GROUP BY 1, 2) totals
      JOIN past ON past.n = newest
    """,
    """
    INSERT INTO on_ramps (id, user_id, bank, amount_paise, status, correlation_id, created_at, expires_at,
                          settled_at, version)
    SELECT id, %(owner)s, 'hdfc', amount, 'success', 'bench', at, at, at, 1 FROM past WHERE kind = 'on_ramp'
    """,
    """
    UPDATE balances SET balance_paise = after, last_number = n FROM past
     WHERE account_id = %(owner)s AND n = %(size)s
    """,
    "DROP TABLE past",
)


def write_past(url: str, owner: uuid.UUID, size: int) -> None:
    """So many entries of an owner who has a wallet and nothing in it."""
    _write(url, _OF_A_WALLET, owner, size)


def write_shop(url: str, merchant: uuid.UUID, size: int) -> None:
    """A shop, and so many entries of it."""
    open_shop(url, merchant)
    _write(url, _OF_A_SHOP, merchant, size)


def _write(url: str, moved: str, owner: uuid.UUID, size: int) -> None:
    other = new_id()
    open_wallets(url, [other])
    values = {"owner": owner, "other": other, "size": size}
    with psycopg.connect(url, options="-c synchronous_commit=off -c work_mem=256MB") as connection:
        for statement in (_ROWS.format(moved), *_BOOKS):
            connection.execute(statement.encode(), values)
