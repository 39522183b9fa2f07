"""People, how they sign in, and what was written to them."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, Column, Index, Text, literal_column, text
from sqlmodel import Field, SQLModel

from shared_db.columns import now_column, text_column, time_column


class User(SQLModel, table=True):
    """A person with a wallet. `id` is the id of their account too."""

    __tablename__ = "users"  # pyright: ignore[reportAssignmentType] # SQLModel declares it as a method

    id: uuid.UUID = Field(primary_key=True, foreign_key="accounts.id")
    email: str = Field(sa_column=Column(Text, nullable=False, unique=True))
    """Trimmed and case-folded."""
    email_verified_at: datetime | None = Field(default=None, sa_column=time_column(nullable=True))
    phone: str | None = Field(default=None, sa_column=text_column(nullable=True))
    """An Indian mobile in E.164, `+919876500001`. Anybody may claim one, and one person at most has verified it."""
    phone_verified_at: datetime | None = Field(default=None, sa_column=time_column(nullable=True))
    first_name: str = Field(sa_column=text_column())
    last_name: str = Field(sa_column=text_column())
    password_hash: str = Field(sa_column=text_column())
    created_at: datetime | None = Field(default=None, sa_column=now_column())

    __table_args__ = (
        CheckConstraint("phone_verified_at IS NULL OR phone IS NOT NULL", name="verified_phone"),
        Index(
            "users_verified_phone_key",
            "phone",
            unique=True,
            postgresql_where=text("phone_verified_at IS NOT NULL"),
        ),
        # In the order of characters, so that a name is found by its beginning.
        Index(
            "users_name_idx",
            literal_column("lower((first_name || ' ') || last_name)", Text).label("full_name"),
            "id",
            postgresql_ops={"full_name": "text_pattern_ops"},
        ),
        Index(
            "users_last_name_idx",
            literal_column("lower(last_name)", Text).label("lowered"),
            "id",
            postgresql_ops={"lowered": "text_pattern_ops"},
        ),
    )


class Session(SQLModel, table=True):
    """A sign-in. Whatever a caller shows, this row decides whether it still counts."""

    __tablename__ = "sessions"  # pyright: ignore[reportAssignmentType]

    id: uuid.UUID = Field(primary_key=True)
    owner_id: uuid.UUID = Field(foreign_key="accounts.id", index=True)
    audience: str = Field(sa_column=text_column())
    """`api`: the id is the `jti` of a bearer token. Else a web app: a browser with a cookie, nothing to the other."""
    token_hash: str | None = Field(default=None, sa_column=Column(Text, nullable=True, unique=True))
    """SHA-256 of a browser's cookie, in hex: who reads this table cannot be anybody."""
    device: str = Field(default="", sa_column=Column(Text, nullable=False, server_default=""))
    """`Chrome on Android`, as far as the program said it at the sign-in; empty: it did not."""
    created_at: datetime | None = Field(default=None, sa_column=now_column())
    last_seen_at: datetime | None = Field(default=None, sa_column=now_column())
    expires_at: datetime = Field(sa_column=time_column())
    ended_at: datetime | None = Field(default=None, sa_column=time_column(nullable=True))

    __table_args__ = (
        CheckConstraint("audience IN ('api', 'user_app', 'merchant_app')", name="audience"),
        CheckConstraint("(audience = 'api') = (token_hash IS NULL)", name="cookie_of_a_browser"),
    )


class Code(SQLModel, table=True):
    """Six digits sent to a person: the newest of each purpose, and no other. Written under the person's row lock."""

    __tablename__ = "codes"  # pyright: ignore[reportAssignmentType]

    user_id: uuid.UUID = Field(primary_key=True, foreign_key="users.id")
    purpose: str = Field(sa_column=Column(Text, primary_key=True))
    contact: str = Field(sa_column=text_column())
    """The email or phone it was sent to. It proves no other."""
    code_hash: str = Field(sa_column=text_column())
    """An HMAC, in hex: who reads this table knows no code."""
    tries: int = Field(default=0, sa_column=Column(BigInteger, nullable=False))
    """The wrong ones."""
    created_at: datetime = Field(sa_column=time_column())
    expires_at: datetime = Field(sa_column=time_column())
    used_at: datetime | None = Field(default=None, sa_column=time_column(nullable=True))

    __table_args__ = (
        CheckConstraint("purpose IN ('verify_email', 'verify_phone', 'reset_password')", name="purpose"),
        CheckConstraint("tries BETWEEN 0 AND 5", name="tries"),
    )


class OutboxMessage(SQLModel, table=True):
    """What development would have sent. Production writes nothing here."""

    __tablename__ = "outbox"  # pyright: ignore[reportAssignmentType]

    id: uuid.UUID = Field(primary_key=True)
    channel: str = Field(sa_column=text_column())
    recipient: str = Field(sa_column=text_column())
    subject: str = Field(sa_column=text_column())
    """Empty for an SMS."""
    text: str = Field(sa_column=text_column())
    created_at: datetime | None = Field(default=None, sa_column=now_column())

    __table_args__ = (CheckConstraint("channel IN ('email', 'sms')", name="channel"),)


class IdempotencyKey(SQLModel, table=True):
    """A request that a client may repeat. `status` and `answer` are written once it is done, and never changed."""

    __tablename__ = "idempotency_keys"  # pyright: ignore[reportAssignmentType]

    user_id: uuid.UUID = Field(primary_key=True)
    route: str = Field(sa_column=Column(Text, primary_key=True))
    key_hash: str = Field(sa_column=Column(Text, primary_key=True))
    """SHA-256 of what the client sent, in hex: a key is theirs to choose, and ours to keep short."""
    body_hash: str = Field(sa_column=text_column())
    status: int | None = None
    answer: str | None = Field(default=None, sa_column=text_column(nullable=True))
    begun_at: datetime = Field(sa_column=time_column())

    __table_args__ = (CheckConstraint("(status IS NULL) = (answer IS NULL)", name="answered"),)
