"""The rules of taking money out: what follows when something happens to one withdrawal.

Without an outcome we know nothing: a timeout is never a failure. We ask before we send again, always under the same
reference. An outcome that contradicts an earlier one moves nothing until the bank has answered our own question.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from money.on_ramp import Reason, Verdict
from money.withdrawal.events import (
    Answered,
    Booking,
    Cancelled,
    Claimed,
    Event,
    NoOutcome,
    Outcome,
    Resolved,
    Step,
    Told,
)
from money.withdrawal.patience import ATTENTION_AFTER, LEASE, wait
from money.withdrawal.row import MAY_BECOME, SENT, Call, Correction, Status, Withdrawal, is_out

_NOW = timedelta(0)
_NEVER_SENT = frozenset({Status.QUEUED, Status.CANCELLED})


def next_step(row: Withdrawal, event: Event) -> Step:
    """What follows. Pure: the same row and event give the same step, and nothing else happens."""
    if isinstance(event, Claimed):
        return _claimed(row, event.at)
    if isinstance(event, Answered):
        return _answered(row, event)
    if isinstance(event, Told):
        if event.amount_paise != row.amount_paise:
            words = f"The bank speaks of {event.amount_paise} paise. Nothing was moved."
            return Step(row, Verdict.REJECTED, alarm=words, reason=Reason.AMOUNT)
        return _outcome(row, event)
    if isinstance(event, Cancelled):
        return _cancelled(row)
    return _resolved(row, event)


# ------------------------------------------------------------------------------------ a worker


def _claimed(row: Withdrawal, at: datetime) -> Step:
    first = row.status is Status.QUEUED
    again = row.status is Status.UNKNOWN and row.next_call is Call.SEND and _age(row, at) < ATTENTION_AFTER
    if first or again:
        # Saved before the call: whoever finds this row after a crash asks first.
        sending = _become(row, Status.SENDING)._replace(
            next_call=Call.ENQUIRE,
            sends=row.sends + 1,
            first_sent_at=row.first_sent_at or at,
            last_sent_at=at,
        )
        return Step(sending, Verdict.CAPTURED, call=Call.SEND)
    if row.status is Status.SENDING:
        row = _become(row, Status.UNKNOWN)  # its worker is gone
    if row.status in SENT or row.doubted_at:
        return Step(row._replace(next_call=Call.ENQUIRE), Verdict.CAPTURED, call=Call.ENQUIRE)
    return _refused(row, f"A worker claimed a withdrawal that is {row.status}.")


def _answered(row: Withdrawal, event: Answered) -> Step:
    if isinstance(event.answer, Outcome):
        return _outcome(row, event)
    if row.doubted_at:
        return _ask_again(row, event.at)
    if row.status not in SENT:
        return _refused(row, f"A worker reports {event.answer} of a withdrawal that is {row.status}.")
    if event.call is Call.SEND and event.answer is NoOutcome.REFUSED:
        if row.sends == 1 and row.status is Status.SENDING:
            return _failed(row, event.reason or "refused by the bank")
        # An earlier send may still be under way, and the bank might like that one better.
        row = row._replace(refused=True, reason=event.reason)
    if event.answer is NoOutcome.PENDING:
        row = row._replace(acknowledged=True)
    if event.call is Call.ENQUIRE and event.answer is NoOutcome.NOT_FOUND and not row.acknowledged:
        return _not_found(row, event)
    return _ask_again(row, event.at)


def _not_found(row: Withdrawal, event: Answered) -> Step:
    """Nothing is there; nothing will be either once it is final, which is judged by when the question was asked."""
    final = event.asked_at >= not_found_is_final_at(row)
    may_send = row.status is Status.UNKNOWN and not row.refused and _age(row, event.at) < ATTENTION_AFTER
    if may_send and (final or row.contract.reference_is_idempotent):
        return Step(row._replace(next_call=Call.SEND), Verdict.RECORDED, call=Call.SEND)
    if final:
        return _failed(row, row.reason or "the bank has no such payout")
    return _ask_again(row, event.at)


def _ask_again(row: Withdrawal, at: datetime) -> Step:
    age = _age(row, at)
    if age >= ATTENTION_AFTER:
        if row.doubted_at:
            words = f"The bank contradicted itself about a withdrawal that is {row.status} and answers no question."
            return Step(_sure(row), Verdict.RECORDED, alarm=words)
        if row.status is Status.UNKNOWN:
            words = "The bank has not said for 24 hours what became of this withdrawal."
            row = _become(row, Status.NEEDS_ATTENTION)
            return Step(_tried(row), Verdict.RECORDED, (), Call.ENQUIRE, wait(row.tries, age), words)
    if row.status is Status.SENDING:
        row = _become(row, Status.UNKNOWN)
    return Step(_tried(row), Verdict.RECORDED, call=Call.ENQUIRE, after=wait(row.tries, age))


# ------------------------------------------------------------------------------- the bank decides


def _outcome(row: Withdrawal, event: Answered | Told | Resolved) -> Step:
    """The bank, or a person who read its statement, says what became of it.

    Whoever was asked decides a contradiction; what a webhook or a send's answer says of it is only recorded.
    """
    outcome = event.answer if isinstance(event, Answered) else event.outcome
    assert isinstance(outcome, Outcome)
    if row.status in _NEVER_SENT:
        words = f"The bank says {outcome} of a withdrawal that is {row.status} and was never sent."
        return Step(row, Verdict.RECORDED, alarm=words)
    decides = isinstance(event, Resolved) or (isinstance(event, Answered) and event.call is Call.ENQUIRE)
    if row.status in SENT:
        return _first_outcome(row, outcome, event.utr, event.reason)
    if row.status is Status.REVERSED:
        return Step(row, Verdict.DUPLICATE)
    if row.doubted_at and not decides and outcome is not Outcome.REVERSED:
        # Whatever it says: an answer that is on its way was given before this word. Ask anew.
        return _doubted(row, event.at)
    if is_out(row):
        return _after_paid(row, outcome, event, decides=decides)
    return _after_failed(row, outcome, event, decides=decides)


def _first_outcome(row: Withdrawal, outcome: Outcome, utr: str | None, reason: str | None) -> Step:
    if outcome is Outcome.FAILED:
        return _failed(row, reason or "the bank gave no reason")
    paid = _become(row, Status.PAID)._replace(next_call=Call.NOTHING, utr=utr, reason=None)
    if outcome is Outcome.SUCCEEDED:
        return Step(paid, Verdict.CAPTURED, (Booking.CAPTURE,))
    back = _reversed(paid, reason)
    return back._replace(bookings=(Booking.CAPTURE, *back.bookings))


def _after_paid(
    row: Withdrawal, outcome: Outcome, event: Answered | Told | Resolved, *, decides: bool
) -> Step:
    if outcome is Outcome.SUCCEEDED:
        if row.utr and event.utr and row.utr != event.utr:
            words = (
                f"The bank names {event.utr} for a withdrawal it paid as {row.utr}: it may have paid twice."
            )
            return Step(_sure(row) if decides else row, Verdict.RECORDED, alarm=words)
        if row.doubted_at:
            words = "The bank contradicted a payment, and confirms it when asked."
            return Step(_sure(row), Verdict.DUPLICATE, alarm=words)
        return Step(row, Verdict.DUPLICATE)
    if outcome is Outcome.REVERSED or decides:
        return _reversed(row, event.reason)
    return _doubted(row, event.at)


def _after_failed(
    row: Withdrawal, outcome: Outcome, event: Answered | Told | Resolved, *, decides: bool
) -> Step:
    if not decides:
        # Reversed after failed comes to the same for the wallet, unless we hear of the payment only later.
        return Step(row, Verdict.DUPLICATE) if outcome is Outcome.FAILED else _doubted(row, event.at)
    if outcome is not Outcome.SUCCEEDED:
        return Step(_sure(row), Verdict.DUPLICATE)
    if row.correction is Correction.GIVEN_BACK:
        words = (
            "The bank has said failed, paid, not paid and paid again. Nothing more is moved without a person."
        )
        return Step(_sure(row), Verdict.RECORDED, alarm=words)
    taken = _sure(row)._replace(correction=Correction.TAKEN_BACK, utr=event.utr)
    words = "The bank paid what it had called failed. The amount was taken back."
    return Step(taken, Verdict.CAPTURED, (Booking.TAKE_BACK,), alarm=words)


def _failed(row: Withdrawal, reason: str) -> Step:
    failed = _become(row, Status.FAILED)._replace(next_call=Call.NOTHING, reason=reason)
    return Step(failed, Verdict.CAPTURED, (Booking.RELEASE,))


def _reversed(row: Withdrawal, reason: str | None) -> Step:
    if row.status is Status.FAILED:
        given = _sure(row)._replace(correction=Correction.GIVEN_BACK, reason=reason)
        words = "The bank took back what it had paid after calling it failed. The amount was given back."
        return Step(given, Verdict.CAPTURED, (Booking.GIVE_BACK,), alarm=words)
    back = _become(_sure(row), Status.REVERSED)._replace(reason=reason)
    if back.wallet_closed:
        words = "A payout came back for a wallet that is closed. The amount is in suspense."
        return Step(back, Verdict.CAPTURED, (Booking.REVERSE_TO_SUSPENSE,), alarm=words)
    return Step(back, Verdict.CAPTURED, (Booking.REVERSE,))


def _doubted(row: Withdrawal, at: datetime) -> Step:
    doubted = row._replace(doubted_at=row.doubted_at or at, tries=0, next_call=Call.ENQUIRE)
    return Step(doubted, Verdict.RECORDED, call=Call.ENQUIRE)


# ---------------------------------------------------------------------------------------- people


def _cancelled(row: Withdrawal) -> Step:
    if row.status is Status.CANCELLED:
        return Step(row, Verdict.DUPLICATE)
    if row.status is not Status.QUEUED:
        return Step(row, Verdict.REJECTED)
    cancelled = _become(row, Status.CANCELLED)._replace(next_call=Call.NOTHING)
    return Step(cancelled, Verdict.CAPTURED, (Booking.RELEASE,))


def _resolved(row: Withdrawal, event: Resolved) -> Step:
    """A person settles what needs attention, and what differs from the bank's statement; nothing still under way."""
    under_way = row.status in {Status.SENDING, Status.UNKNOWN}
    if under_way or row.status in _NEVER_SENT or event.outcome is Outcome.REVERSED:
        return Step(row, Verdict.REJECTED)
    if row.status is Status.REVERSED and event.outcome is Outcome.SUCCEEDED:
        return Step(row, Verdict.REJECTED)
    return _outcome(row, event)


# --------------------------------------------------------------------------------------- helpers


def not_found_is_final_at(row: Withdrawal) -> datetime:
    """From when on nothing of what was sent can still arrive. A person who calls it failed sooner may be wrong."""
    assert row.last_sent_at, "only what was sent is enquired about"
    # A worker may begin its call as late as its lease allows.
    return row.last_sent_at + LEASE + row.contract.not_found_is_final_after


def _refused(row: Withdrawal, words: str) -> Step:
    return Step(row, Verdict.REJECTED, alarm=words)


def _become(row: Withdrawal, status: Status) -> Withdrawal:
    assert status in MAY_BECOME[row.status], f"{row.status} never becomes {status}"
    return row._replace(status=status)


def _sure(row: Withdrawal) -> Withdrawal:
    return row._replace(doubted_at=None, next_call=Call.NOTHING)


def _tried(row: Withdrawal) -> Withdrawal:
    return row._replace(tries=row.tries + 1, next_call=Call.ENQUIRE)


def _age(row: Withdrawal, at: datetime) -> timedelta:
    since = row.doubted_at or row.first_sent_at
    assert since, "only what was sent has an age"
    return at - since
