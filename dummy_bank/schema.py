"""The shape of the books, and how older books come to have it."""

from __future__ import annotations

import sqlite3

_TABLES = """
CREATE TABLE IF NOT EXISTS customers (
    bank          TEXT    NOT NULL,
    customer_id   TEXT    NOT NULL,
    name          TEXT    NOT NULL,
    password_hash BLOB    NOT NULL,
    balance_paise INTEGER NOT NULL CHECK (balance_paise >= 0),
    PRIMARY KEY (bank, customer_id)
) STRICT;

-- What each bank has collected for the merchant; with the customers' balances it always adds up to the same.
CREATE TABLE IF NOT EXISTS collected (
    bank          TEXT    PRIMARY KEY,
    balance_paise INTEGER NOT NULL CHECK (balance_paise >= 0)
) STRICT;

CREATE TABLE IF NOT EXISTS payments (
    token              TEXT    PRIMARY KEY,
    bank               TEXT    NOT NULL,
    merchant_reference TEXT    NOT NULL,
    user_identifier    TEXT    NOT NULL,
    amount_paise       INTEGER NOT NULL CHECK (amount_paise > 0),
    return_url         TEXT    NOT NULL,
    status             TEXT    NOT NULL CHECK (status IN ('created', 'paid', 'declined', 'refunded')),
    customer_id        TEXT,
    bank_reference     TEXT    UNIQUE,
    correlation_id     TEXT    NOT NULL,
    created_at_ms      INTEGER NOT NULL,
    late_success_at_ms INTEGER,
    UNIQUE (bank, merchant_reference)
) STRICT;

-- The second debit of a payment, or its second refund, fails here even if everything above it is wrong.
CREATE TABLE IF NOT EXISTS movements (
    id           INTEGER PRIMARY KEY,
    bank         TEXT    NOT NULL,
    customer_id  TEXT    NOT NULL,
    token        TEXT    NOT NULL REFERENCES payments (token),
    kind         TEXT    NOT NULL CHECK (kind IN ('payment', 'refund')),
    amount_paise INTEGER NOT NULL CHECK (amount_paise > 0),
    utr          TEXT    NOT NULL UNIQUE,
    at_ms        INTEGER NOT NULL,
    UNIQUE (token, kind)
) STRICT;

-- `number` counts the payouts under one reference; only a bank whose references are not idempotent has a second.
CREATE TABLE IF NOT EXISTS payouts (
    payout_id         INTEGER PRIMARY KEY,
    bank              TEXT    NOT NULL,
    reference         TEXT    NOT NULL,
    number            INTEGER NOT NULL CHECK (number > 0),
    account_number    TEXT    NOT NULL,
    ifsc              TEXT    NOT NULL,
    amount_paise      INTEGER NOT NULL CHECK (amount_paise > 0),
    status            TEXT    NOT NULL CHECK (status IN ('pending', 'succeeded', 'failed', 'reversed')),
    utr               TEXT    UNIQUE,
    correlation_id    TEXT    NOT NULL,
    created_at_ms     INTEGER NOT NULL,
    next_status       TEXT    CHECK (next_status IN ('succeeded', 'failed', 'reversed')),
    next_at_ms        INTEGER,
    reversal_after_ms INTEGER,
    UNIQUE (bank, reference, number),
    CHECK ((next_status IS NULL) = (next_at_ms IS NULL)),
    CHECK ((utr IS NOT NULL) = (status IN ('succeeded', 'reversed')))
) STRICT;

CREATE TABLE IF NOT EXISTS payout_movements (
    id           INTEGER PRIMARY KEY,
    bank         TEXT    NOT NULL,
    payout_id    INTEGER NOT NULL REFERENCES payouts (payout_id),
    kind         TEXT    NOT NULL CHECK (kind IN ('payout', 'reversal')),
    amount_paise INTEGER NOT NULL CHECK (amount_paise > 0),
    utr          TEXT    NOT NULL UNIQUE,
    at_ms        INTEGER NOT NULL,
    UNIQUE (payout_id, kind)
) STRICT;

-- One row for each sending: an event that is to be sent three times stands here three times.
CREATE TABLE IF NOT EXISTS outbox (
    sending_id         INTEGER PRIMARY KEY,
    event_id           TEXT    NOT NULL,
    bank               TEXT    NOT NULL,
    token              TEXT    REFERENCES payments (token),
    payout_id          INTEGER REFERENCES payouts (payout_id),
    body               TEXT    NOT NULL,
    correlation_id     TEXT    NOT NULL,
    state              TEXT    NOT NULL DEFAULT 'waiting'
                       CHECK (state IN ('waiting', 'delivered', 'refused', 'lost')),
    attempts           INTEGER NOT NULL DEFAULT 0,
    new_id_each_try    INTEGER NOT NULL DEFAULT 0,
    not_before_ms      INTEGER NOT NULL DEFAULT 0,
    next_attempt_at_ms INTEGER NOT NULL,
    CHECK ((token IS NULL) <> (payout_id IS NULL))
) STRICT;

CREATE TABLE IF NOT EXISTS faults (
    bank     TEXT PRIMARY KEY,
    settings TEXT NOT NULL
) STRICT;

CREATE INDEX IF NOT EXISTS movements_by_day ON movements (bank, at_ms);
CREATE INDEX IF NOT EXISTS payout_movements_by_day ON payout_movements (bank, at_ms);
CREATE INDEX IF NOT EXISTS payouts_due ON payouts (next_at_ms) WHERE next_at_ms IS NOT NULL;
CREATE INDEX IF NOT EXISTS late_successes ON payments (late_success_at_ms) WHERE late_success_at_ms IS NOT NULL;
CREATE INDEX IF NOT EXISTS outbox_waiting ON outbox (next_attempt_at_ms) WHERE state = 'waiting';
"""

# Books from before there were payouts: their outbox knew payments alone.
_SET_ASIDE = """
ALTER TABLE payments ADD COLUMN late_success_at_ms INTEGER;
ALTER TABLE outbox RENAME TO outbox_before_payouts;
DROP INDEX outbox_waiting;
"""
_TAKE_OVER = """
INSERT INTO outbox (event_id, bank, token, body, correlation_id, state, attempts, next_attempt_at_ms)
SELECT event_id, bank, token, body, correlation_id, state, attempts, next_attempt_at_ms
FROM outbox_before_payouts ORDER BY rowid;
DROP TABLE outbox_before_payouts;
"""


def prepare(connection: sqlite3.Connection) -> None:
    """Make every table, and bring older books to this shape with everything in them; all of it or nothing."""
    columns = {row["name"] for row in connection.execute("PRAGMA table_info(outbox)")}
    is_older = bool(columns) and "payout_id" not in columns
    before, after = (_SET_ASIDE, _TAKE_OVER) if is_older else ("", "")
    try:
        connection.executescript(f"BEGIN IMMEDIATE;{before}{_TABLES}{after}COMMIT;")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
