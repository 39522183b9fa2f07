"""From a judgement about a payment to the step the database carries out, and what is told once it is done."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple

from prometheus_client import Counter

from money.accounts import BankAccount, bank_account_id
from money.on_ramp import Change, Judgement, Reason, Standing, Status, Verdict, next_enquiry
from runtime.logs import logger
from shared_db.ids import new_id
from shared_db.on_ramps import Event, SeenOnRamp, Step

log = logger(__name__)
_changes = Counter("batua_on_ramp_changes", "What happened to on-ramps", ["change"])
_ASK_AGAIN = timedelta(seconds=10)
_STATUSES = {one.value: one for one in Status}
_STATUS_AFTER = {Change.CREDIT: Status.SUCCESS, Change.FAIL: Status.FAILURE, Change.EXPIRE: Status.EXPIRED}


class Decided(NamedTuple):
    """A payment as it was seen, and what shall become of it."""

    seen: SeenOnRamp | None
    judgement: Judgement
    bank_reference: str | None = None
    is_definite: bool = False
    """The bank will not change its mind, so nobody needs to ask again."""


def standing(seen: SeenOnRamp) -> Standing:
    """What the rules need of a row."""
    return Standing(_STATUSES[seen.status], seen.amount_paise, seen.user_identifier, seen.was_rejected)


def to_closed_wallet(decided: Decided) -> Decided:
    """The same payment, when the ledger has said that its wallet is closed."""
    # By enquiry nobody listens for our 409, so the bank is asked to refund.
    by_enquiry = decided.judgement.verdict is Verdict.RECORDED
    change = Change.REFUND if by_enquiry else Change.MARK_REJECTED
    judgement = Judgement(Verdict.REJECTED, change, Reason.CLOSED)
    return decided._replace(judgement=judgement, is_definite=False)


def step(decided: Decided, event: Event | None) -> Step:
    """What the database shall do, with the event it keeps."""
    seen, judgement = decided.seen, decided.judgement
    change = judgement.change
    if seen is None or (change in {Change.NONE, Change.ALARM} and judgement.verdict is not Verdict.RECORDED):
        return Step(seen, event)
    credits_owner = change is Change.CREDIT
    after = _STATUS_AFTER.get(change)
    return Step(
        seen,
        event,
        transfer_id=str(new_id()) if credits_owner else None,
        source=str(bank_account_id(seen.bank, BankAccount.RECEIVABLE)) if credits_owner else None,
        touches=True,
        status=after.value if after else seen.status,
        bank_reference=decided.bank_reference if credits_owner else None,
        settled=after is not None,
        rejected=change is Change.MARK_REJECTED,
        late_success={Change.ASK_THE_BANK: True, Change.CREDIT: False}.get(change),
        next_enquiry_at=_next_enquiry(decided, seen),
    )


def tell(done: list[Decided]) -> None:
    """Log and count what was committed, under each payment's own correlation id.

    What went as it should stands in one line for the whole batch: a line for each costs as much as its credit.
    """
    routine: list[dict[str, str | None]] = []
    for one in done:
        change = one.judgement.change
        _changes.labels(change).inc()
        line = {
            "correlation_id": one.seen.correlation_id if one.seen else None,
            "on_ramp_id": one.seen.id if one.seen else None,
            "was": one.seen.status if one.seen else None,
            "change": change.value,
            "reason": one.judgement.reason,
        }
        if change in {Change.ALARM, Change.REFUND}:
            log.error("on-ramp needs a person to look", **line)
        else:
            routine.append(line)
    if routine:
        log.info("on-ramps", settled=routine)


def _next_enquiry(decided: Decided, seen: SeenOnRamp) -> datetime | None:
    change = decided.judgement.change
    if change is Change.ASK_THE_BANK:
        return seen.now
    if decided.is_definite or seen.status == Status.SUCCESS:
        return None
    if seen.late_success or change is Change.REFUND:
        return seen.now + _ASK_AGAIN
    return next_enquiry(seen.created_at, seen.now)
