"""Where this database was restored from a backup, and who has opened it for outgoing money since"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "restores",
        sa.Column("number", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("snapshot_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("restored_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("opened_by", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "(opened_at IS NULL) = (opened_by IS NULL)", name=op.f("restores_opened_by_somebody_check")
        ),
        sa.PrimaryKeyConstraint("number", name=op.f("restores_pkey")),
    )
    # This database has always been here: it begins open.
    op.execute(
        "INSERT INTO restores (snapshot_at, restored_at, opened_at, opened_by) "
        "VALUES (now(), now(), now(), 'the migration that made this table')"
    )


def downgrade() -> None:
    raise NotImplementedError("Batua only migrates forward: restore a backup instead")
