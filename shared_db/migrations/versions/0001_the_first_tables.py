"""The first tables"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_REFUSE_CHANGE = """
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE insufficient_privilege USING MESSAGE = TG_TABLE_NAME || ' is append-only: correct it by another transfer';
END $$
"""


def upgrade() -> None:
    op.create_table(
        "accounts",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("kind IN ('user', 'merchant', 'system')", name=op.f("accounts_kind_check")),
        sa.PrimaryKeyConstraint("id", name=op.f("accounts_pkey")),
    )
    op.create_index(
        "accounts_system_name_key",
        "accounts",
        ["name"],
        unique=True,
        postgresql_where=sa.text("kind = 'system'"),
    )
    op.create_table(
        "transfers",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("source_id", sa.Uuid(), nullable=False),
        sa.Column("target_id", sa.Uuid(), nullable=False),
        sa.Column("holder_id", sa.Uuid(), nullable=True),
        sa.Column("amount_paise", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("amount_paise > 0", name=op.f("transfers_positive_check")),
        sa.CheckConstraint("source_id <> target_id", name=op.f("transfers_two_accounts_check")),
        sa.CheckConstraint(
            "kind IN ('on_ramp', 'hold', 'capture', 'release', 'send', 'payment', 'refund', 'reversal', "
            "'promotion', 'compensation', 'loss')",
            name=op.f("transfers_kind_check"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("transfers_pkey")),
        sa.UniqueConstraint("reference", name=op.f("transfers_reference_key")),
    )
    op.create_table(
        "balances",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("balance_paise", sa.BigInteger(), nullable=False),
        sa.Column("held_paise", sa.BigInteger(), nullable=False),
        sa.Column("last_number", sa.BigInteger(), nullable=False),
        sa.Column("frozen_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("balance_paise >= 0", name=op.f("balances_no_overdraft_check")),
        sa.CheckConstraint(
            "closed_at IS NULL OR balance_paise = 0", name=op.f("balances_closed_empty_check")
        ),
        sa.CheckConstraint("held_paise >= 0", name=op.f("balances_held_check")),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("balances_account_id_fkey")),
        sa.PrimaryKeyConstraint("account_id", name=op.f("balances_pkey")),
        postgresql_with={"fillfactor": "70"},
    )
    op.create_table(
        "entries",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("transfer_id", sa.Uuid(), nullable=False),
        sa.Column("amount_paise", sa.BigInteger(), nullable=False),
        sa.Column("balance_after_paise", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("amount_paise <> 0", name=op.f("entries_moves_check")),
        sa.CheckConstraint("balance_after_paise >= 0", name=op.f("entries_no_overdraft_check")),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("entries_account_id_fkey")),
        sa.ForeignKeyConstraint(["transfer_id"], ["transfers.id"], name=op.f("entries_transfer_id_fkey")),
        sa.PrimaryKeyConstraint("account_id", "number", name=op.f("entries_pkey")),
    )
    op.create_table(
        "users",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("phone", sa.Text(), nullable=True),
        sa.Column("first_name", sa.Text(), nullable=False),
        sa.Column("last_name", sa.Text(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["id"], ["accounts.id"], name=op.f("users_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("users_pkey")),
        sa.UniqueConstraint("email", name=op.f("users_email_key")),
        sa.UniqueConstraint("phone", name=op.f("users_phone_key")),
    )
    op.create_table(
        "on_ramps",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("bank", sa.Text(), nullable=False),
        sa.Column("amount_paise", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("token", sa.Text(), nullable=True),
        sa.Column("redirect_url", sa.Text(), nullable=True),
        sa.Column("bank_reference", sa.Text(), nullable=True),
        sa.Column("correlation_id", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("rejected_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("late_success_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("refund_decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("refund_heard_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("next_enquiry_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "status IN ('pending', 'success', 'failure', 'expired')", name=op.f("on_ramps_status_check")
        ),
        sa.CheckConstraint("amount_paise > 0", name=op.f("on_ramps_positive_check")),
        sa.CheckConstraint(
            "status <> 'success' OR refund_decided_at IS NULL",
            name=op.f("on_ramps_credited_or_refunded_check"),
        ),
        sa.CheckConstraint(
            "next_enquiry_at IS NOT NULL OR NOT (status = 'pending' OR late_success_at IS NOT NULL "
            "OR refund_decided_at IS NOT NULL AND refund_heard_at IS NULL)",
            name=op.f("on_ramps_asked_again_check"),
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("on_ramps_user_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("on_ramps_pkey")),
        sa.UniqueConstraint("token", "bank", name=op.f("on_ramps_token_bank_key")),
    )
    op.create_index(
        "on_ramps_due_idx",
        "on_ramps",
        ["next_enquiry_at"],
        unique=False,
        postgresql_where=sa.text("next_enquiry_at IS NOT NULL"),
    )
    op.create_index("on_ramps_of_user_idx", "on_ramps", ["user_id", "id"], unique=False)
    op.create_table(
        "sessions",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("audience", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("audience IN ('api')", name=op.f("sessions_audience_check")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("sessions_user_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("sessions_pkey")),
    )
    op.create_index(op.f("sessions_user_id_idx"), "sessions", ["user_id"], unique=False)
    op.create_table(
        "bank_events",
        sa.Column("bank", sa.Text(), nullable=False),
        sa.Column("event_id", sa.Text(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("on_ramp_id", sa.Uuid(), nullable=True),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("verdict", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("received_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "verdict IN ('captured', 'duplicate', 'recorded', 'rejected')",
            name=op.f("bank_events_verdict_check"),
        ),
        sa.ForeignKeyConstraint(["on_ramp_id"], ["on_ramps.id"], name=op.f("bank_events_on_ramp_id_fkey")),
        sa.PrimaryKeyConstraint("bank", "event_id", name=op.f("bank_events_pkey")),
    )
    op.execute("CREATE SEQUENCE house_entry_numbers")
    op.execute(_REFUSE_CHANGE)
    for table in ("transfers", "entries"):
        op.execute(
            f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )


def downgrade() -> None:
    raise NotImplementedError("Batua only migrates forward: restore a backup instead")
