"""Withdrawals, a lane for each owner, and every call to a bank about them"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_STAY = ("withdrawals", "lanes", "withdrawal_attempts")


def upgrade() -> None:
    op.create_table(
        "lanes",
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("bank", sa.Text(), nullable=False),
        sa.Column("pending", sa.Integer(), nullable=False),
        sa.Column("last_number", sa.BigInteger(), nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("token", sa.BigInteger(), nullable=False),
        sa.Column("worker", sa.Text(), nullable=True),
        sa.CheckConstraint("pending >= 0", name=op.f("lanes_pending_check")),
        sa.ForeignKeyConstraint(["owner_id"], ["accounts.id"], name=op.f("lanes_owner_id_fkey")),
        sa.PrimaryKeyConstraint("owner_id", name=op.f("lanes_pkey")),
        postgresql_with={"fillfactor": "50"},
    )
    op.create_index(
        "lanes_due_idx", "lanes", ["bank", "next_at"], unique=False, postgresql_where=sa.text("pending > 0")
    )
    op.create_table(
        "withdrawals",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("bank", sa.Text(), nullable=False),
        sa.Column("account_number", sa.Text(), nullable=False),
        sa.Column("ifsc", sa.Text(), nullable=False),
        sa.Column("amount_paise", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("next_call", sa.Text(), nullable=False),
        sa.Column("sends", sa.Integer(), nullable=False),
        sa.Column("first_sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("acknowledged", sa.Boolean(), nullable=False),
        sa.Column("refused", sa.Boolean(), nullable=False),
        sa.Column("doubted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("correction", sa.Text(), nullable=False),
        sa.Column("utr", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("correlation_id", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("account_number ~ '^[0-9]{9,18}$'", name=op.f("withdrawals_account_number_check")),
        sa.CheckConstraint(
            "correction IN ('none', 'taken_back', 'given_back')", name=op.f("withdrawals_correction_check")
        ),
        sa.CheckConstraint("ifsc ~ '^[A-Z]{4}0[A-Z0-9]{6}$'", name=op.f("withdrawals_ifsc_check")),
        sa.CheckConstraint(
            "next_call IN ('nothing', 'send', 'enquire')", name=op.f("withdrawals_next_call_check")
        ),
        sa.CheckConstraint(
            "status IN ('queued', 'cancelled') OR first_sent_at IS NOT NULL",
            name=op.f("withdrawals_sent_check"),
        ),
        sa.CheckConstraint(
            "status IN ('queued', 'sending', 'unknown', 'needs_attention', 'paid', 'failed', 'cancelled', 'reversed')",
            name=op.f("withdrawals_status_check"),
        ),
        sa.CheckConstraint("amount_paise > 0", name=op.f("withdrawals_positive_check")),
        sa.ForeignKeyConstraint(["owner_id"], ["accounts.id"], name=op.f("withdrawals_owner_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("withdrawals_pkey")),
        postgresql_with={"fillfactor": "70"},
    )
    op.create_index("withdrawals_in_lane_key", "withdrawals", ["owner_id", "number"], unique=True)
    op.create_index(
        "withdrawals_open_idx",
        "withdrawals",
        ["owner_id", "number"],
        unique=False,
        postgresql_where=sa.text(
            "status IN ('queued', 'sending', 'unknown', 'needs_attention') OR doubted_at IS NOT NULL"
        ),
    )
    op.create_table(
        "withdrawal_attempts",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("withdrawal_id", sa.Uuid(), nullable=False),
        sa.Column("bank", sa.Text(), nullable=False),
        sa.Column("call", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("began_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("latency_ms", sa.Integer(), nullable=False),
        sa.Column("words", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["withdrawal_id"], ["withdrawals.id"], name=op.f("withdrawal_attempts_withdrawal_id_fkey")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("withdrawal_attempts_pkey")),
    )
    op.create_index(
        "withdrawal_attempts_of_bank_idx", "withdrawal_attempts", ["bank", "began_at"], unique=False
    )
    op.create_index(
        "withdrawal_attempts_of_one_idx", "withdrawal_attempts", ["withdrawal_id", "began_at"], unique=False
    )
    for table in _STAY:
        op.execute(
            f"CREATE TRIGGER {table}_stay BEFORE DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_removal()"
        )


def downgrade() -> None:
    raise NotImplementedError("Batua only migrates forward: restore a backup instead")
