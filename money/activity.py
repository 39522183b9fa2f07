"""What an owner calls the things that happened to their money, and what each of them came to in the end."""

from __future__ import annotations

import enum

from money.movements import Kind


class Activity(enum.StrEnum):
    ON_RAMP = "on_ramp"
    WITHDRAWAL = "withdrawal"
    TRANSFER = "transfer"
    PAYMENT = "payment"
    REFUND = "refund"
    PROMOTION = "promotion"
    COMPENSATION = "compensation"


KIND_OF: dict[Activity, Kind] = {
    Activity.ON_RAMP: Kind.ON_RAMP,
    Activity.WITHDRAWAL: Kind.HOLD,
    Activity.TRANSFER: Kind.SEND,
    Activity.PAYMENT: Kind.PAYMENT,
    Activity.REFUND: Kind.REFUND,
    Activity.PROMOTION: Kind.PROMOTION,
    Activity.COMPENSATION: Kind.COMPENSATION,
}
"""The movement that stands for each in a history. What undoes a hold is told with the withdrawal itself."""
ACTIVITY_OF = {kind.value: activity for activity, kind in KIND_OF.items()}


class Result(enum.StrEnum):
    """The three true results. There is no fourth."""

    DONE = "done"
    WAITING = "waiting"
    REFUSED = "refused"


_RESULTS = {
    "pending": Result.WAITING,
    "failure": Result.REFUSED,
    "expired": Result.REFUSED,
    "queued": Result.WAITING,
    "sending": Result.WAITING,
    "unknown": Result.WAITING,
    "needs_attention": Result.WAITING,
    "failed": Result.REFUSED,
    "cancelled": Result.REFUSED,
    "reversed": Result.REFUSED,
}
_CAME_BACK = frozenset({"failed", "cancelled", "reversed"})


def result_of(status: str, *, is_being_asked: bool, was_paid_after_all: bool) -> Result:
    """`is_being_asked`: the bank said two things, and is asked which one is true."""
    if is_being_asked:
        return Result.WAITING
    return Result.DONE if was_paid_after_all else _RESULTS.get(status, Result.DONE)


def withdrawal_counts(status: str, *, taken_back_from_wallet: bool) -> bool:
    """Whether this withdrawal's amount is out of the wallet: an open one is, one whose money came back is not.

    `taken_back_from_wallet`: its bank had called it failed and paid, and the owner's wallet has paid for it since.
    """
    return status not in _CAME_BACK or (status == "failed" and taken_back_from_wallet)
