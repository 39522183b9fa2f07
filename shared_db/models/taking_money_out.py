"""Taking money out: withdrawals, lanes, every call to a bank about them, breakers of banks, and saved accounts."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, Column, Index, Text, text
from sqlmodel import Field, SQLModel

from money.withdrawal import Call, Correction, Status
from shared_db.columns import paise_column, text_column, time_column

_OPEN = "status IN ('queued', 'sending', 'unknown', 'needs_attention') OR doubted_at IS NOT NULL"


def _one_of(column: str, values: type[Status | Call | Correction]) -> CheckConstraint:
    listed = ", ".join(f"'{one}'" for one in values)
    return CheckConstraint(f"{column} IN ({listed})", name=column)


class Withdrawal(SQLModel, table=True):
    """One payout to a bank account. `id` is our reference at the bank, and the id of the transfer that holds it."""

    __tablename__ = "withdrawals"  # pyright: ignore[reportAssignmentType]

    id: uuid.UUID = Field(primary_key=True)
    owner_id: uuid.UUID = Field(foreign_key="accounts.id")
    number: int = Field(sa_column=paise_column())
    """Which of the owner's it is, in the order in which they were committed: 1, 2, 3, …"""
    bank: str = Field(sa_column=text_column())
    account_number: str = Field(sa_column=text_column())
    ifsc: str = Field(sa_column=text_column())
    amount_paise: int = Field(sa_column=paise_column())
    status: str = Field(sa_column=text_column())
    next_call: str = Field(sa_column=text_column())
    sends: int = 0
    first_sent_at: datetime | None = Field(default=None, sa_column=time_column(nullable=True))
    last_sent_at: datetime | None = Field(default=None, sa_column=time_column(nullable=True))
    tries: int = 0
    acknowledged: bool = False
    refused: bool = False
    doubted_at: datetime | None = Field(default=None, sa_column=time_column(nullable=True))
    correction: str = Field(sa_column=text_column())
    utr: str | None = Field(default=None, sa_column=text_column(nullable=True))
    reason: str | None = Field(default=None, sa_column=text_column(nullable=True))
    correlation_id: str = Field(sa_column=text_column())
    created_at: datetime = Field(sa_column=time_column())
    settled_at: datetime | None = Field(default=None, sa_column=time_column(nullable=True))
    """When it became paid, failed or cancelled."""
    version: int = Field(default=0, sa_column=paise_column())
    """Counts the changes: what was judged on an older version does nothing."""

    __table_args__ = (
        CheckConstraint("amount_paise > 0", name="positive"),
        CheckConstraint("account_number ~ '^[0-9]{9,18}$'", name="account_number"),
        CheckConstraint("ifsc ~ '^[A-Z]{4}0[A-Z0-9]{6}$'", name="ifsc"),
        _one_of("status", Status),
        _one_of("next_call", Call),
        _one_of("correction", Correction),
        # Whatever is sent has been written down before: who finds the row after a crash asks first.
        CheckConstraint("status IN ('queued', 'cancelled') OR first_sent_at IS NOT NULL", name="sent"),
        Index("withdrawals_in_lane_key", "owner_id", "number", unique=True),
        Index("withdrawals_open_idx", "owner_id", "number", postgresql_where=text(_OPEN)),
        {"postgresql_with": {"fillfactor": "70"}},
    )


class Lane(SQLModel, table=True):
    """One owner's withdrawals, one at a time: mutex, order, back-off and lease in one row."""

    __tablename__ = "lanes"  # pyright: ignore[reportAssignmentType]

    owner_id: uuid.UUID = Field(primary_key=True, foreign_key="accounts.id")
    bank: str = Field(sa_column=text_column())
    """Of the head, which is the oldest open withdrawal."""
    pending: int = 0
    """How many are open."""
    last_number: int = Field(default=0, sa_column=paise_column())
    next_at: datetime = Field(sa_column=time_column())
    """When any worker may take it: the end of the back-off, or of the lease."""
    token: int = Field(default=0, sa_column=Column(BigInteger, nullable=False))
    """Raised by whoever takes the lane: what an earlier holder writes later is refused."""
    worker: str | None = Field(default=None, sa_column=text_column(nullable=True))
    """Who holds it, if anybody does."""

    __table_args__ = (
        CheckConstraint("pending >= 0", name="pending"),
        Index("lanes_due_idx", "bank", "next_at", postgresql_where=text("pending > 0")),
        # Each withdrawal changes its lane several times.
        {"postgresql_with": {"fillfactor": "50"}},
    )


class WithdrawalAttempt(SQLModel, table=True):
    """One call to a bank about a withdrawal, and what came of it."""

    __tablename__ = "withdrawal_attempts"  # pyright: ignore[reportAssignmentType]

    id: uuid.UUID = Field(primary_key=True)
    withdrawal_id: uuid.UUID = Field(foreign_key="withdrawals.id")
    bank: str = Field(sa_column=text_column())
    call: str = Field(sa_column=text_column())
    outcome: str = Field(sa_column=text_column())
    began_at: datetime = Field(sa_column=time_column())
    latency_ms: int
    words: str | None = Field(default=None, sa_column=text_column(nullable=True))
    """What the bank said, cut."""

    __table_args__ = (
        Index("withdrawal_attempts_of_one_idx", "withdrawal_id", "began_at"),
        Index("withdrawal_attempts_of_bank_idx", "bank", "began_at"),
    )


class SavedAccount(SQLModel, table=True):
    """A bank account that its owner has paid out to, kept for the next time. Theirs to remove."""

    __tablename__ = "saved_accounts"  # pyright: ignore[reportAssignmentType]

    id: uuid.UUID = Field(primary_key=True)
    owner_id: uuid.UUID = Field(foreign_key="accounts.id")
    bank: str = Field(sa_column=text_column())
    """Through which the money goes there."""
    account_number: str = Field(sa_column=text_column())
    ifsc: str = Field(sa_column=text_column())
    registered_name: str | None = Field(default=None, sa_column=text_column(nullable=True))
    """Whose it is, as its bank said when it was used last."""
    last_used_at: datetime = Field(sa_column=time_column())

    __table_args__ = (
        CheckConstraint("account_number ~ '^[0-9]{9,18}$'", name="account_number"),
        CheckConstraint("ifsc ~ '^[A-Z]{4}0[A-Z0-9]{6}$'", name="ifsc"),
        # A plan of settlements names an account together with its owner.
        Index("saved_accounts_of_owner_id_key", "owner_id", "id", unique=True),
        Index("saved_accounts_of_owner_key", "owner_id", "account_number", "ifsc", "bank", unique=True),
    )


class BankBreaker(SQLModel, table=True):
    """A bank that we have stopped calling, or had. No row: it was never stopped. The rules are `money.breaker`'s."""

    __tablename__ = "bank_breakers"  # pyright: ignore[reportAssignmentType]

    bank: str = Field(sa_column=Column(Text, primary_key=True))
    opened_at: datetime | None = Field(default=None, sa_column=time_column(nullable=True))
    closed_at: datetime | None = Field(default=None, sa_column=time_column(nullable=True))
    """When it was closed last: failures from before do not open it again."""
    next_try_at: datetime | None = Field(default=None, sa_column=time_column(nullable=True))
    """When one worker may make one call."""

    __table_args__ = (
        CheckConstraint("(opened_at IS NULL) = (next_try_at IS NULL)", name="tried_while_open"),
    )
