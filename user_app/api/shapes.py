"""What callers get, in the shapes of the contract."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, Field

from money.payout_accounts import masked
from money.rupees import json_rupees
from shared_db.models import OnRamp
from shared_db.withdrawal_history import Attempted, OwnWithdrawal


class MessageAndToken(BaseModel):
    message: str
    token: str


class Token(BaseModel):
    token: str


class Message(BaseModel):
    message: str


class Person(BaseModel):
    """`username` is masked, and missing where the directory is open to everybody."""

    username: str | None = None
    first_name: str = Field(serialization_alias="firstName")
    last_name: str = Field(serialization_alias="lastName")
    id: str = Field(serialization_alias="_id")


class People(BaseModel):
    """The same list under both names: the older API's text and its code disagreed."""

    users: list[Person]
    user: list[Person]


class Transferred(BaseModel):
    message: str
    id: str


class BalanceAnswer(BaseModel):
    """Rupees: to spend, and on hold for withdrawals."""

    balance: int | float
    locked: int | float


class OnRampAnswer(BaseModel):
    id: str
    status: Literal["pending", "success", "failure", "expired"]
    amount: int | float
    bank: str
    bank_reference: str | None = Field(serialization_alias="bankReference")

    @classmethod
    def of(cls, row: OnRamp) -> OnRampAnswer:
        return cls.model_validate(
            {
                "id": str(row.id),
                "status": row.status,
                "amount": json_rupees(row.amount_paise),
                "bank": row.bank,
                "bank_reference": row.bank_reference,
            }
        )


class StartedOnRamp(BaseModel):
    id: str
    token: str
    status: Literal["pending"]
    bank: str
    amount: int | float
    redirect_url: str = Field(serialization_alias="redirectUrl")

    @classmethod
    def of(cls, row: OnRamp) -> StartedOnRamp:
        assert row.token, "a started on-ramp has the bank's token"
        assert row.redirect_url, "and its page"
        return cls(
            id=str(row.id),
            token=row.token,
            status="pending",
            bank=row.bank,
            amount=json_rupees(row.amount_paise),
            redirect_url=row.redirect_url,
        )


class AttemptAnswer(BaseModel):
    at: datetime
    call: Literal["send", "enquire"]
    outcome: str
    latency_ms: int = Field(serialization_alias="latencyMs")
    words: str | None


class WithdrawalAnswer(BaseModel):
    id: str
    status: Literal[
        "queued", "sending", "unknown", "paid", "failed", "cancelled", "needs_attention", "reversed"
    ]
    amount: int | float
    bank: str
    account_number: str = Field(serialization_alias="accountNumber")
    """Its last four digits."""
    ifsc: str
    utr: str | None
    reason: str | None
    position: int | None
    created_at: datetime = Field(serialization_alias="createdAt")
    settled_at: datetime | None = Field(serialization_alias="settledAt")
    attempts: list[AttemptAnswer]

    @classmethod
    def of(cls, row: OwnWithdrawal, attempts: list[Attempted]) -> WithdrawalAnswer:
        said = row._asdict() | {
            "id": str(row.id),
            "amount": json_rupees(row.amount_paise),
            "account_number": masked(row.account_number),
            "attempts": [one._asdict() for one in attempts],
        }
        return cls.model_validate(said)
