"""The rules of adding money: what one word of the bank means for one payment.

pending -> success | failure | expired. Success is final. A success after anything else is written down and
the bank is asked; only its answer to our own question moves money then.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

EXPIRES_AFTER = timedelta(minutes=15)
_ENQUIRIES = (
    timedelta(seconds=10),
    timedelta(minutes=1),
    timedelta(minutes=5),
    EXPIRES_AFTER,
    timedelta(hours=1),
)
_THEN_EVERY = timedelta(days=1)
_SOON = timedelta(seconds=10)
_YOUNG = timedelta(hours=2)


class Status(enum.StrEnum):
    PENDING = "pending"
    SUCCESS = "success"
    FAILURE = "failure"
    EXPIRED = "expired"


class BankState(enum.StrEnum):
    """What a bank answers when asked about a payment."""

    CREATED = "created"
    PAID = "paid"
    DECLINED = "declined"
    EXPIRED = "expired"
    REFUNDED = "refunded"


_NEVER_PAID = {BankState.DECLINED, BankState.EXPIRED}


class Verdict(enum.StrEnum):
    """Our answer to the bank, as it stands in the contract."""

    CAPTURED = "captured"
    DUPLICATE = "duplicate"
    RECORDED = "recorded"
    REJECTED = "rejected"


class Reason(enum.StrEnum):
    """Why a signed event cannot be credited."""

    AMOUNT = "amount_mismatch"
    USER = "user_mismatch"
    BANK = "bank_mismatch"
    TOKEN = "unknown_token"  # noqa: S105 # a word of the contract, no secret
    CLOSED = "wallet_closed"


class Change(enum.StrEnum):
    """What happens to the payment's row."""

    NONE = "none"
    CREDIT = "credit"
    """Post the amount and mark it a success."""
    FAIL = "fail"
    ASK_THE_BANK = "ask_the_bank"
    """Enquire at once: credit if the bank says paid, else ask it to refund."""
    EXPIRE = "expire"
    REFUND = "refund"
    """The bank holds money we cannot credit: it is to give it back to its customer, and we never credit it."""
    REFUND_DONE = "refund_done"
    """The bank holds nothing of it any more."""
    MARK_REJECTED = "mark_rejected"
    ALARM = "alarm"
    """The bank contradicts a success. Nothing moves; a person must look."""


class Standing(NamedTuple):
    """What our own row says of a payment."""

    status: Status
    amount_paise: int
    user_identifier: str
    was_rejected: bool = False
    """We answered 409 to an event about it, so the bank may have refunded its customer."""
    late_success: bool = False
    """A success we did not credit on its signature waits for the bank's answer to our own question."""
    refund_decided: bool = False
    """We have asked the bank, or are about to ask it, to give the money back. It is never credited then."""


class Word(NamedTuple):
    """What the bank says of a payment."""

    paid: bool
    amount_paise: int
    user_identifier: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What the bank answers to our own question."""

    state: BankState
    amount_paise: int
    user_identifier: str


@dataclass(frozen=True, slots=True)
class Judgement:
    verdict: Verdict
    change: Change
    reason: Reason | None = None


def judge(standing: Standing, word: Word) -> Judgement:
    """What a signed event about a known payment of this very bank means."""
    if word.user_identifier != standing.user_identifier:
        return _rejected(standing, Reason.USER)
    if word.amount_paise != standing.amount_paise:
        return _rejected(standing, Reason.AMOUNT)
    return _paid(standing) if word.paid else _not_paid(standing)


def judge_enquiry(standing: Standing, answer: Answer, *, is_due: bool) -> Change:
    """What the bank's answer to our own question means. `is_due`: our 15 minutes are over."""
    if standing.status is Status.SUCCESS:
        return (
            Change.ALARM if answer.state in _NEVER_PAID or answer.state is BankState.REFUNDED else Change.NONE
        )
    if answer.state is BankState.PAID:
        matches = (answer.amount_paise, answer.user_identifier) == (
            standing.amount_paise,
            standing.user_identifier,
        )
        return Change.CREDIT if matches and not standing.refund_decided else Change.REFUND
    if answer.state is BankState.CREATED:
        # It may still be paid. A bank that has told us of a success and says this lags behind itself.
        waits = standing.late_success or standing.refund_decided or standing.status is not Status.PENDING
        return Change.EXPIRE if is_due and not waits else Change.NONE
    if standing.refund_decided:
        return Change.REFUND_DONE
    if standing.late_success:
        return Change.REFUND
    if standing.status is not Status.PENDING:
        return Change.NONE
    return Change.EXPIRE if answer.state is BankState.EXPIRED else Change.FAIL


def is_definite(state: BankState) -> bool:
    """Whether the bank will not change its mind, so that nobody needs to ask again."""
    return state is not BankState.CREATED


def ask_again(created_at: datetime, now: datetime) -> datetime:
    """When to ask again about money the bank may hold for nobody: soon while it is young, then every hour."""
    return now + (_SOON if now - created_at < _YOUNG else _ENQUIRIES[-1])


def next_enquiry(created_at: datetime, now: datetime) -> datetime:
    """When to ask the bank again about a payment it has not told us of."""
    for after in _ENQUIRIES:
        if created_at + after > now:
            return created_at + after
    return now + _THEN_EVERY


def _rejected(standing: Standing, reason: Reason) -> Judgement:
    # A payment that stands as a success was credited with our own amount: a stray event cannot unmake that.
    change = Change.ALARM if standing.status is Status.SUCCESS else Change.MARK_REJECTED
    return Judgement(Verdict.REJECTED, change, reason)


def _paid(standing: Standing) -> Judgement:
    if standing.status is Status.SUCCESS:
        return Judgement(Verdict.DUPLICATE, Change.NONE)
    if standing.status is Status.PENDING and not (standing.was_rejected or standing.refund_decided):
        return Judgement(Verdict.CAPTURED, Change.CREDIT)
    return Judgement(Verdict.RECORDED, Change.ASK_THE_BANK)


def _not_paid(standing: Standing) -> Judgement:
    if standing.status is Status.SUCCESS:
        return Judgement(Verdict.RECORDED, Change.ALARM)
    if standing.status is Status.PENDING:
        return Judgement(Verdict.CAPTURED, Change.FAIL)
    if standing.status is Status.FAILURE:
        return Judgement(Verdict.DUPLICATE, Change.NONE)
    return Judgement(Verdict.RECORDED, Change.NONE)
