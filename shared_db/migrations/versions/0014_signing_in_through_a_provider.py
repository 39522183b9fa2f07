"""Browsers that are on their way to a provider and back, and those who come back without a shop yet"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "provider_visits",
        sa.Column("token_hash", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("nonce", sa.Text(), nullable=False),
        sa.Column("code_verifier", sa.Text(), nullable=False),
        sa.Column("session_id", sa.Uuid(), nullable=True),
        sa.Column("next_page", sa.Text(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["session_id"], ["sessions.id"], name=op.f("provider_visits_session_id_fkey")
        ),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("provider_visits_pkey")),
    )
    op.create_index("provider_visits_expires_at_idx", "provider_visits", ["expires_at"])
    op.create_table(
        "newcomers",
        sa.Column("token_hash", sa.Text(), nullable=False),
        sa.Column("issuer", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("shown_as", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("newcomers_pkey")),
    )
    op.create_index("newcomers_expires_at_idx", "newcomers", ["expires_at"])


def downgrade() -> None:
    raise NotImplementedError("Batua only migrates forward: restore a backup instead")
