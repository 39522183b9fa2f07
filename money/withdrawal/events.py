"""What can happen to a withdrawal, and the step that follows."""

from __future__ import annotations

import enum
from datetime import datetime, timedelta
from typing import NamedTuple, TypeAlias

from money.on_ramp import Reason, Verdict
from money.withdrawal.row import Call, Withdrawal


class Outcome(enum.StrEnum):
    """What became of a payout."""

    SUCCEEDED = "succeeded"
    FAILED = "failed"
    REVERSED = "reversed"


class NoOutcome(enum.StrEnum):
    """What a call may come back with instead."""

    PENDING = "pending"
    NOT_FOUND = "not_found"
    REFUSED = "refused"
    """The bank refuses what this call says, and has not acted on it: a 400 or 422, which every copy of the call would
    get. A 409 may speak of an earlier copy, a 401, 429 or 503 of nothing but this moment: they are UNREADABLE."""
    UNREADABLE = "unreadable"
    """A timeout, a reset, a 5xx, garbage. It may or may not have acted."""


class Claimed(NamedTuple):
    """A worker has the lane. The step's row is committed before the step's call is made."""

    at: datetime


class Answered(NamedTuple):
    """The bank's answer to a worker's call, or that there was none.

    `asked_at` is a time before the call began, such as the claim's: "not found" is as old as the question.
    """

    at: datetime
    call: Call
    answer: Outcome | NoOutcome
    asked_at: datetime
    utr: str | None = None
    reason: str | None = None


class Told(NamedTuple):
    """A signed webhook of this very bank about this reference."""

    at: datetime
    outcome: Outcome
    amount_paise: int
    utr: str | None = None
    reason: str | None = None


class Cancelled(NamedTuple):
    """The owner wants it back."""

    at: datetime


class Resolved(NamedTuple):
    """A person has looked at the bank's statement: SUCCEEDED with a UTR, or FAILED with a reason."""

    at: datetime
    outcome: Outcome
    utr: str | None = None
    reason: str | None = None


Event: TypeAlias = Claimed | Answered | Told | Cancelled | Resolved


class Booking(enum.StrEnum):
    """What moves in the ledger, always the whole amount and each at most once for a withdrawal.

    The hold itself was posted with the request, from the wallet to the bank's payouts in flight.
    """

    CAPTURE = "capture"
    """Payouts in flight -> the bank: it has paid."""
    RELEASE = "release"
    """Payouts in flight -> wallet."""
    REVERSE = "reverse"
    """The bank -> wallet: it had paid and took it back."""
    REVERSE_TO_SUSPENSE = "reverse_to_suspense"
    """The same for a wallet that is closed, kept for review."""
    TAKE_BACK = "take_back"
    """Wallet -> the bank, for what was released and paid all the same; the loss account where the wallet is short."""
    GIVE_BACK = "give_back"
    """TAKE_BACK undone, to whom it was taken from; a closed wallet's to suspense."""


class Step(NamedTuple):
    """What follows. Row and bookings are one transaction; `call` comes after it.

    CAPTURED or RECORDED, a webhook's or a person's step raises the token of the lane if this very row is claimed: the
    answer that a worker is about to write is older.
    """

    row: Withdrawal
    verdict: Verdict
    """What a bank's webhook is answered. Of other events: REJECTED was refused, all else was taken."""
    bookings: tuple[Booking, ...] = ()
    call: Call = Call.NOTHING
    """What to ask the bank next: now by whoever has just claimed, else by the next claim after `after`."""
    after: timedelta = timedelta(0)
    alarm: str | None = None
    """What a person has to hear."""
    reason: Reason | None = None
    """Why the bank's webhook is rejected."""
