"""Check every rule of the ledger in one snapshot, from the entries up."""

from __future__ import annotations

from dataclasses import asdict, dataclass

import psycopg
from psycopg.rows import class_row

from shared_db.command_connection import connected

_CHECK = """
WITH numbered AS (
    SELECT e.account_id, e.number, e.amount_paise, e.balance_after_paise,
           row_number() OVER account AS place,
           sum(e.amount_paise) OVER (account ROWS UNBOUNDED PRECEDING) AS running
      FROM entries e JOIN balances b USING (account_id)
    WINDOW account AS (PARTITION BY e.account_id ORDER BY e.number)
), from_entries AS (
    SELECT account_id, count(*) AS entries, sum(amount_paise) AS balance,
           bool_or(number <> place OR balance_after_paise IS DISTINCT FROM running) AS broken
      FROM numbered GROUP BY account_id
), from_holds AS (
    SELECT holder, sum(amount) AS held FROM (
        SELECT source_id AS holder, amount_paise AS amount FROM transfers WHERE kind = 'hold'
         UNION ALL SELECT target_id, -amount_paise FROM transfers WHERE kind = 'release'
         UNION ALL SELECT holder_id, -amount_paise FROM transfers WHERE kind = 'capture') moves
     GROUP BY holder
), owners AS (
    SELECT a.id, b.account_id IS NULL
               OR b.balance_paise <> coalesce(e.balance, 0)
               OR b.last_number <> coalesce(e.entries, 0)
               OR b.held_paise <> coalesce(h.held, 0)
               OR coalesce(e.broken, false) AS out_of_step,
           coalesce(e.balance, 0) < 0 OR coalesce(b.balance_paise, 0) < 0 AS overdrawn
      FROM accounts a
      LEFT JOIN balances b ON b.account_id = a.id
      LEFT JOIN from_entries e ON e.account_id = a.id
      LEFT JOIN from_holds h ON h.holder = a.id
     WHERE a.kind <> 'system'
), sides AS (
    SELECT t.id, count(e.transfer_id) <> 2
               OR coalesce(sum(e.amount_paise), 1) <> 0
               OR bool_or(e.amount_paise <> CASE e.account_id WHEN t.source_id THEN -t.amount_paise
                                                              WHEN t.target_id THEN t.amount_paise END)
               OR bool_or(e.account_id NOT IN (t.source_id, t.target_id)) AS unbalanced
      FROM transfers t LEFT JOIN entries e ON e.transfer_id = t.id GROUP BY t.id
), in_flight AS (
    SELECT coalesce(sum(e.amount_paise), 0) AS paise FROM entries e
      JOIN accounts a ON a.id = e.account_id WHERE a.kind = 'system' AND a.name LIKE '%:payouts\\_in\\_flight'
)
SELECT (SELECT count(*) FROM accounts)::bigint AS accounts,
       (SELECT count(*) FROM transfers)::bigint AS transfers,
       (SELECT count(*) FROM entries)::bigint AS entries,
       (SELECT coalesce(sum(amount_paise), 0) FROM entries)::bigint AS sum_of_entries_paise,
       (SELECT count(*) FROM owners WHERE out_of_step)::bigint AS accounts_out_of_step,
       (SELECT count(*) FROM sides WHERE unbalanced)::bigint AS unbalanced_transfers,
       (SELECT count(*) FROM owners WHERE overdrawn)::bigint AS overdrawn_accounts,
       (SELECT paise FROM in_flight)::bigint AS open_holds_paise,
       (SELECT coalesce(sum(held_paise), 0) FROM balances)::bigint AS held_paise,
       (SELECT count(*) FROM on_ramps o
          FULL JOIN (SELECT * FROM transfers WHERE kind = 'on_ramp') t ON t.reference = 'on_ramp:' || o.id
          LEFT JOIN accounts a ON a.id = t.source_id
         WHERE (o.status = 'success') IS DISTINCT FROM (t.id IS NOT NULL)
            OR t.id IS NOT NULL AND (t.amount_paise <> o.amount_paise OR t.target_id <> o.user_id
                                     OR a.name IS DISTINCT FROM o.bank || ':receivable'))::bigint
           AS on_ramps_out_of_step,
       (SELECT count(*) FROM entries e LEFT JOIN transfers t ON t.id = e.transfer_id WHERE t.id IS NULL)::bigint
           AS entries_of_nothing,
       (SELECT count(*) FROM (SELECT account_id AS id FROM entries UNION SELECT source_id FROM transfers
                              UNION SELECT target_id FROM transfers) used
          LEFT JOIN accounts a ON a.id = used.id WHERE a.id IS NULL)::bigint AS unknown_accounts,
       (SELECT count(*) FROM balances b JOIN accounts a ON a.id = b.account_id WHERE a.kind = 'system')::bigint
           AS house_accounts_with_a_balance_row
"""

