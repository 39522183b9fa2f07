"""Adding money, and every word a bank said."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import CheckConstraint, Column, Index, Text, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from shared_db.columns import now_column, paise_column, text_column, time_column


class OnRamp(SQLModel, table=True):
    """One attempt to add money from a bank. `id` is our reference at the bank; `token` is the bank's."""

    __tablename__ = "on_ramps"  # pyright: ignore[reportAssignmentType]

    id: uuid.UUID = Field(primary_key=True)
    user_id: uuid.UUID = Field(foreign_key="users.id")
    bank: str = Field(sa_column=text_column())
    amount_paise: int = Field(sa_column=paise_column())
    status: str = Field(sa_column=text_column())
    token: str | None = Field(default=None, sa_column=text_column(nullable=True))
    redirect_url: str | None = Field(default=None, sa_column=text_column(nullable=True))
    bank_reference: str | None = Field(default=None, sa_column=text_column(nullable=True))
    correlation_id: str = Field(sa_column=text_column())
    created_at: datetime = Field(sa_column=time_column())
    expires_at: datetime = Field(sa_column=time_column())
    settled_at: datetime | None = Field(default=None, sa_column=time_column(nullable=True))
    rejected_at: datetime | None = Field(default=None, sa_column=time_column(nullable=True))
    """We answered 409 to a signed event about it."""
    late_success_at: datetime | None = Field(default=None, sa_column=time_column(nullable=True))
    """A success we could not credit on its signature alone waits for the bank's answer to our enquiry."""
    refund_decided_at: datetime | None = Field(default=None, sa_column=time_column(nullable=True))
    """The bank is to give it back: decided and written before the bank is asked, and never credited since."""
    refund_heard_at: datetime | None = Field(default=None, sa_column=time_column(nullable=True))
    """The bank has answered that it holds nothing of it any more."""
    next_enquiry_at: datetime | None = Field(default=None, sa_column=time_column(nullable=True))
    version: int = Field(default=0, sa_column=paise_column())
    """Counts the changes: what was judged on an older version does nothing."""

    __table_args__ = (
        UniqueConstraint("token", "bank"),
        CheckConstraint("amount_paise > 0", name="positive"),
        CheckConstraint("status IN ('pending', 'success', 'failure', 'expired')", name="status"),
        CheckConstraint("status <> 'success' OR refund_decided_at IS NULL", name="credited_or_refunded"),
        # Whatever is open has a time at which the bank is asked: nothing is forgotten.
        CheckConstraint(
            "next_enquiry_at IS NOT NULL OR NOT (status = 'pending' OR late_success_at IS NOT NULL "
            "OR refund_decided_at IS NOT NULL AND refund_heard_at IS NULL)",
            name="asked_again",
        ),
        Index("on_ramps_of_user_idx", "user_id", "id"),
        Index(
            "on_ramps_given_back_idx",
            "bank",
            "refund_heard_at",
            postgresql_where=text("refund_heard_at IS NOT NULL"),
        ),
        # Every payment's row changes once at least. No index covers what a credit changes, and there is room on the
        # page.
        {"postgresql_with": {"fillfactor": "60"}},
    )


class EnquiryQueue(SQLModel, table=True):
    """Which payments the sweeper looks at when. Written by a trigger of `on_ramps`, emptied by the sweeper.

    A row stays behind when its payment is settled, and is cleared when its time comes: a credit pays nothing for it.
    """

    __tablename__ = "enquiry_queue"  # pyright: ignore[reportAssignmentType]

    on_ramp_id: uuid.UUID = Field(primary_key=True, foreign_key="on_ramps.id")
    bank: str = Field(sa_column=text_column())
    due_at: datetime = Field(sa_column=time_column())

    __table_args__ = (Index("enquiry_queue_due_idx", "bank", "due_at"),)


class BankEvent(SQLModel, table=True):
    """The inbox: every signed word of a bank, once, with what we made of it."""

    __tablename__ = "bank_events"  # pyright: ignore[reportAssignmentType]

    bank: str = Field(sa_column=Column(Text, primary_key=True))
    event_id: str = Field(sa_column=Column(Text, primary_key=True))
    type: str = Field(sa_column=text_column())
    subject: str = Field(sa_column=text_column())
    """The token or reference it speaks of."""
    on_ramp_id: uuid.UUID | None = None
    """The payment meant, locked when this was written."""
    body: str = Field(sa_column=text_column())
    verdict: str = Field(sa_column=text_column())
    reason: str | None = Field(default=None, sa_column=text_column(nullable=True))
    received_at: datetime | None = Field(default=None, sa_column=now_column())

    __table_args__ = (
        CheckConstraint("verdict IN ('captured', 'duplicate', 'recorded', 'rejected')", name="verdict"),
        Index("bank_events_rejected_idx", "received_at", postgresql_where=text("verdict = 'rejected'")),
    )
