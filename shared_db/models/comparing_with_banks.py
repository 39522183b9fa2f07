"""Comparing our books with a bank's: each day's run, what was found, and what people decided about it."""

from __future__ import annotations

import uuid
from datetime import date, datetime

from sqlalchemy import BigInteger, CheckConstraint, Column, Index, Text, text
from sqlmodel import Field, SQLModel

from money.reconciliation import Moved, Type
from shared_db.columns import paise_column, text_column, time_column


class ReconciliationRun(SQLModel, table=True):
    """One bank's statement of one Kolkata day beside our ledger; run again, it is the same row."""

    __tablename__ = "reconciliation_runs"  # pyright: ignore[reportAssignmentType]

    bank: str = Field(sa_column=Column(Text, primary_key=True))
    day: date = Field(primary_key=True)
    next_at: datetime = Field(sa_column=time_column())
    """When any worker may take the nightly run: the end of its lease, or of the pause after a failure."""
    tries: int = 0
    """Counts the claims, so that whoever held an earlier one can write nothing."""
    finished_at: datetime | None = Field(default=None, sa_column=time_column(nullable=True))
    """When the nightly run was done; a run by hand leaves it open."""
    asked_at: datetime | None = Field(default=None, sa_column=time_column(nullable=True))
    """When the statement that was filed last was asked for: an older one files nothing."""
    matched: int | None = None
    words: str | None = Field(default=None, sa_column=text_column(nullable=True))
    """Why the last nightly try failed."""


class ReconciliationException(SQLModel, table=True):
    """A difference, filed once. `id` is made of all that it says, so the same one has the same id for ever."""

    __tablename__ = "reconciliation_exceptions"  # pyright: ignore[reportAssignmentType]

    id: uuid.UUID = Field(primary_key=True)
    bank: str = Field(sa_column=text_column())
    day: date
    """Of the statement."""
    type: str = Field(sa_column=text_column())
    kind: str = Field(sa_column=text_column())
    reference: str = Field(sa_column=text_column())
    utr: str | None = Field(default=None, sa_column=text_column(nullable=True))
    ours_paise: int | None = Field(default=None, sa_column=Column(BigInteger, nullable=True))
    theirs_paise: int | None = Field(default=None, sa_column=Column(BigInteger, nullable=True))
    number: int = Field(sa_column=paise_column())
    """Which of several that say the same it is; from 1."""
    found_at: datetime = Field(sa_column=time_column())
    gone_at: datetime | None = Field(default=None, sa_column=time_column(nullable=True))
    """When a later run did not find it any more."""

    __table_args__ = (
        CheckConstraint(f"type IN ({', '.join(repr(one.value) for one in Type)})", name="type"),
        CheckConstraint(f"kind IN ({', '.join(repr(one.value) for one in Moved)})", name="kind"),
        CheckConstraint("ours_paise IS NOT NULL OR theirs_paise IS NOT NULL", name="one_side"),
        Index("reconciliation_exceptions_of_day_idx", "bank", "day"),
        Index("reconciliation_exceptions_open_idx", "found_at", postgresql_where=text("gone_at IS NULL")),
    )


class Resolution(SQLModel, table=True):
    """What a person decided about something that waited for one. Append-only, like the ledger."""

    __tablename__ = "resolutions"  # pyright: ignore[reportAssignmentType]

    id: uuid.UUID = Field(primary_key=True)
    kind: str = Field(sa_column=text_column())
    """Of the item: withdrawal, webhook or exception."""
    item: str = Field(sa_column=text_column())
    """Its id, as it is listed."""
    outcome: str = Field(sa_column=text_column())
    words: str = Field(sa_column=text_column())
    """The UTR of what was paid, or why it was not."""
    decided_by: str = Field(sa_column=text_column())
    decided_at: datetime = Field(sa_column=time_column())
    withdrawal_id: uuid.UUID | None = Field(default=None, foreign_key="withdrawals.id")
    """The withdrawal that was settled by it, if one was."""
    carried_out: str = Field(sa_column=text_column())
    """What followed, in the transaction that wrote this row."""

    __table_args__ = (
        CheckConstraint("kind IN ('withdrawal', 'webhook', 'exception')", name="kind"),
        CheckConstraint("outcome IN ('paid', 'failed')", name="outcome"),
        CheckConstraint("char_length(words) BETWEEN 1 AND 100", name="words"),
        CheckConstraint("char_length(decided_by) BETWEEN 1 AND 100", name="decided_by"),
        # A withdrawal may need a person again; what a bank said once is decided once.
        Index(
            "resolutions_once_key",
            "kind",
            "item",
            unique=True,
            postgresql_where=text("kind <> 'withdrawal'"),
        ),
    )