# Each owner's days as the entries tell them, beside what is kept: the sums of each kind, and the day's closing balance.
_DAYS = """
WITH told AS (
    SELECT e.account_id, (e.created_at AT TIME ZONE 'Asia/Kolkata')::date AS day, t.kind, count(*) AS transfers,
           coalesce(sum(e.amount_paise) FILTER (WHERE e.amount_paise > 0), 0) AS credits,
           coalesce(-sum(e.amount_paise) FILTER (WHERE e.amount_paise < 0), 0) AS debits,
           max(e.number) AS last_number
      FROM entries e JOIN transfers t ON t.id = e.transfer_id JOIN balances b ON b.account_id = e.account_id
     GROUP BY e.account_id, day, t.kind
), sums AS (
    SELECT count(*) AS wrong FROM told FULL JOIN daily_totals k USING (account_id, day, kind)
     WHERE (told.transfers, told.credits, told.debits)
           IS DISTINCT FROM (k.transfers, k.credits_paise, k.debits_paise)
), closings AS (
    SELECT count(*) AS wrong
      FROM (SELECT account_id, day, max(last_number) AS number FROM told GROUP BY account_id, day) last
      JOIN entries e USING (account_id, number)
      LEFT JOIN LATERAL (SELECT k.closing_paise, k.last_number FROM daily_totals k
                          WHERE (k.account_id, k.day) = (last.account_id, last.day)
                          ORDER BY k.last_number DESC LIMIT 1) kept ON true
     WHERE (kept.closing_paise, kept.last_number) IS DISTINCT FROM (e.balance_after_paise, e.number)
)
SELECT (sums.wrong + closings.wrong)::bigint FROM sums, closings
"""

# What each withdrawal says of itself, beside what was booked for it; and each lane, beside what is in it.
_WITHDRAWALS = """
WITH booked AS (
    SELECT w.id, w.status, w.correction,
           EXISTS (
               SELECT FROM transfers t
                WHERE (t.id, t.kind, t.source_id, t.amount_paise) = (w.id, 'hold', w.owner_id, w.amount_paise)) AS held,
           b.captured, b.released, b.reversals, b.taken_back, b.given_back, b.wrong
      FROM withdrawals w
     CROSS JOIN LATERAL (
           SELECT count(*) FILTER (WHERE t.what = 'capture') AS captured,
                  count(*) FILTER (WHERE t.what = 'release') AS released,
                  count(*) FILTER (WHERE t.what IN ('reverse', 'reverse_to_suspense')) AS reversals,
                  count(*) FILTER (WHERE t.what = 'take_back') AS taken_back,
                  count(*) FILTER (WHERE t.what = 'give_back') AS given_back,
                  count(*) FILTER (WHERE t.amount_paise <> w.amount_paise) AS wrong
             FROM (SELECT split_part(x.reference, ':', 3) AS what, x.amount_paise FROM transfers x
                    WHERE x.reference IN (
                          SELECT 'withdrawal:' || w.id || ':' || ending
                            FROM unnest(ARRAY['capture', 'release', 'reverse', 'reverse_to_suspense', 'take_back',
                                              'give_back']) AS ending)) t) b
)
SELECT (SELECT count(*) FROM booked
         WHERE NOT held OR wrong > 0
            OR captured <> (status IN ('paid', 'reversed'))::int
            OR released <> (status IN ('failed', 'cancelled'))::int
            OR reversals <> (status = 'reversed')::int
            OR taken_back <> (correction <> 'none')::int
            OR given_back <> (correction = 'given_back')::int)
     + (SELECT count(*) FROM lanes l
         WHERE l.pending <> (SELECT count(*) FROM withdrawals w
                              WHERE w.owner_id = l.owner_id
                                AND (w.status IN ('queued', 'sending', 'unknown', 'needs_attention')
                                     OR w.doubted_at IS NOT NULL)))
"""

