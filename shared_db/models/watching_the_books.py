"""Watching the books: what was posted and not yet looked at, the house's totals, the verdict, and restores."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import ARRAY, BigInteger, CheckConstraint, Column, Identity, SmallInteger, Uuid
from sqlmodel import Field, SQLModel

from shared_db.columns import paise_column, text_column, time_column


class PostedBatch(SQLModel, table=True):
    """One batch that the watch has not looked at: queued by `post_transfers`, removed by `follow_postings`.

    Whatever is committed and not yet followed stands here and nowhere else, however late it was committed.
    """

    __tablename__ = "posted_batches"  # pyright: ignore[reportAssignmentType] # SQLModel declares it as a method

    number: int | None = Field(
        default=None, sa_column=Column(BigInteger, Identity(always=True), primary_key=True)
    )
    transfer_ids: list[uuid.UUID] = Field(sa_column=Column(ARRAY(Uuid), nullable=False))
    source_numbers: list[int] = Field(sa_column=Column(ARRAY(BigInteger), nullable=False))
    """Of the entries; NULL where nothing was posted."""
    target_numbers: list[int] = Field(sa_column=Column(ARRAY(BigInteger), nullable=False))

    # 128 movements stay in the row itself: they are read once and gone.
    __table_args__ = ({"postgresql_with": {"toast_tuple_target": "8160"}},)


class HouseTotal(SQLModel, table=True):
    """The entries of one account of the house that bear one stretch of 4,096 numbers, rolled up by the watch."""

    __tablename__ = "house_totals"  # pyright: ignore[reportAssignmentType]

    account_id: uuid.UUID = Field(primary_key=True, foreign_key="accounts.id")
    part: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    """Their number, divided by 4,096."""
    entries: int = Field(sa_column=paise_column())
    total_paise: int = Field(sa_column=paise_column())

    __table_args__ = ({"postgresql_with": {"fillfactor": "70"}},)


class Solvency(SQLModel, table=True):
    """The one row that says whether our books add up. Read by whoever lets money out, written by `watch_books`."""

    __tablename__ = "solvency"  # pyright: ignore[reportAssignmentType]

    id: int = Field(default=1, sa_column=Column(SmallInteger, primary_key=True, autoincrement=False))
    broken_since: datetime | None = Field(default=None, sa_column=time_column(nullable=True))
    difference_paise: int = Field(default=0, sa_column=paise_column())
    """By how much owners and house differ: above 0, the owners have more than there is."""
    postings_fault: str | None = Field(default=None, sa_column=text_column(nullable=True))
    sums_fault: str | None = Field(default=None, sa_column=text_column(nullable=True))
    rows_fault: str | None = Field(default=None, sa_column=text_column(nullable=True))
    followed_at: datetime = Field(sa_column=time_column())
    sums_due_at: datetime = Field(sa_column=time_column())
    rows_due_at: datetime = Field(sa_column=time_column())
    next_balance: uuid.UUID | None = None
    """After which row the rounds over balances, entries and the house totals go on; none: they begin."""
    next_entry_account: uuid.UUID | None = None
    next_entry_number: int | None = Field(default=None, sa_column=Column(BigInteger, nullable=True))
    next_total_account: uuid.UUID | None = None
    next_total_part: int | None = Field(default=None, sa_column=Column(BigInteger, nullable=True))

    __table_args__ = (
        CheckConstraint("id = 1", name="only_one"),
        CheckConstraint(
            "(broken_since IS NULL) = (coalesce(postings_fault, sums_fault, rows_fault) IS NULL)",
            name="verdict",
        ),
        {"postgresql_with": {"fillfactor": "10"}},
    )


class Restore(SQLModel, table=True):
    """One time at which this database came to be: by its first migration, or from a backup.

    Money leaves only while there is a row and each is opened. A backup takes none of them along. Written by commands.
    """

    __tablename__ = "restores"  # pyright: ignore[reportAssignmentType]

    number: int | None = Field(
        default=None, sa_column=Column(BigInteger, Identity(always=True), primary_key=True)
    )
    snapshot_at: datetime = Field(sa_column=time_column())
    """The backup's snapshot, or earlier: what the banks did since may be unknown here."""
    restored_at: datetime = Field(sa_column=time_column())
    opened_at: datetime | None = Field(default=None, sa_column=time_column(nullable=True))
    """When its differences with the banks had been decided; none: money does not leave yet."""
    opened_by: str | None = Field(default=None, sa_column=text_column(nullable=True))

    __table_args__ = (
        CheckConstraint("(opened_at IS NULL) = (opened_by IS NULL)", name="opened_by_somebody"),
    )
