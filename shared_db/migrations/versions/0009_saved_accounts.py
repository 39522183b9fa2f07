"""Bank accounts that people have paid out to, kept for the next time"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "saved_accounts",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("bank", sa.Text(), nullable=False),
        sa.Column("account_number", sa.Text(), nullable=False),
        sa.Column("ifsc", sa.Text(), nullable=False),
        sa.Column("registered_name", sa.Text(), nullable=True),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "account_number ~ '^[0-9]{9,18}$'", name=op.f("saved_accounts_account_number_check")
        ),
        sa.CheckConstraint("ifsc ~ '^[A-Z]{4}0[A-Z0-9]{6}$'", name=op.f("saved_accounts_ifsc_check")),
        sa.ForeignKeyConstraint(["owner_id"], ["accounts.id"], name=op.f("saved_accounts_owner_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("saved_accounts_pkey")),
    )
    op.create_index(
        "saved_accounts_of_owner_key",
        "saved_accounts",
        ["owner_id", "account_number", "ifsc", "bank"],
        unique=True,
    )


def downgrade() -> None:
    raise NotImplementedError("Batua only migrates forward: restore a backup instead")
