"""Merchants, how they sign in, and what of their payments they gave back."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import CheckConstraint, Column, ForeignKeyConstraint, Index, Text
from sqlmodel import Field, SQLModel

from shared_db.columns import now_column, paise_column, text_column, time_column


class Merchant(SQLModel, table=True):
    """A shop that is paid. `id` is the id of its account too."""

    __tablename__ = "merchants"  # pyright: ignore[reportAssignmentType] # SQLModel declares it as a method

    id: uuid.UUID = Field(primary_key=True, foreign_key="accounts.id")
    email: str = Field(sa_column=Column(Text, nullable=False, unique=True))
    """Trimmed and case-folded."""
    name: str = Field(sa_column=text_column())
    """As customers read it."""
    handle: str = Field(sa_column=Column(Text, nullable=False, unique=True))
    """Its address for customers, `/pay/{handle}`. Never changed: it stands printed on a counter."""
    password_hash: str | None = Field(default=None, sa_column=text_column(nullable=True))
    """None: it signs in through a provider alone."""
    created_at: datetime | None = Field(default=None, sa_column=now_column())

    __table_args__ = (
        CheckConstraint("handle ~ '^[a-z][a-z0-9]{2,29}$'", name="handle"),
        CheckConstraint("char_length(name) BETWEEN 1 AND 50", name="name"),
    )


class MerchantIdentity(SQLModel, table=True):
    """Whom a provider vouches for. The email it gives is never a proof: it links nothing."""

    __tablename__ = "merchant_identities"  # pyright: ignore[reportAssignmentType]

    issuer: str = Field(sa_column=Column(Text, primary_key=True))
    """The provider's own: an OIDC issuer, or GitHub's base address."""
    subject: str = Field(sa_column=Column(Text, primary_key=True))
    """Its name for the person, which it gives to nobody else: `sub`, or GitHub's number."""
    merchant_id: uuid.UUID = Field(foreign_key="merchants.id")
    shown_as: str = Field(sa_column=text_column())
    """What its owner knows it by: the email or login name it came with."""
    created_at: datetime | None = Field(default=None, sa_column=now_column())

    __table_args__ = (Index("merchant_identities_of_merchant_key", "merchant_id", "issuer", unique=True),)


class ProviderVisit(SQLModel, table=True):
    """A browser that was sent to a provider and has not come back; it may once, within ten minutes."""

    __tablename__ = "provider_visits"  # pyright: ignore[reportAssignmentType]

    token_hash: str = Field(sa_column=Column(Text, primary_key=True))
    """SHA-256 of the browser's cookie, in hex."""
    state: str = Field(sa_column=text_column())
    """What the provider must send back with that browser."""
    provider: str = Field(sa_column=text_column())
    nonce: str = Field(sa_column=text_column())
    code_verifier: str = Field(sa_column=text_column())
    session_id: uuid.UUID | None = Field(default=None, foreign_key="sessions.id")
    """The session that connects the account it comes back with; None: somebody logs in."""
    next_page: str = Field(sa_column=text_column())
    expires_at: datetime = Field(sa_column=time_column())

    __table_args__ = (Index("provider_visits_expires_at_idx", "expires_at"),)


class Newcomer(SQLModel, table=True):
    """Somebody whom a provider vouches for and who has yet to name the shop; for half an hour."""

    __tablename__ = "newcomers"  # pyright: ignore[reportAssignmentType]

    token_hash: str = Field(sa_column=Column(Text, primary_key=True))
    issuer: str = Field(sa_column=text_column())
    subject: str = Field(sa_column=text_column())
    shown_as: str = Field(sa_column=text_column())
    name: str = Field(sa_column=text_column())
    email: str = Field(sa_column=text_column())
    """Empty unless the provider has verified it."""
    expires_at: datetime = Field(sa_column=time_column())

    __table_args__ = (Index("newcomers_expires_at_idx", "expires_at"),)


class RefundedPayment(SQLModel, table=True):
    """A payment of which something was given back; written with its first refund. Its lock is the payment's."""

    __tablename__ = "refunded_payments"  # pyright: ignore[reportAssignmentType]

    payment_id: uuid.UUID = Field(primary_key=True)
    """The transfer that paid."""
    merchant_id: uuid.UUID = Field(foreign_key="merchants.id")
    payer_id: uuid.UUID = Field(foreign_key="users.id")
    paid_paise: int = Field(sa_column=paise_column())
    refunded_paise: int = Field(sa_column=paise_column())

    __table_args__ = (
        CheckConstraint("refunded_paise BETWEEN 0 AND paid_paise", name="no_more_than_paid"),
        ForeignKeyConstraint(["payment_id"], ["transfers.id"]),
    )


class Refund(SQLModel, table=True):
    """One sum given back, with its reason. `id` is the id of the transfer that gave it."""

    __tablename__ = "refunds"  # pyright: ignore[reportAssignmentType]

    id: uuid.UUID = Field(primary_key=True, foreign_key="transfers.id")
    payment_id: uuid.UUID = Field(foreign_key="refunded_payments.payment_id")
    amount_paise: int = Field(sa_column=paise_column())
    reason: str = Field(sa_column=text_column())
    created_at: datetime = Field(sa_column=time_column())

    __table_args__ = (
        CheckConstraint("amount_paise > 0", name="positive"),
        CheckConstraint("char_length(reason) BETWEEN 1 AND 140", name="reason"),
        Index("refunds_of_payment_idx", "payment_id", "id"),
    )
