"""What callers get, in the shapes of the contract."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, Field

from money.activity import Activity
from money.payout_accounts import masked
from money.rupees import json_rupees
from shared_db.history_rows import Happened
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


class Paid(BaseModel):
    """A payment is done when it is answered; it can be read again among the transactions."""

    id: str
    merchant: str
    """Its handle."""
    amount: int | float
    note: str | None
    status: Literal["success"] = "success"


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


class TransactionAnswer(BaseModel):
    """`amount` is signed; `balanceAfter` is null where nothing moved in the end."""

    id: str
    type: Activity
    amount: int | float
    balance_after: int | float | None = Field(serialization_alias="balanceAfter")
    counterparty: str | None
    """The person or the shop on the other side, or the bank."""
    note: str | None
    reference: str | None
    """The bank's own."""
    status: str
    created_at: datetime = Field(serialization_alias="createdAt")

    @classmethod
    def of(cls, row: Happened) -> TransactionAnswer:
        after = row.balance_after_paise
        return cls(
            id=str(row.id),
            type=row.activity,
            amount=json_rupees(row.amount_paise),
            balance_after=None if after is None else json_rupees(after),
            counterparty=row.other_name or row.bank,
            note=row.note,
            reference=row.reference,
            status=row.status,
            created_at=row.at,
        )


class TransactionsAnswer(BaseModel):
    transactions: list[TransactionAnswer]
    next_cursor: str | None = Field(serialization_alias="nextCursor")

    @classmethod
    def of(cls, rows: list[Happened], next_cursor: str | None) -> TransactionsAnswer:
        return cls(transactions=[TransactionAnswer.of(row) for row in rows], next_cursor=next_cursor)