# What was given back of payments: by payment, refund by refund, and as the ledger moved it.
_REFUNDS = """
WITH given AS (SELECT payment_id, sum(amount_paise) AS paise FROM refunds GROUP BY payment_id)
SELECT (SELECT count(*) FROM refunded_payments p
          LEFT JOIN given g USING (payment_id)
          LEFT JOIN transfers t ON t.id = p.payment_id
         WHERE p.refunded_paise <> coalesce(g.paise, 0)
            OR (t.kind, t.source_id, t.target_id, t.amount_paise)
               IS DISTINCT FROM ('payment', p.payer_id, p.merchant_id, p.paid_paise))
     + (SELECT count(*) FROM (SELECT * FROM transfers WHERE kind = 'refund') t
          FULL JOIN refunds r ON r.id = t.id
          LEFT JOIN refunded_payments p ON p.payment_id = r.payment_id
         WHERE (t.source_id, t.target_id, t.amount_paise, t.note, t.created_at)
               IS DISTINCT FROM (p.merchant_id, p.payer_id, r.amount_paise, r.reason, r.created_at))
"""

# The house's totals as the watch has rolled them up, and what it has not yet followed, beside what the entries say.
_HOUSE = """
WITH told AS (
    SELECT e.account_id, e.number >> 12 AS part, count(*) AS entries, sum(e.amount_paise) AS paise
      FROM entries e JOIN accounts a ON a.id = e.account_id WHERE a.kind = 'system' GROUP BY 1, 2
), kept AS (
    SELECT account_id, part, sum(entries) AS entries, sum(paise) AS paise FROM (
        SELECT account_id, part, entries, total_paise AS paise FROM house_totals
         UNION ALL
        SELECT a.id, side.number >> 12, 1, side.sign * t.amount_paise
          FROM posted_batches q
         CROSS JOIN LATERAL unnest(q.transfer_ids, q.source_numbers, q.target_numbers)
               AS u (id, source_number, target_number)
          JOIN transfers t ON t.id = u.id AND u.source_number IS NOT NULL
         CROSS JOIN LATERAL (VALUES (t.source_id, u.source_number, -1), (t.target_id, u.target_number, 1))
               AS side (account, number, sign)
          JOIN accounts a ON a.id = side.account AND a.kind = 'system') known
     GROUP BY account_id, part
)
SELECT count(*) FROM told FULL JOIN kept USING (account_id, part)
 WHERE (told.entries, told.paise) IS DISTINCT FROM (kept.entries, kept.paise)
"""


@dataclass(frozen=True, slots=True)
class _Found:
    accounts: int
    transfers: int
    entries: int
    sum_of_entries_paise: int
    accounts_out_of_step: int
    unbalanced_transfers: int
    overdrawn_accounts: int
    open_holds_paise: int
    held_paise: int
    on_ramps_out_of_step: int
    entries_of_nothing: int
    unknown_accounts: int
    house_accounts_with_a_balance_row: int


def verify(url: str) -> dict[str, int | bool]:
    """The counts of `manage.py verify`; `ok` is True when every rule holds.

    An owner without a balance row, with a gap in its running numbers, or whose adding-money rows and transfers
    disagree (in amount, owner or bank, or one without the other) counts as out of step, and so does an account that
    money has moved on and that does not exist, a day whose totals are not those of its entries, a withdrawal whose
    state and bookings disagree, a lane that counts wrongly, a payment whose refunds are not what was given back of it,
    a refund in the ledger that belongs to no payment, and entries of the house that the watch over our books has not
    been told of.
    Raises DatabaseRefused when the database is not there, or no Batua in it.
    """
    with connected(url) as connection:
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        connection.read_only = True
        with connection.cursor(row_factory=class_row(_Found)) as cursor:
            found = cursor.execute(_CHECK).fetchone()
        days = connection.execute(_DAYS).fetchone()
        withdrawals = connection.execute(_WITHDRAWALS).fetchone()
        refunds = connection.execute(_REFUNDS).fetchone()
        house = connection.execute(_HOUSE).fetchone()
    assert found is not None, "the query has exactly one row"
    assert days is not None, "and so has this one"
    assert withdrawals is not None, "and this one"
    assert refunds is not None, "and this one"
    assert house is not None, "and the last"
    counts = asdict(found)
    holds_differ = counts.pop("held_paise") != counts["open_holds_paise"]
    counts["accounts_out_of_step"] += (
        counts.pop("on_ramps_out_of_step")
        + counts.pop("house_accounts_with_a_balance_row")
        + counts.pop("unknown_accounts")
        + days[0]
        + withdrawals[0]
        + refunds[0]
        + house[0]
        + holds_differ
    )
    counts["unbalanced_transfers"] += counts.pop("entries_of_nothing")
    wrong = ("sum_of_entries_paise", "accounts_out_of_step", "unbalanced_transfers", "overdrawn_accounts")
    return {"ok": not any(counts[name] for name in wrong)} | counts
