"""Plans by which a shop's balance goes to its bank by itself, and the settlements they have made"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

_STAY = ("settlement_plans", "settlements")


def upgrade() -> None:
    op.create_index("saved_accounts_of_owner_id_key", "saved_accounts", ["owner_id", "id"], unique=True)
    op.create_table(
        "settlement_plans",
        sa.Column("merchant_id", sa.Uuid(), nullable=False),
        sa.Column("rhythm", sa.Text(), nullable=False),
        sa.Column("weekday", sa.Integer(), nullable=False),
        sa.Column("hour", sa.Integer(), nullable=False),
        sa.Column("saved_account_id", sa.Uuid(), nullable=True),
        sa.Column("keep_paise", sa.BigInteger(), nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_turn", sa.Text(), nullable=True),
        sa.Column("last_turn_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "rhythm IN ('off', 'daily', 'weekly')", name=op.f("settlement_plans_rhythm_check")
        ),
        sa.CheckConstraint(
            "last_turn IN ('settled', 'nothing', 'frozen', 'no_account', 'missed', 'closed')",
            name=op.f("settlement_plans_last_turn_check"),
        ),
        sa.CheckConstraint("weekday BETWEEN 0 AND 6", name=op.f("settlement_plans_weekday_check")),
        sa.CheckConstraint("hour BETWEEN 0 AND 23", name=op.f("settlement_plans_hour_check")),
        sa.CheckConstraint("keep_paise >= 0", name=op.f("settlement_plans_keep_check")),
        sa.CheckConstraint("rhythm <> 'off' OR next_at IS NULL", name=op.f("settlement_plans_off_check")),
        sa.ForeignKeyConstraint(
            ["merchant_id"], ["merchants.id"], name=op.f("settlement_plans_merchant_id_fkey")
        ),
        sa.ForeignKeyConstraint(
            ["merchant_id", "saved_account_id"],
            ["saved_accounts.owner_id", "saved_accounts.id"],
            name=op.f("settlement_plans_merchant_id_saved_account_id_fkey"),
            ondelete="SET NULL (saved_account_id)",
        ),
        sa.PrimaryKeyConstraint("merchant_id", name=op.f("settlement_plans_pkey")),
    )
    op.create_index(
        "settlement_plans_due_idx",
        "settlement_plans",
        ["next_at"],
        unique=False,
        postgresql_where=sa.text("next_at IS NOT NULL"),
    )
    op.create_table(
        "settlements",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("merchant_id", sa.Uuid(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("first_number", sa.BigInteger(), nullable=False),
        sa.Column("last_number", sa.BigInteger(), nullable=False),
        sa.Column("carried_paise", sa.BigInteger(), nullable=False),
        sa.Column("amount_paise", sa.BigInteger(), nullable=False),
        sa.Column("kept_paise", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("payments", sa.BigInteger(), nullable=True),
        sa.Column("gross_paise", sa.BigInteger(), nullable=True),
        sa.Column("refunded_paise", sa.BigInteger(), nullable=True),
        sa.Column("withdrawn_paise", sa.BigInteger(), nullable=True),
        sa.Column("came_back_paise", sa.BigInteger(), nullable=True),
        sa.Column("other_paise", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("amount_paise > 0", name=op.f("settlements_positive_check")),
        sa.CheckConstraint("first_number <= last_number", name=op.f("settlements_numbers_check")),
        sa.CheckConstraint(
            "num_nulls(payments, gross_paise, refunded_paise, withdrawn_paise, came_back_paise, other_paise) = 6 OR "
            "carried_paise + gross_paise - refunded_paise - withdrawn_paise + came_back_paise + other_paise"
            " = amount_paise + kept_paise",
            name=op.f("settlements_adds_up_check"),
        ),
        sa.ForeignKeyConstraint(["id"], ["withdrawals.id"], name=op.f("settlements_id_fkey")),
        sa.ForeignKeyConstraint(["merchant_id"], ["merchants.id"], name=op.f("settlements_merchant_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("settlements_pkey")),
    )
    op.create_index("settlements_of_day_key", "settlements", ["merchant_id", "day"], unique=True)
    op.create_index(
        "settlements_from_number_key", "settlements", ["merchant_id", "first_number"], unique=True
    )
    op.create_index(
        "settlements_uncounted_idx",
        "settlements",
        ["id"],
        unique=False,
        postgresql_where=sa.text("payments IS NULL"),
    )
    for table in _STAY:
        op.execute(
            f"CREATE TRIGGER {table}_stay BEFORE DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_removal()"
        )


def downgrade() -> None:
    raise NotImplementedError("Batua only migrates forward: restore a backup instead")
