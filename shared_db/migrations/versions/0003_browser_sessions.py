"""Browsers get sessions of their own, known by the hash of a cookie"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("sessions", sa.Column("token_hash", sa.Text(), nullable=True))
    op.add_column(
        "sessions",
        sa.Column(
            "last_seen_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
    )
    op.create_unique_constraint(op.f("sessions_token_hash_key"), "sessions", ["token_hash"])
    op.drop_constraint(op.f("sessions_audience_check"), "sessions", type_="check")
    op.create_check_constraint(op.f("sessions_audience_check"), "sessions", "audience IN ('api', 'user_app')")
    op.create_check_constraint(
        op.f("sessions_cookie_of_a_browser_check"), "sessions", "(audience = 'api') = (token_hash IS NULL)"
    )


def downgrade() -> None:
    raise NotImplementedError("Batua only migrates forward: restore a backup instead")
