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
    # This database has always been here: it begins open. Unless a backup of before was loaded into it a moment ago,
    # whose restore has not come to its end: without a row no money leaves.
    op.execute(
        "INSERT INTO restores (snapshot_at, restored_at, opened_at, opened_by) "
        "SELECT now(), now(), now(), 'the migration that made this table' "
        "WHERE to_regclass('batua_restore.begun') IS NULL"
    )


def downgrade() -> None:
    raise NotImplementedError("Batua only migrates forward: restore a backup instead")
