"""Each session keeps a short word about the device it was begun on"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("sessions", sa.Column("device", sa.Text(), server_default="", nullable=False))


def downgrade() -> None:
    raise NotImplementedError("Batua only migrates forward: restore a backup instead")
