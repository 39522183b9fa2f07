"""Six-digit codes for email and phone, the outbox of development, and a phone that is one person's once verified"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for contact in ("email", "phone"):
        op.add_column("users", sa.Column(f"{contact}_verified_at", sa.DateTime(timezone=True), nullable=True))
    op.drop_constraint(op.f("users_phone_key"), "users", type_="unique")
    op.create_check_constraint(
        op.f("users_verified_phone_check"), "users", "phone_verified_at IS NULL OR phone IS NOT NULL"
    )
    op.create_index(
        "users_verified_phone_key",
        "users",
        ["phone"],
        unique=True,
        postgresql_where=sa.text("phone_verified_at IS NOT NULL"),
    )
    op.create_table(
        "codes",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("contact", sa.Text(), nullable=False),
        sa.Column("code_hash", sa.Text(), nullable=False),
        sa.Column("tries", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "purpose IN ('verify_email', 'verify_phone', 'reset_password')", name=op.f("codes_purpose_check")
        ),
        sa.CheckConstraint("tries BETWEEN 0 AND 5", name=op.f("codes_tries_check")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("codes_user_id_fkey")),
        sa.PrimaryKeyConstraint("user_id", "purpose", name=op.f("codes_pkey")),
    )
    op.create_table(
        "outbox",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("recipient", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("channel IN ('email', 'sms')", name=op.f("outbox_channel_check")),
        sa.PrimaryKeyConstraint("id", name=op.f("outbox_pkey")),
    )


def downgrade() -> None:
    raise NotImplementedError("Batua only migrates forward: restore a backup instead")
