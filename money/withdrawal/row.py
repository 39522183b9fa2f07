"""A withdrawal as the rules see it, and the table of what may follow what."""

from __future__ import annotations

import enum
from datetime import datetime, timedelta
from typing import NamedTuple


class Status(enum.StrEnum):
    QUEUED = "queued"
    SENDING = "sending"
    """Somebody is sending it this moment, or died doing so."""
    UNKNOWN = "unknown"
    """It was sent, and the bank has not said what became of it: also while the bank says `pending`."""
    NEEDS_ATTENTION = "needs_attention"
    PAID = "paid"
    FAILED = "failed"
    CANCELLED = "cancelled"
    REVERSED = "reversed"


MAY_BECOME: dict[Status, frozenset[Status]] = {
    Status.QUEUED: frozenset({Status.SENDING, Status.CANCELLED}),
    Status.SENDING: frozenset({Status.PAID, Status.FAILED, Status.UNKNOWN}),
    Status.UNKNOWN: frozenset({Status.SENDING, Status.PAID, Status.FAILED, Status.NEEDS_ATTENTION}),
    Status.NEEDS_ATTENTION: frozenset({Status.PAID, Status.FAILED}),
    Status.PAID: frozenset({Status.REVERSED}),
    Status.FAILED: frozenset(),
    Status.CANCELLED: frozenset(),
    Status.REVERSED: frozenset(),
}

SENT = frozenset({Status.SENDING, Status.UNKNOWN, Status.NEEDS_ATTENTION})
"""The bank may have it, and its outcome is not known. The hold stands."""


class Call(enum.StrEnum):
    """What a worker does at the bank."""

    NOTHING = "nothing"
    SEND = "send"
    ENQUIRE = "enquire"


class Correction(enum.StrEnum):
    """What followed when a bank had said `failed` and paid all the same. Each happens once."""

    NONE = "none"
    TAKEN_BACK = "taken_back"
    GIVEN_BACK = "given_back"


class PayoutContract(NamedTuple):
    """What a bank promises about the references of payouts."""

    reference_is_idempotent: bool
    """Sent again under the same reference, it is the same payout, never a second one."""
    not_found_is_final_after: timedelta
    """A call that reaches the bank later than this after it was made is not acted on: "not found" is true for ever."""


class Withdrawal(NamedTuple):
    """A row. Its reference at the bank is formed from its id, once, and is none of the rules' business."""

    amount_paise: int
    contract: PayoutContract
    status: Status = Status.QUEUED
    next_call: Call = Call.SEND
    """What the next worker that gets the lane has to do."""
    sends: int = 0
    first_sent_at: datetime | None = None
    last_sent_at: datetime | None = None
    tries: int = 0
    """Answers without an outcome, since it was sent or since it is in doubt."""
    acknowledged: bool = False
    """The bank has said that it has it. No later "not found" is believed, and it is never sent again."""
    refused: bool = False
    """The bank took no later send of it. It is never sent again."""
    doubted_at: datetime | None = None
    """The bank contradicted an outcome, and its answer to our own question is awaited since then."""
    correction: Correction = Correction.NONE
    utr: str | None = None
    reason: str | None = None
    wallet_closed: bool = False


def is_open(withdrawal: Withdrawal) -> bool:
    """Whether it has work for a worker. The lane's head is the owner's oldest open one; the others wait."""
    return (
        withdrawal.status is Status.QUEUED or withdrawal.status in SENT or withdrawal.doubted_at is not None
    )


def is_out(withdrawal: Withdrawal) -> bool:
    """Whether our books say that the money is with the person's bank account."""
    return withdrawal.status is Status.PAID or withdrawal.correction is Correction.TAKEN_BACK
