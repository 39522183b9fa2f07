"""People are found by the beginning of their name"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    full_name = sa.text("(lower((first_name || ' ') || last_name)) text_pattern_ops")
    op.create_index("users_name_idx", "users", [full_name, "id"])
    op.create_index("users_last_name_idx", "users", [sa.text("(lower(last_name)) text_pattern_ops"), "id"])


def downgrade() -> None:
    raise NotImplementedError("Batua only migrates forward: restore a backup instead")
