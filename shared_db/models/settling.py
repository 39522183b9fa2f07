"""Settlements: when a shop's balance goes to its bank by itself, and which payments each of them covers."""

from __future__ import annotations

import uuid
from datetime import date, datetime

from sqlalchemy import BigInteger, CheckConstraint, Column, Date, ForeignKeyConstraint, Index, text
from sqlmodel import Field, SQLModel

from money.settlements import Rhythm, Turn
from shared_db.columns import paise_column, text_column, time_column


def _one_of(column: str, values: type[Rhythm | Turn]) -> CheckConstraint:
    listed = ", ".join(f"'{one}'" for one in values)
    return CheckConstraint(f"{column} IN ({listed})", name=column)


def _counted() -> Column[int]:
    return Column(BigInteger, nullable=True)


class SettlementPlan(SQLModel, table=True):
    """One shop's. Its lock is the shop's turn: two schedulers never take it at once."""

    __tablename__ = "settlement_plans"  # pyright: ignore[reportAssignmentType]

    merchant_id: uuid.UUID = Field(primary_key=True, foreign_key="merchants.id")
    rhythm: str = Field(sa_column=text_column())
    weekday: int
    """0 is Monday; kept while the plan is not weekly."""
    hour: int
    """Of Kolkata's clock."""
    saved_account_id: uuid.UUID | None = None
    """Where the money goes; None once its owner has removed that account."""
    keep_paise: int = Field(sa_column=paise_column())
    """What stays with us."""
    next_at: datetime | None = Field(default=None, sa_column=time_column(nullable=True))
    last_turn: str | None = Field(default=None, sa_column=text_column(nullable=True))
    last_turn_at: datetime | None = Field(default=None, sa_column=time_column(nullable=True))

    __table_args__ = (
        _one_of("rhythm", Rhythm),
        _one_of("last_turn", Turn),
        CheckConstraint("weekday BETWEEN 0 AND 6", name="weekday"),
        CheckConstraint("hour BETWEEN 0 AND 23", name="hour"),
        CheckConstraint("keep_paise >= 0", name="keep"),
        CheckConstraint("rhythm <> 'off' OR next_at IS NULL", name="off"),
        # Only ever an account of the shop's own.
        ForeignKeyConstraint(
            ["merchant_id", "saved_account_id"],
            ["saved_accounts.owner_id", "saved_accounts.id"],
            ondelete="SET NULL (saved_account_id)",
        ),
        Index("settlement_plans_due_idx", "next_at", postgresql_where=text("next_at IS NOT NULL")),
    )


class Settlement(SQLModel, table=True):
    """One withdrawal that a plan has made, with the entries of the shop's account that it covers.

    It covers those from `first_number` to `last_number`, which is its own hold's. The next one begins behind it,
    so each payment belongs to exactly one. The sums are of these entries, counted once they are committed.
    """

    __tablename__ = "settlements"  # pyright: ignore[reportAssignmentType]

    id: uuid.UUID = Field(primary_key=True, foreign_key="withdrawals.id")
    merchant_id: uuid.UUID = Field(foreign_key="merchants.id")
    day: date = Field(sa_column=Column(Date, nullable=False))
    """Kolkata's. One a day at most."""
    first_number: int = Field(sa_column=paise_column())
    last_number: int = Field(sa_column=paise_column())
    carried_paise: int = Field(sa_column=paise_column())
    """The balance before the first of these entries."""
    amount_paise: int = Field(sa_column=paise_column())
    kept_paise: int = Field(sa_column=paise_column())
    """The balance after the last."""
    created_at: datetime = Field(sa_column=time_column())
    payments: int | None = Field(default=None, sa_column=_counted())
    gross_paise: int | None = Field(default=None, sa_column=_counted())
    refunded_paise: int | None = Field(default=None, sa_column=_counted())
    withdrawn_paise: int | None = Field(default=None, sa_column=_counted())
    """Taken out by hand meanwhile."""
    came_back_paise: int | None = Field(default=None, sa_column=_counted())
    """From withdrawals and settlements that did not arrive."""
    other_paise: int | None = Field(default=None, sa_column=_counted())
    """Whatever else moved; negative where it left."""

    __table_args__ = (
        CheckConstraint("amount_paise > 0", name="positive"),
        CheckConstraint("first_number <= last_number", name="numbers"),
        CheckConstraint(
            "num_nulls(payments, gross_paise, refunded_paise, withdrawn_paise, came_back_paise, other_paise) = 6 OR "
            "carried_paise + gross_paise - refunded_paise - withdrawn_paise + came_back_paise + other_paise"
            " = amount_paise + kept_paise",
            name="adds_up",
        ),
        Index("settlements_of_day_key", "merchant_id", "day", unique=True),
        Index("settlements_from_number_key", "merchant_id", "first_number", unique=True),
        Index("settlements_uncounted_idx", "id", postgresql_where=text("payments IS NULL")),
    )
