"""The tables. Money is BIGINT paise; times are UTC; ids come from `shared_db.ids`.

users ─ sessions
  └── accounts ─ balances          one row for each owner, created together and starting at 0
        └── entries ─ transfers    append-only: triggers refuse UPDATE, DELETE and TRUNCATE
  └── on_ramps ─ bank_events       adding money, and every word a bank said
"""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    DateTime,
    Index,
    Text,
    UniqueConstraint,
    func,
    text,
)
from sqlmodel import Field, SQLModel

from money.movements import Kind

_NAMES = {
    "ix": "%(table_name)s_%(column_0_N_name)s_idx",
    "uq": "%(table_name)s_%(column_0_N_name)s_key",
    "ck": "%(table_name)s_%(constraint_name)s_check",
    "fk": "%(table_name)s_%(column_0_N_name)s_fkey",
    "pk": "%(table_name)s_pkey",
}
SQLModel.metadata.naming_convention = _NAMES  # pyright: ignore[reportAttributeAccessIssue] # a plain dict will do


def _text(*, nullable: bool = False) -> Column[str]:
    return Column(Text, nullable=nullable)


def _paise() -> Column[int]:
    return Column(BigInteger, nullable=False)


def _time(*, nullable: bool = False) -> Column[datetime]:
    return Column(DateTime(timezone=True), nullable=nullable)


def _now() -> Column[datetime]:
    return Column(DateTime(timezone=True), nullable=False, server_default=func.now())


class User(SQLModel, table=True):
    """A person with a wallet. `id` is the id of their account too."""

    __tablename__ = "users"  # pyright: ignore[reportAssignmentType] # SQLModel declares it as a method

    id: uuid.UUID = Field(primary_key=True, foreign_key="accounts.id")
    email: str = Field(sa_column=Column(Text, nullable=False, unique=True))
    """Trimmed and case-folded."""
    phone: str | None = Field(default=None, sa_column=Column(Text, nullable=True, unique=True))
    """An Indian mobile in E.164, `+919876500001`."""
    first_name: str = Field(sa_column=_text())
    last_name: str = Field(sa_column=_text())
    password_hash: str = Field(sa_column=_text())
    created_at: datetime | None = Field(default=None, sa_column=_now())


class Session(SQLModel, table=True):
    """A sign-in. Whatever a caller shows, this row decides whether it still counts."""

    __tablename__ = "sessions"  # pyright: ignore[reportAssignmentType]

    id: uuid.UUID = Field(primary_key=True)
    user_id: uuid.UUID = Field(foreign_key="users.id", index=True)
    audience: str = Field(sa_column=_text())
    """`api`: the id is the `jti` of a bearer token."""
    created_at: datetime | None = Field(default=None, sa_column=_now())
    expires_at: datetime = Field(sa_column=_time())
    ended_at: datetime | None = Field(default=None, sa_column=_time(nullable=True))

    __table_args__ = (CheckConstraint("audience IN ('api')", name="audience"),)


class Account(SQLModel, table=True):
    """A place money can be in: a person's, or one of the house's own (`money.accounts`)."""

    __tablename__ = "accounts"  # pyright: ignore[reportAssignmentType]

    id: uuid.UUID = Field(primary_key=True)
    kind: str = Field(sa_column=_text())
    name: str = Field(sa_column=_text())
    """For the house's own: `hdfc:receivable`. For an owner: their kind."""
    created_at: datetime | None = Field(default=None, sa_column=_now())

    __table_args__ = (
        CheckConstraint("kind IN ('user', 'merchant', 'system')", name="kind"),
        Index("accounts_system_name_key", "name", unique=True, postgresql_where=text("kind = 'system'")),
    )


class Balance(SQLModel, table=True):
    """What an owner has. Changed by `post_transfers` alone, under this row's lock."""

    __tablename__ = "balances"  # pyright: ignore[reportAssignmentType]

    account_id: uuid.UUID = Field(primary_key=True, foreign_key="accounts.id")
    balance_paise: int = Field(default=0, sa_column=_paise())
    held_paise: int = Field(default=0, sa_column=_paise())
    """On hold for withdrawals: it has left the balance and not yet arrived."""
    last_number: int = Field(default=0, sa_column=_paise())
    """The running number of the newest entry."""
    frozen_at: datetime | None = Field(default=None, sa_column=_time(nullable=True))
    closed_at: datetime | None = Field(default=None, sa_column=_time(nullable=True))

    __table_args__ = (
        CheckConstraint("balance_paise >= 0", name="no_overdraft"),
        CheckConstraint("held_paise >= 0", name="held"),
        CheckConstraint("closed_at IS NULL OR balance_paise = 0", name="closed_empty"),
        # Every posting updates this row: room on the page keeps the update off the index.
        {"postgresql_with": {"fillfactor": "70"}},
    )


