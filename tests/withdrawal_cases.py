"""Withdrawals in every state and everything that can happen to them, for the tables of the rules."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from money.on_ramp import Verdict
from money.withdrawal import (
    Answered,
    Booking,
    Call,
    Cancelled,
    Claimed,
    Correction,
    Event,
    NoOutcome,
    Outcome,
    PayoutContract,
    Resolved,
    Status,
    Step,
    Told,
    Withdrawal,
)

AMOUNT = 2_000_00
T0 = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
NOW = T0 + timedelta(minutes=1)
IDEMPOTENT = PayoutContract(reference_is_idempotent=True, not_found_is_final_after=timedelta(hours=1))
NOT_IDEMPOTENT = IDEMPOTENT._replace(reference_is_idempotent=False)

QUEUED = Withdrawal(AMOUNT, IDEMPOTENT)
SENDING = QUEUED._replace(
    status=Status.SENDING, next_call=Call.ENQUIRE, sends=1, first_sent_at=T0, last_sent_at=T0
)
UNKNOWN = SENDING._replace(status=Status.UNKNOWN, tries=1)
PAID = SENDING._replace(status=Status.PAID, next_call=Call.NOTHING, utr="UTR1")
FAILED = SENDING._replace(status=Status.FAILED, next_call=Call.NOTHING, reason="no such account")
TAKEN_BACK = FAILED._replace(correction=Correction.TAKEN_BACK)
DOUBT = {"doubted_at": T0, "next_call": Call.ENQUIRE}

STATES: dict[str, Withdrawal] = {
    "queued": QUEUED,
    "sending": SENDING,
    "sent again": SENDING._replace(sends=2),
    "unknown": UNKNOWN,
    "to be sent": UNKNOWN._replace(next_call=Call.SEND),
    "acknowledged": UNKNOWN._replace(acknowledged=True),
    "refused": UNKNOWN._replace(refused=True),
    "attention": UNKNOWN._replace(status=Status.NEEDS_ATTENTION),
    "paid": PAID,
    "paid?": PAID._replace(**DOUBT),
    "failed": FAILED,
    "failed?": FAILED._replace(**DOUBT),
    "taken back": TAKEN_BACK,
    "taken back?": TAKEN_BACK._replace(**DOUBT),
    "given back": FAILED._replace(correction=Correction.GIVEN_BACK),
    "given back?": FAILED._replace(correction=Correction.GIVEN_BACK, **DOUBT),
    "cancelled": QUEUED._replace(status=Status.CANCELLED, next_call=Call.NOTHING),
    "reversed": PAID._replace(status=Status.REVERSED),
}
"""The columns of the table; `?` is in doubt."""


def answered(call: Call, answer: Outcome | NoOutcome, at: datetime = NOW) -> Answered:
    utr = "UTR1" if answer is Outcome.SUCCEEDED else None
    return Answered(at, call, answer, asked_at=at, utr=utr, reason="the bank's words")


def told(outcome: Outcome, amount_paise: int = AMOUNT) -> Told:
    return Told(NOW, outcome, amount_paise, utr="UTR1" if outcome is Outcome.SUCCEEDED else None)


EVENTS: dict[str, Event] = {
    "claimed": Claimed(NOW),
    **{
        f"{call} {answer}": answered(call, answer)
        for call in (Call.SEND, Call.ENQUIRE)
        for answer in (*Outcome, *NoOutcome)
    },
    **{f"told {outcome}": told(outcome) for outcome in Outcome},
    **{f"told {outcome} of another amount": told(outcome, AMOUNT + 1) for outcome in Outcome},
    "cancelled": Cancelled(NOW),
    "resolved paid": Resolved(NOW, Outcome.SUCCEEDED, utr="UTR1"),
    "resolved failed": Resolved(NOW, Outcome.FAILED, reason="the bank says so"),
}

_BOOKED = {
    Booking.CAPTURE: "c",
    Booking.RELEASE: "r",
    Booking.REVERSE: "v",
    Booking.REVERSE_TO_SUSPENSE: "s",
    Booking.TAKE_BACK: "t",
    Booking.GIVE_BACK: "g",
}
_SHORT = dict(zip(Status, ("q", "s", "u", "n", "p", "f", "c", "r"), strict=True))
_CALLED = {Call.NOTHING: "", Call.SEND: ">", Call.ENQUIRE: "?"}


def brief(before: Withdrawal, step: Step) -> str:
    """One cell of the table: `p+c` is paid and captured, `s>` sending, now to be sent.

    The status by its first letter, `~` in doubt, `+` bookings, then what to ask: `?` enquire, `>` send; `!` alarms.
    `.` leaves everything as it is, `x` is refused.
    """
    alarm = "!" if step.alarm else ""
    if step.row == before and step.call is Call.NOTHING:
        return ("x" if step.verdict is Verdict.REJECTED else "") + alarm or "."
    doubt = "~" if step.row.doubted_at else ""
    booked = "".join(_BOOKED[one] for one in step.bookings)
    return f"{_SHORT[step.row.status]}{doubt}{'+' if booked else ''}{booked}{_CALLED[step.call]}{alarm}"
