"""Settle what a bank says of money being added: N webhooks, or one answer to our own question, in one transaction.

The webhook, the return page and the sweeper all come through `_carry_out`, the only place where an on-ramp
becomes money. Only the amount and the owner stored in our own row are ever credited.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from prometheus_client import Counter

from bank_api.messages import Event, PaymentState, PaymentSucceededEvent, PayoutEvent
from money.accounts import BankAccount, bank_account_id
from money.movements import Kind, Movement, Posting
from money.on_ramp import (
    Answer,
    BankState,
    Change,
    Judgement,
    Reason,
    Standing,
    Status,
    Verdict,
    Word,
    is_definite,
    judge,
    judge_enquiry,
    next_enquiry,
)
from money.rupees import Paise
from runtime.batcher import Batcher
from runtime.logs import logger
from shared_db.connection import Database
from shared_db.ids import new_id
from shared_db.inbox import KeptEvent, keep
from shared_db.ledger import Connection, in_transaction, post
from shared_db.on_ramps import LockedOnRamp, OnRampChange, change, lock_by_id, lock_by_token

log = logger(__name__)
_changes = Counter("batua_on_ramp_changes", "What happened to on-ramps", ["change"])
_ASK_AGAIN = timedelta(seconds=10)
_STATUS_AFTER = {Change.CREDIT: Status.SUCCESS, Change.FAIL: Status.FAILURE, Change.EXPIRE: Status.EXPIRED}


@dataclass(frozen=True, slots=True)
class Delivery:
    """One signed event as it arrived. `body` is the exact text that was signed."""

    bank: str
    event_id: str
    event: Event
    body: str

    @property
    def subject(self) -> str:
        """The token or reference it speaks of."""
        return self.event.data.reference if isinstance(self.event, PayoutEvent) else self.event.data.token


@dataclass(frozen=True, slots=True)
class Settled:
    """A payment as it stood under our lock, and what became of it."""

    row: LockedOnRamp
    judgement: Judgement
    bank_reference: str | None = None
    is_definite: bool = False
    """The bank will not change its mind, so nobody needs to ask again."""


class Settlement:
    """Settles the webhooks of many callers in shared transactions. One per process and event loop."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._batcher: Batcher[Delivery, Judgement] = Batcher("settlement", self._flush, largest=100)

    async def settle(self, delivery: Delivery) -> Judgement:
        """What we made of it, once committed. Raises Busy or Unavailable: the bank shall send it again."""
        return await self._batcher.submit(delivery)

    async def drain(self) -> None:
        """Finish what was taken; take nothing more."""
        await self._batcher.drain()

    async def _flush(self, deliveries: Sequence[Delivery]) -> Sequence[Judgement]:
        async def work(connection: Connection) -> tuple[list[Judgement], list[Settled]]:
            return await settle_deliveries(connection, deliveries)

        judgements, settled = await in_transaction(self._database, work)
        tell(settled)
        return judgements


async def settle_deliveries(
    connection: Connection, deliveries: Sequence[Delivery]
) -> tuple[list[Judgement], list[Settled]]:
    """Judge and carry out a batch inside the caller's transaction.

    One judgement each, in order, and what to `tell` once it is committed.
    """
    rows = {
        (row.token, row.bank): row for row in await lock_by_token(connection, [d.subject for d in deliveries])
    }
    tokens = {token for token, _ in rows}
    judgements: dict[int, Judgement] = {}
    settled: list[Settled] = []
    for places in _rounds(deliveries):
        decided: dict[int, Settled] = {}
        for place in places:
            delivery = deliveries[place]
            row = rows.get((delivery.subject, delivery.bank))
            if row is None or isinstance(delivery.event, PayoutEvent):
                reason = Reason.BANK if delivery.subject in tokens else Reason.TOKEN
                judgements[place] = Judgement(Verdict.REJECTED, Change.NONE, reason)
            else:
                decided[place] = _judged(row, delivery.event)
        for place, one in zip(decided, await _carry_out(connection, list(decided.values())), strict=True):
            judgements[place] = one.judgement
            rows[one.row.token, one.row.bank] = _as_changed(one)
            settled.append(one)
    in_order = [judgements[place] for place in range(len(deliveries))]
    await keep(connection, [_kept(*pair, rows) for pair in zip(deliveries, in_order, strict=True)])
    return in_order, settled


async def settle_enquiry(
    connection: Connection, on_ramp_id: uuid.UUID, state: PaymentState | None
) -> Settled:
    """Carry out what the bank answered to our question; None: it has no answer. Inside the caller's transaction.

    A REFUND is not done here, it needs the bank: ask it, then call `note_refund`. `tell` it once committed.
    """
    row = await lock_by_id(connection, on_ramp_id)
    if state is None:
        expires = row.is_due and row.status == Status.PENDING
        decided = Settled(row, Judgement(Verdict.RECORDED, Change.EXPIRE if expires else Change.NONE))
    else:
        answer = Answer(BankState(state.status), state.amount_paise, state.user_identifier)
        found = judge_enquiry(_standing(row), answer, late_success=row.late_success, is_due=row.is_due)
        definite = is_definite(answer.state) and found is not Change.REFUND
        decided = Settled(row, Judgement(Verdict.RECORDED, found), state.bank_reference, definite)
    [done] = await _carry_out(connection, [decided])
    return done


