"""A credit touches no index of on_ramps and looks no account up twice (docs/decisions/0003)

Enquiry times get a queue of their own. The foreign keys that every posting paid for make room for rows that nobody
can delete: `post_transfers` looks every account up before it writes, and `verify` counts what belongs to nothing.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_ENQUEUE = """
CREATE FUNCTION enqueue_enquiry() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO enquiry_queue (on_ramp_id, bank, due_at) VALUES (NEW.id, NEW.bank, NEW.next_enquiry_at)
    ON CONFLICT (on_ramp_id) DO UPDATE SET due_at = EXCLUDED.due_at;
    RETURN NULL;
END $$
"""
_ENQUEUED_WHEN = {
    "INSERT": "NEW.next_enquiry_at IS NOT NULL",
    "UPDATE": "NEW.next_enquiry_at IS NOT NULL AND NEW.next_enquiry_at IS DISTINCT FROM OLD.next_enquiry_at",
}
_REFUSE_REMOVAL = """
CREATE FUNCTION refuse_removal() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE insufficient_privilege USING MESSAGE = 'rows of ' || TG_TABLE_NAME || ' stay for ever: others refer to them';
END $$
"""
_KEYS = (
    ("entries", "entries_account_id_fkey"),
    ("entries", "entries_transfer_id_fkey"),
    ("bank_events", "bank_events_on_ramp_id_fkey"),
)


def upgrade() -> None:
    op.create_table(
        "enquiry_queue",
        sa.Column("on_ramp_id", sa.Uuid(), nullable=False),
        sa.Column("bank", sa.Text(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["on_ramp_id"], ["on_ramps.id"], name=op.f("enquiry_queue_on_ramp_id_fkey")),
        sa.PrimaryKeyConstraint("on_ramp_id", name=op.f("enquiry_queue_pkey")),
    )
    op.create_index("enquiry_queue_due_idx", "enquiry_queue", ["bank", "due_at"], unique=False)
    op.execute(_ENQUEUE)
    for event, when in _ENQUEUED_WHEN.items():
        op.execute(
            f"CREATE TRIGGER on_ramps_enqueued_by_{event.lower()} AFTER {event} ON on_ramps FOR EACH ROW WHEN ({when}) "
            "EXECUTE FUNCTION enqueue_enquiry()"
        )
    op.execute(
        "INSERT INTO enquiry_queue (on_ramp_id, bank, due_at) "
        "SELECT id, bank, next_enquiry_at FROM on_ramps WHERE next_enquiry_at IS NOT NULL"
    )
    op.drop_index("on_ramps_due_idx", table_name="on_ramps")
    op.execute("ALTER TABLE on_ramps SET (fillfactor = 60)")
    op.execute(_REFUSE_REMOVAL)
    for table in ("accounts", "on_ramps"):
        op.execute(
            f"CREATE TRIGGER {table}_stay BEFORE DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_removal()"
        )
    for table, key in _KEYS:
        op.drop_constraint(key, table, type_="foreignkey")


def downgrade() -> None:
    raise NotImplementedError("Batua only migrates forward: restore a backup instead")
