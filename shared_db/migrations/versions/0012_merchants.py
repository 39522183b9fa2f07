"""Merchants, whom providers vouch for, what was refunded; sessions are of owners, people and merchants alike"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

_STAY = ("merchants", "refunded_payments", "refunds")


def upgrade() -> None:
    op.create_table(
        "merchants",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("handle", sa.Text(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("char_length(name) BETWEEN 1 AND 50", name=op.f("merchants_name_check")),
        sa.CheckConstraint("handle ~ '^[a-z][a-z0-9]{2,29}$'", name=op.f("merchants_handle_check")),
        sa.ForeignKeyConstraint(["id"], ["accounts.id"], name=op.f("merchants_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("merchants_pkey")),
        sa.UniqueConstraint("email", name=op.f("merchants_email_key")),
        sa.UniqueConstraint("handle", name=op.f("merchants_handle_key")),
    )
    op.create_table(
        "merchant_identities",
        sa.Column("issuer", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("merchant_id", sa.Uuid(), nullable=False),
        sa.Column("shown_as", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["merchant_id"], ["merchants.id"], name=op.f("merchant_identities_merchant_id_fkey")
        ),
        sa.PrimaryKeyConstraint("issuer", "subject", name=op.f("merchant_identities_pkey")),
    )
    op.create_index(
        "merchant_identities_of_merchant_key", "merchant_identities", ["merchant_id", "issuer"], unique=True
    )
    op.create_table(
        "refunded_payments",
        sa.Column("payment_id", sa.Uuid(), nullable=False),
        sa.Column("merchant_id", sa.Uuid(), nullable=False),
        sa.Column("payer_id", sa.Uuid(), nullable=False),
        sa.Column("paid_paise", sa.BigInteger(), nullable=False),
        sa.Column("refunded_paise", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "refunded_paise BETWEEN 0 AND paid_paise",
            name=op.f("refunded_payments_no_more_than_paid_check"),
        ),
        sa.ForeignKeyConstraint(
            ["merchant_id"], ["merchants.id"], name=op.f("refunded_payments_merchant_id_fkey")
        ),
        sa.ForeignKeyConstraint(["payer_id"], ["users.id"], name=op.f("refunded_payments_payer_id_fkey")),
        sa.ForeignKeyConstraint(
            ["payment_id"], ["transfers.id"], name=op.f("refunded_payments_payment_id_fkey")
        ),
        sa.PrimaryKeyConstraint("payment_id", name=op.f("refunded_payments_pkey")),
    )
    op.create_table(
        "refunds",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("payment_id", sa.Uuid(), nullable=False),
        sa.Column("amount_paise", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("amount_paise > 0", name=op.f("refunds_positive_check")),
        sa.CheckConstraint("char_length(reason) BETWEEN 1 AND 140", name=op.f("refunds_reason_check")),
        sa.ForeignKeyConstraint(["id"], ["transfers.id"], name=op.f("refunds_id_fkey")),
        sa.ForeignKeyConstraint(
            ["payment_id"], ["refunded_payments.payment_id"], name=op.f("refunds_payment_id_fkey")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("refunds_pkey")),
    )
    op.create_index("refunds_of_payment_idx", "refunds", ["payment_id", "id"], unique=False)
    for table in _STAY:
        op.execute(
            f"CREATE TRIGGER {table}_stay BEFORE DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_removal()"
        )
    op.drop_constraint(op.f("sessions_user_id_fkey"), "sessions", type_="foreignkey")
    op.alter_column("sessions", "user_id", new_column_name="owner_id")
    op.execute("ALTER INDEX sessions_user_id_idx RENAME TO sessions_owner_id_idx")
    op.create_foreign_key(op.f("sessions_owner_id_fkey"), "sessions", "accounts", ["owner_id"], ["id"])
    op.drop_constraint(op.f("sessions_audience_check"), "sessions", type_="check")
    op.create_check_constraint(
        op.f("sessions_audience_check"), "sessions", "audience IN ('api', 'user_app', 'merchant_app')"
    )


def downgrade() -> None:
    raise NotImplementedError("Batua only migrates forward: restore a backup instead")
