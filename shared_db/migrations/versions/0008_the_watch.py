"""Our books are watched, and all workers share what they know of a bank that is down"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_ROLL_UP = """
INSERT INTO house_totals (account_id, part, entries, total_paise)
SELECT e.account_id, e.number >> 12, count(*), sum(e.amount_paise)
  FROM entries e JOIN accounts a ON a.id = e.account_id WHERE a.kind = 'system' GROUP BY 1, 2
"""


def upgrade() -> None:
    op.create_table(
        "posted_batches",
        sa.Column("number", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("transfer_ids", sa.ARRAY(sa.Uuid()), nullable=False),
        sa.Column("source_numbers", sa.ARRAY(sa.BigInteger()), nullable=False),
        sa.Column("target_numbers", sa.ARRAY(sa.BigInteger()), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("posted_batches_pkey")),
        postgresql_with={"toast_tuple_target": "8160"},
    )
    op.create_table(
        "house_totals",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("part", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("entries", sa.BigInteger(), nullable=False),
        sa.Column("total_paise", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("house_totals_account_id_fkey")),
        sa.PrimaryKeyConstraint("account_id", "part", name=op.f("house_totals_pkey")),
        postgresql_with={"fillfactor": "70"},
    )
    op.create_table(
        "solvency",
        sa.Column("id", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("broken_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("difference_paise", sa.BigInteger(), nullable=False),
        sa.Column("postings_fault", sa.Text(), nullable=True),
        sa.Column("sums_fault", sa.Text(), nullable=True),
        sa.Column("rows_fault", sa.Text(), nullable=True),
        sa.Column("followed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sums_due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("rows_due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("next_balance", sa.Uuid(), nullable=True),
        sa.Column("next_entry_account", sa.Uuid(), nullable=True),
        sa.Column("next_entry_number", sa.BigInteger(), nullable=True),
        sa.Column("next_total_account", sa.Uuid(), nullable=True),
        sa.Column("next_total_part", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("id = 1", name=op.f("solvency_only_one_check")),
        sa.CheckConstraint(
            "(broken_since IS NULL) = (coalesce(postings_fault, sums_fault, rows_fault) IS NULL)",
            name=op.f("solvency_verdict_check"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("solvency_pkey")),
        postgresql_with={"fillfactor": "10"},
    )
    op.create_table(
        "bank_breakers",
        sa.Column("bank", sa.Text(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("next_try_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(opened_at IS NULL) = (next_try_at IS NULL)", name=op.f("bank_breakers_tried_while_open_check")
        ),
        sa.PrimaryKeyConstraint("bank", name=op.f("bank_breakers_pkey")),
    )
    # Whoever posts by the function of before, which queues nothing, is waited for and then kept out until we are done.
    op.execute("LOCK TABLE balances IN EXCLUSIVE MODE")
    op.execute(_ROLL_UP)
    op.execute(
        "INSERT INTO solvency (id, difference_paise, followed_at, sums_due_at, rows_due_at) "
        "VALUES (1, 0, 'epoch', 'epoch', 'epoch')"
    )
    for table in ("solvency", "house_totals"):
        op.execute(
            f"CREATE TRIGGER {table}_stay BEFORE DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_removal()"
        )


def downgrade() -> None:
    raise NotImplementedError("Batua only migrates forward: restore a backup instead")
