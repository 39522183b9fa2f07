"""From a judgement about a payment to the step the database carries out, and what is told once it is done."""

from __future__ import annotations

from datetime import timedelta
from typing import NamedTuple

from prometheus_client import Counter

from money.accounts import BankAccount, bank_account_id
from money.on_ramp import Change, Judgement, Reason, Standing, Status, Verdict, ask_again, next_enquiry
from runtime.logs import logger
from shared_db.ids import new_id
from shared_db.on_ramps import Event, SeenOnRamp, Settled, Step

log = logger(__name__)
_changes = Counter("batua_on_ramp_changes", "What happened to on-ramps", ["change"])
# Looked up once: finding a label costs as much as counting.
_counted = {change: _changes.labels(change) for change in Change}
_STATUSES = {one.value: one for one in Status}
_ALARMING = {Change.ALARM, Change.REFUND}
_ONCE_MORE = timedelta(hours=1)


class Decided(NamedTuple):
    """A payment as it was seen, and what shall become of it."""

    seen: SeenOnRamp | None
    judgement: Judgement
    bank_reference: str | None = None
    by_enquiry: bool = False
    """The bank's answer to our own question, and not an event that arrived by itself."""
    is_definite: bool = False
    """That answer will not change, so nobody needs to ask again."""


def standing(seen: SeenOnRamp) -> Standing:
    """What the rules need of a row."""
    return Standing(
        _STATUSES[seen.status],
        seen.amount_paise,
        seen.user_identifier,
        seen.rejected_at is not None,
        seen.late_success_at is not None,
        seen.refund_decided_at is not None,
    )


def to_closed_wallet(decided: Decided) -> Decided:
    """The same payment, when the ledger has said that its wallet is closed."""
    if decided.judgement.change is not Change.CREDIT:
        return decided
    # When we asked, nobody listens for our 409: the bank is asked to refund.
    change = Change.REFUND if decided.by_enquiry else Change.MARK_REJECTED
    return decided._replace(judgement=Judgement(Verdict.REJECTED, change, Reason.CLOSED))


def step(decided: Decided, event: Event | None) -> Step:
    """What the database shall do, with the event it keeps."""
    seen, change = decided.seen, decided.judgement.change
    if seen is None:
        return Step(None, event=event)
    after = _after(decided, seen)
    if change is not Change.CREDIT:
        return Step(seen, after if after != seen else None, event)
    source = bank_account_id(seen.bank, BankAccount.RECEIVABLE)
    return Step(seen, after, event, transfer_id=str(new_id()), source=str(source))


def tell(done: list[tuple[Decided, Settled]]) -> None:
    """Log and count what was committed, under each payment's own correlation id.

    What went as it should stands in one line for the whole batch: a line for each costs as much as its credit.
    """
    routine: list[dict[str, str | None]] = []
    for one, settled in done:
        change = one.judgement.change
        _counted[change].inc()
        line = {
            "correlation_id": settled.correlation_id,
            "on_ramp_id": settled.on_ramp_id,
            "was": one.seen.status if one.seen else None,
            "change": change.value,
            "reason": one.judgement.reason,
        }
        if change in _ALARMING:
            log.error("on-ramp needs a person to look", **line)
        else:
            routine.append(line)
    if routine:
        log.info("on-ramps", settled=routine)


def _after(decided: Decided, seen: SeenOnRamp) -> SeenOnRamp:
    """How the row shall stand."""
    now = seen.now
    match decided.judgement.change:
        case Change.CREDIT:
            return seen._replace(
                status=Status.SUCCESS.value,
                bank_reference=decided.bank_reference,
                settled_at=now,
                late_success_at=None,
                next_enquiry_at=None,
            )
        case Change.FAIL:
            failed = seen._replace(status=Status.FAILURE.value, settled_at=now)
            return _asked_next(failed, decided)
        case Change.EXPIRE:
            return _asked_next(seen._replace(status=Status.EXPIRED.value, settled_at=now), decided)
        case Change.REFUND:
            # Written before the bank is asked: nothing that happens meanwhile can credit it any more.
            return seen._replace(
                status=Status.FAILURE.value if seen.status == Status.PENDING else seen.status,
                settled_at=seen.settled_at or now,
                refund_decided_at=seen.refund_decided_at or now,
                next_enquiry_at=ask_again(seen.created_at, now),
            )
        case Change.REFUND_DONE:
            return seen._replace(refund_heard_at=now, late_success_at=None, next_enquiry_at=None)
        case Change.ASK_THE_BANK:
            late = seen.late_success_at if decided.by_enquiry else now
            return seen._replace(late_success_at=late, next_enquiry_at=now)
        case Change.MARK_REJECTED:
            return seen._replace(rejected_at=now)
        case Change.NONE | Change.ALARM:
            return _asked_next(seen, decided) if decided.by_enquiry else seen


def _asked_next(after: SeenOnRamp, decided: Decided) -> SeenOnRamp:
    """The same row with the time at which the bank is asked again, if it must be."""
    if after.late_success_at or (after.refund_decided_at and not after.refund_heard_at):
        return after._replace(next_enquiry_at=ask_again(after.created_at, after.now))
    if decided.is_definite or not after.token or after.status == Status.SUCCESS:
        return after._replace(next_enquiry_at=None)
    if decided.judgement.change is Change.FAIL:
        # The bank's own word; asked once more, in case it changes its mind and that message is lost.
        return after._replace(next_enquiry_at=after.now + _ONCE_MORE)
    return after._replace(next_enquiry_at=next_enquiry(after.created_at, after.now))