async def note_refund(connection: Connection, on_ramp_id: uuid.UUID) -> None:
    """The bank has heard that it is to refund this payment. Inside the caller's transaction."""
    row = await lock_by_id(connection, on_ramp_id)
    status = Status.FAILURE if row.status == Status.PENDING else Status(row.status)
    await change(connection, [OnRampChange(row.id, status, late_success=False, refund_requested=True)])


def tell(settled: Sequence[Settled]) -> None:
    """Log and count what was committed, each under its payment's own correlation id."""
    for one in settled:
        what = one.judgement.change
        _changes.labels(what).inc()
        say = log.error if what in {Change.ALARM, Change.REFUND} else log.info
        say(
            "on-ramp",
            change=what.value,
            reason=one.judgement.reason,
            on_ramp_id=str(one.row.id),
            bank=one.row.bank,
            was=one.row.status,
            correlation_id=one.row.correlation_id,
        )


async def _carry_out(connection: Connection, decided: Sequence[Settled]) -> list[Settled]:
    """Post the to_credit, write the rows, and return what was done with each."""
    to_credit = [one for one in decided if one.judgement.change is Change.CREDIT]
    outcomes = await post(connection, [_credit(one.row) for one in to_credit])
    closed: set[uuid.UUID] = set()
    for one, posted in zip(to_credit, outcomes, strict=True):
        if posted.outcome is Posting.CLOSED:
            closed.add(one.row.id)
        else:
            assert posted.outcome in {Posting.POSTED, Posting.DUPLICATE}, posted
    done = [_to_closed_wallet(one) if one.row.id in closed else one for one in decided]
    await change(
        connection, sorted((_row_change(one) for one in done if _touches_row(one)), key=lambda one: one.id)
    )
    return done


def _rounds(deliveries: Sequence[Delivery]) -> list[list[int]]:
    """Places of the batch, one event of each payment a round: every event meets the row as the last left it."""
    seen: dict[tuple[str, str], int] = {}
    rounds: list[list[int]] = []
    for place, delivery in enumerate(deliveries):
        key = (delivery.subject, delivery.bank)
        number = seen.get(key, 0)
        seen[key] = number + 1
        if number == len(rounds):
            rounds.append([])
        rounds[number].append(place)
    return rounds


def _judged(row: LockedOnRamp, event: Event) -> Settled:
    assert not isinstance(event, PayoutEvent)
    word = Word(isinstance(event, PaymentSucceededEvent), event.data.amount_paise, event.data.user_identifier)
    judgement = judge(_standing(row), word)
    definite = judgement.change in {Change.CREDIT, Change.FAIL}
    return Settled(row, judgement, event.data.bank_reference, definite)


def _standing(row: LockedOnRamp) -> Standing:
    return Standing(Status(row.status), row.amount_paise, str(row.user_id), row.was_rejected)


def _credit(row: LockedOnRamp) -> Movement:
    return Movement(
        id=new_id(),
        reference=f"on_ramp:{row.id}",
        kind=Kind.ON_RAMP,
        source=bank_account_id(row.bank, BankAccount.RECEIVABLE),
        target=row.user_id,
        amount_paise=Paise(row.amount_paise),
    )


def _to_closed_wallet(one: Settled) -> Settled:
    # By enquiry nobody listens for our 409, so the bank is asked to refund.
    asked = one.judgement.verdict is Verdict.RECORDED
    what = Change.REFUND if asked else Change.MARK_REJECTED
    return replace(one, judgement=Judgement(Verdict.REJECTED, what, Reason.CLOSED), is_definite=False)


def _touches_row(one: Settled) -> bool:
    return (
        one.judgement.change not in {Change.NONE, Change.ALARM} or one.judgement.verdict is Verdict.RECORDED
    )


def _row_change(one: Settled) -> OnRampChange:
    what = one.judgement.change
    return OnRampChange(
        id=one.row.id,
        status=_STATUS_AFTER.get(what, Status(one.row.status)),
        bank_reference=one.bank_reference if what is Change.CREDIT else None,
        settled=what in _STATUS_AFTER,
        rejected=what is Change.MARK_REJECTED,
        late_success={Change.ASK_THE_BANK: True, Change.CREDIT: False}.get(what),
        next_enquiry_at=_next_enquiry(one),
    )


def _next_enquiry(one: Settled) -> datetime | None:
    if one.judgement.change is Change.ASK_THE_BANK:
        return one.row.now
    if one.is_definite or one.row.status == Status.SUCCESS:
        return None
    if one.row.late_success or one.judgement.change is Change.REFUND:
        return one.row.now + _ASK_AGAIN
    return next_enquiry(one.row.created_at, one.row.now)


def _as_changed(one: Settled) -> LockedOnRamp:
    what = one.judgement.change
    return replace(
        one.row,
        status=_STATUS_AFTER.get(what, Status(one.row.status)).value,
        was_rejected=one.row.was_rejected or what is Change.MARK_REJECTED,
        late_success=what is Change.ASK_THE_BANK or (one.row.late_success and what is not Change.CREDIT),
    )


def _kept(delivery: Delivery, judgement: Judgement, rows: dict[tuple[str, str], LockedOnRamp]) -> KeptEvent:
    row = rows.get((delivery.subject, delivery.bank))
    return KeptEvent(
        bank=delivery.bank,
        event_id=delivery.event_id,
        type=delivery.event.type,
        subject=delivery.subject,
        on_ramp_id=row.id if row else None,
        body=delivery.body,
        verdict=judgement.verdict.value,
        reason=judgement.reason.value if judgement.reason else None,
    )