class Transfer(SQLModel, table=True):
    """One movement of money. Never changed; corrected only by another one."""

    __tablename__ = "transfers"  # pyright: ignore[reportAssignmentType]

    id: uuid.UUID = Field(primary_key=True)
    reference: str = Field(sa_column=Column(Text, nullable=False, unique=True))
    kind: str = Field(sa_column=_text())
    source_id: uuid.UUID
    target_id: uuid.UUID
    holder_id: uuid.UUID | None = None
    amount_paise: int = Field(sa_column=_paise())
    created_at: datetime = Field(sa_column=_time())

    __table_args__ = (
        CheckConstraint("amount_paise > 0", name="positive"),
        CheckConstraint("source_id <> target_id", name="two_accounts"),
        CheckConstraint(f"kind IN ({', '.join(repr(kind.value) for kind in Kind)})", name="kind"),
    )


class Entry(SQLModel, table=True):
    """One side of a transfer. An owner's entries run 1, 2, 3, … and carry the balance after; the house's do not."""

    __tablename__ = "entries"  # pyright: ignore[reportAssignmentType]

    account_id: uuid.UUID = Field(primary_key=True, foreign_key="accounts.id")
    number: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    transfer_id: uuid.UUID = Field(foreign_key="transfers.id")
    amount_paise: int = Field(sa_column=_paise())
    """Signed: what came in is positive."""
    balance_after_paise: int | None = Field(default=None, sa_column=Column(BigInteger, nullable=True))
    created_at: datetime = Field(sa_column=_time())

    __table_args__ = (
        CheckConstraint("amount_paise <> 0", name="moves"),
        CheckConstraint("balance_after_paise >= 0", name="no_overdraft"),
    )


class OnRamp(SQLModel, table=True):
    """One attempt to add money from a bank. `id` is our reference at the bank; `token` is the bank's."""

    __tablename__ = "on_ramps"  # pyright: ignore[reportAssignmentType]

    id: uuid.UUID = Field(primary_key=True)
    user_id: uuid.UUID = Field(foreign_key="users.id")
    bank: str = Field(sa_column=_text())
    amount_paise: int = Field(sa_column=_paise())
    status: str = Field(sa_column=_text())
    token: str | None = Field(default=None, sa_column=_text(nullable=True))
    redirect_url: str | None = Field(default=None, sa_column=_text(nullable=True))
    bank_reference: str | None = Field(default=None, sa_column=_text(nullable=True))
    correlation_id: str = Field(sa_column=_text())
    created_at: datetime = Field(sa_column=_time())
    expires_at: datetime = Field(sa_column=_time())
    settled_at: datetime | None = Field(default=None, sa_column=_time(nullable=True))
    rejected_at: datetime | None = Field(default=None, sa_column=_time(nullable=True))
    """We answered 409 to a signed event about it."""
    late_success_at: datetime | None = Field(default=None, sa_column=_time(nullable=True))
    """A success we could not credit on its signature alone waits for the bank's answer to our enquiry."""
    refund_decided_at: datetime | None = Field(default=None, sa_column=_time(nullable=True))
    """The bank is to give it back: decided and written before the bank is asked, and never credited since."""
    refund_heard_at: datetime | None = Field(default=None, sa_column=_time(nullable=True))
    """The bank has answered that it holds nothing of it any more."""
    next_enquiry_at: datetime | None = Field(default=None, sa_column=_time(nullable=True))
    version: int = Field(default=0, sa_column=_paise())
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
        Index("on_ramps_due_idx", "next_enquiry_at", postgresql_where=text("next_enquiry_at IS NOT NULL")),
    )


class BankEvent(SQLModel, table=True):
    """The inbox: every signed word of a bank, once, with what we made of it."""

    __tablename__ = "bank_events"  # pyright: ignore[reportAssignmentType]

    bank: str = Field(sa_column=Column(Text, primary_key=True))
    event_id: str = Field(sa_column=Column(Text, primary_key=True))
    type: str = Field(sa_column=_text())
    subject: str = Field(sa_column=_text())
    """The token or reference it speaks of."""
    on_ramp_id: uuid.UUID | None = Field(default=None, foreign_key="on_ramps.id")
    body: str = Field(sa_column=_text())
    verdict: str = Field(sa_column=_text())
    reason: str | None = Field(default=None, sa_column=_text(nullable=True))
    received_at: datetime | None = Field(default=None, sa_column=_now())

    __table_args__ = (
        CheckConstraint("verdict IN ('captured', 'duplicate', 'recorded', 'rejected')", name="verdict"),
    )
