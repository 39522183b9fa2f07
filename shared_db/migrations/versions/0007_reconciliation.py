"""Comparing our books with the banks', what was found, and what people decided about it"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_STAY = ("reconciliation_runs", "reconciliation_exceptions")


def upgrade() -> None:
    op.create_table(
        "reconciliation_runs",
        sa.Column("bank", sa.Text(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("matched", sa.Integer(), nullable=True),
        sa.Column("words", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("bank", "day", name=op.f("reconciliation_runs_pkey")),
    )
    op.create_table(
        "reconciliation_exceptions",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("bank", sa.Text(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("utr", sa.Text(), nullable=True),
        sa.Column("ours_paise", sa.BigInteger(), nullable=True),
        sa.Column("theirs_paise", sa.BigInteger(), nullable=True),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("found_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("gone_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "type IN ('missing_here', 'missing_there', 'amount', 'status')",
            name=op.f("reconciliation_exceptions_type_check"),
        ),
        sa.CheckConstraint(
            "kind IN ('payment', 'refund', 'payout', 'reversal')",
            name=op.f("reconciliation_exceptions_kind_check"),
        ),
        sa.CheckConstraint(
            "ours_paise IS NOT NULL OR theirs_paise IS NOT NULL",
            name=op.f("reconciliation_exceptions_one_side_check"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("reconciliation_exceptions_pkey")),
    )
    op.create_index(
        "reconciliation_exceptions_of_day_idx", "reconciliation_exceptions", ["bank", "day"], unique=False
    )
    op.create_index(
        "reconciliation_exceptions_open_idx",
        "reconciliation_exceptions",
        ["found_at"],
        unique=False,
        postgresql_where=sa.text("gone_at IS NULL"),
    )
    op.create_table(
        "resolutions",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("item", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("decided_by", sa.Text(), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("withdrawal_id", sa.Uuid(), nullable=True),
        sa.Column("carried_out", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('withdrawal', 'webhook', 'exception')", name=op.f("resolutions_kind_check")
        ),
        sa.CheckConstraint("outcome IN ('paid', 'failed')", name=op.f("resolutions_outcome_check")),
        sa.CheckConstraint("char_length(words) BETWEEN 1 AND 100", name=op.f("resolutions_words_check")),
        sa.CheckConstraint(
            "char_length(decided_by) BETWEEN 1 AND 100", name=op.f("resolutions_decided_by_check")
        ),
        sa.ForeignKeyConstraint(
            ["withdrawal_id"], ["withdrawals.id"], name=op.f("resolutions_withdrawal_id_fkey")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("resolutions_pkey")),
    )
    op.create_index(
        "resolutions_once_key",
        "resolutions",
        ["kind", "item"],
        unique=True,
        postgresql_where=sa.text("kind <> 'withdrawal'"),
    )
    # Transfers are written in the order of time and never change: a few pages say where a day stands.
    op.create_index(
        "transfers_by_time_idx", "transfers", ["created_at"], unique=False, postgresql_using="brin"
    )
    op.create_index(
        "on_ramps_given_back_idx",
        "on_ramps",
        ["bank", "refund_heard_at"],
        unique=False,
        postgresql_where=sa.text("refund_heard_at IS NOT NULL"),
    )
    op.create_index(
        "bank_events_rejected_idx",
        "bank_events",
        ["received_at"],
        unique=False,
        postgresql_where=sa.text("verdict = 'rejected'"),
    )
    for table in _STAY:
        op.execute(
            f"CREATE TRIGGER {table}_stay BEFORE DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_removal()"
        )
    op.execute(
        "CREATE TRIGGER resolutions_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON resolutions "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )


def downgrade() -> None:
    raise NotImplementedError("Batua only migrates forward: restore a backup instead")
