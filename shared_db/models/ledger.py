"""The ledger: accounts, balances, transfers, entries, and each day's totals. Append-only where money is written."""

from __future__ import annotations

import uuid
from datetime import date, datetime

from sqlalchemy import BigInteger, CheckConstraint, Column, Index, Text, text
from sqlmodel import Field, SQLModel

from money.movements import Kind
from shared_db.columns import now_column, paise_column, text_column, time_column


class Account(SQLModel, table=True):
    """A place money can be in: a person's, or one of the house's own (`money.accounts`)."""

    __tablename__ = "accounts"  # pyright: ignore[reportAssignmentType]

    id: uuid.UUID = Field(primary_key=True)
    kind: str = Field(sa_column=text_column())
    name: str = Field(sa_column=text_column())
    """For the house's own: `hdfc:receivable`. For an owner: their kind."""
    created_at: datetime | None = Field(default=None, sa_column=now_column())

    __table_args__ = (
        CheckConstraint("kind IN ('user', 'merchant', 'system')", name="kind"),
        Index("accounts_system_name_key", "name", unique=True, postgresql_where=text("kind = 'system'")),
    )


class Balance(SQLModel, table=True):
    """What an owner has. Its figures are changed by `post_transfers` alone, under this row's lock."""

    __tablename__ = "balances"  # pyright: ignore[reportAssignmentType]

    account_id: uuid.UUID = Field(primary_key=True, foreign_key="accounts.id")
    balance_paise: int = Field(default=0, sa_column=paise_column())
    held_paise: int = Field(default=0, sa_column=paise_column())
    """On hold for withdrawals: it has left the balance and not yet arrived."""
    last_number: int = Field(default=0, sa_column=paise_column())
    """The running number of the newest entry."""
    frozen_at: datetime | None = Field(default=None, sa_column=time_column(nullable=True))
    closed_at: datetime | None = Field(default=None, sa_column=time_column(nullable=True))

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
    kind: str = Field(sa_column=text_column())
    source_id: uuid.UUID
    target_id: uuid.UUID
    holder_id: uuid.UUID | None = None
    amount_paise: int = Field(sa_column=paise_column())
    note: str | None = Field(default=None, sa_column=text_column(nullable=True))
    """What the sender wrote to the recipient."""
    created_at: datetime = Field(sa_column=time_column())

    __table_args__ = (
        CheckConstraint("amount_paise > 0", name="positive"),
        CheckConstraint("char_length(note) BETWEEN 1 AND 140", name="note"),
        CheckConstraint("source_id <> target_id", name="two_accounts"),
        CheckConstraint(f"kind IN ({', '.join(repr(kind.value) for kind in Kind)})", name="kind"),
        # Written in the order of time and never changed: a few pages of this index say where a day stands.
        Index("transfers_by_time_idx", "created_at", postgresql_using="brin"),
    )


class Entry(SQLModel, table=True):
    """One side of a transfer. An owner's entries run 1, 2, 3, … and carry the balance after; the house's do not.

    Written by `post_transfers` alone, which has looked both accounts up, and all three tables keep their rows for
    ever: foreign keys here would look every account up a second time (docs/decisions/0003). `verify` looks for strays.
    """

    __tablename__ = "entries"  # pyright: ignore[reportAssignmentType]

    account_id: uuid.UUID = Field(primary_key=True)
    number: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    transfer_id: uuid.UUID
    amount_paise: int = Field(sa_column=paise_column())
    """Signed: what came in is positive."""
    balance_after_paise: int | None = Field(default=None, sa_column=Column(BigInteger, nullable=True))
    created_at: datetime = Field(sa_column=time_column())

    __table_args__ = (
        CheckConstraint("amount_paise <> 0", name="moves"),
        CheckConstraint("balance_after_paise >= 0", name="no_overdraft"),
    )


class DailyTotal(SQLModel, table=True):
    """What moved on an owner's account on one Kolkata day, kind by kind. Kept by `post_transfers` in the same batch."""

    __tablename__ = "daily_totals"  # pyright: ignore[reportAssignmentType]

    account_id: uuid.UUID = Field(primary_key=True)
    day: date = Field(primary_key=True)
    kind: str = Field(sa_column=Column(Text, primary_key=True))
    transfers: int = Field(sa_column=paise_column())
    credits_paise: int = Field(sa_column=paise_column())
    debits_paise: int = Field(sa_column=paise_column())
    closing_paise: int = Field(sa_column=paise_column())
    """The balance after the batch that touched this row last. The day's own is in its row of the highest number."""
    last_number: int = Field(sa_column=paise_column())
    """The running number of the newest entry then."""

    __table_args__ = ({"postgresql_with": {"fillfactor": "70"}},)
