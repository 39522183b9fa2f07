"""Transfers carry a note, each owner's days have their totals, and requests may be repeated under a key"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_FROM_THE_ENTRIES = """
INSERT INTO daily_totals (account_id, day, kind, transfers, credits_paise, debits_paise, closing_paise, last_number)
SELECT e.account_id, (e.created_at AT TIME ZONE 'Asia/Kolkata')::date AS day, t.kind, count(*),
       coalesce(sum(e.amount_paise) FILTER (WHERE e.amount_paise > 0), 0),
       coalesce(-sum(e.amount_paise) FILTER (WHERE e.amount_paise < 0), 0),
       (array_agg(e.balance_after_paise ORDER BY e.number DESC))[1], max(e.number)
  FROM entries e JOIN transfers t ON t.id = e.transfer_id JOIN balances b ON b.account_id = e.account_id
 GROUP BY e.account_id, day, t.kind
"""


def upgrade() -> None:
    op.add_column("transfers", sa.Column("note", sa.Text(), nullable=True))
    op.create_check_constraint(
        op.f("transfers_note_check"), "transfers", "char_length(note) BETWEEN 1 AND 140"
    )
    op.create_table(
        "daily_totals",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("transfers", sa.BigInteger(), nullable=False),
        sa.Column("credits_paise", sa.BigInteger(), nullable=False),
        sa.Column("debits_paise", sa.BigInteger(), nullable=False),
        sa.Column("closing_paise", sa.BigInteger(), nullable=False),
        sa.Column("last_number", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("account_id", "day", "kind", name=op.f("daily_totals_pkey")),
        postgresql_with={"fillfactor": "70"},
    )
    op.execute(_FROM_THE_ENTRIES)
    op.create_table(
        "idempotency_keys",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("route", sa.Text(), nullable=False),
        sa.Column("key_hash", sa.Text(), nullable=False),
        sa.Column("body_hash", sa.Text(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.Column("begun_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "(status IS NULL) = (answer IS NULL)", name=op.f("idempotency_keys_answered_check")
        ),
        sa.PrimaryKeyConstraint("user_id", "route", "key_hash", name=op.f("idempotency_keys_pkey")),
    )


def downgrade() -> None:
    raise NotImplementedError("Batua only migrates forward: restore a backup instead")
