"""Alembic's entry: runs the versions on the connection that `shared_db.migrate` hands in."""

from __future__ import annotations

from alembic import context
from sqlmodel import SQLModel

import shared_db.models  # noqa: F401 # pyright: ignore[reportUnusedImport] # fills the metadata

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=SQLModel.metadata,
    compare_type=True,
    # Locks are held for as long as one version takes, and a version may build an index beside the traffic.
    transaction_per_migration=True,
)
with context.begin_transaction():
    context.run_migrations()
