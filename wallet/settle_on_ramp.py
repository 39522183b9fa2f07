"""Settle what a bank says of money being added: many webhooks at once, or its answer to our own question.

The webhook, the return page and the sweeper all end in `shared_db.on_ramps.settle`, the only place where an
on-ramp becomes money. A payment is read, judged by the rules of `money.on_ramp`, and settled only if it still
stands as it was read; else it is read and judged again.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import NamedTuple

from bank_api.messages import Event as BankEvent
from bank_api.messages import PaymentEvent, PaymentState, PaymentSucceededEvent, PayoutEvent
from money.on_ramp import (
    Answer,
    BankState,
    Change,
    Judgement,
    Reason,
    Status,
    Verdict,
    Word,
    is_definite,
    judge,
    judge_enquiry,
)
from runtime.batcher import Batcher
from shared_db.connection import Connection, Database, with_retries
from shared_db.late_tokens import PaidWord, keep_late_tokens
from shared_db.notices import Notices
from shared_db.on_ramps import (
    Event,
    SeenOnRamp,
    Settled,
    Step,
    StepOutcome,
    assumed,
    see_by_id,
    see_by_token,
    settle,
)
from wallet.on_ramp_steps import Decided, standing, step, tell, to_closed_wallet


class Delivery(NamedTuple):
    """One signed event as it arrived. `body` is the exact text that was signed."""

    bank: str
    event_id: str
    event: BankEvent
    body: str

    @property
    def subject(self) -> str:
        """The token or reference it speaks of."""
        return self.event.data.reference if isinstance(self.event, PayoutEvent) else self.event.data.token


class _Carried(NamedTuple):
    """One step on its way through the database."""

    decided: Decided
    step: Step
    settled: Settled


class Settlement:
    """Settles the webhooks of many callers in shared transactions. One per process and event loop."""

    def __init__(self, database: Database, notices: Notices) -> None:
        self._database = database
        self._notices = notices
        self._batcher: Batcher[Delivery, Judgement] = Batcher(
            "settlement", self._flush, largest=100, flushers=2
        )

    async def settle(self, delivery: Delivery) -> Judgement:
        """What we made of it, once committed. Raises Busy or Unavailable: the bank shall send it again."""
        return await self._batcher.submit(delivery)

    async def drain(self) -> None:
        """Finish what was taken; take nothing more."""
        await self._batcher.drain()

    async def _flush(self, deliveries: Sequence[Delivery]) -> Sequence[Judgement]:
        judgements: dict[int, Judgement] = {}
        rounds = _Rounds(deliveries)
        while rounds.waiting:
            places = rounds.next_places()

            async def work(connection: Connection, places: list[int] = places) -> list[_Carried]:
                return await _settle_round(connection, rounds, places)

            done: list[_Carried] = []
            for place, one in zip(places, await with_retries(self._database, work), strict=True):
                if one.settled.outcome is StepOutcome.DONE:
                    judgements[place] = one.decided.judgement
                    done.append(one)
                else:
                    rounds.again(place, one.settled.outcome)
            _tell(self._notices, done)
        return [judgements[place] for place in range(len(deliveries))]


class _Rounds:
    """Which deliveries of a batch are settled next, and what is known about each by its place."""

    def __init__(self, deliveries: Sequence[Delivery]) -> None:
        self.deliveries = deliveries
        self.waiting = list(range(len(deliveries)))
        self.to_be_read: set[int] = set()
        """The first word about a payment is assumed to find it untouched; where that failed, the row is read."""
        self.closed: set[int] = set()

    def next_places(self) -> list[int]:
        """One delivery of each payment: every event meets its payment as the one before it left it."""
        seen: set[tuple[str, str]] = set()
        now: list[int] = []
        later: list[int] = []
        for place in self.waiting:
            key = (self.deliveries[place].subject, self.deliveries[place].bank)
            (later if key in seen else now).append(place)
            seen.add(key)
        self.waiting = later
        self.to_be_read.update(later)
        return now

    def again(self, place: int, outcome: StepOutcome) -> None:
        """This one was not done."""
        self.waiting = sorted([*self.waiting, place])
        self.to_be_read.add(place)
        if outcome is StepOutcome.CLOSED:
            self.closed.add(place)


async def settle_enquiry(
    database: Database,
    on_ramp_id: uuid.UUID,
    state: PaymentState | None,
    *,
    asked_version: int,
    notices: Notices,
) -> Change:
    """Carry out what the bank answered to our question; None: it has no answer. What was done.

    `asked_version` is the row's when we asked: where it has changed since, an answer may still credit, and for
    all else the bank is asked again. After a REFUND it is for the caller to tell the bank. Raises Unavailable.
    """
    closed = False

    async def work(connection: Connection) -> _Carried:
        decided = _judged_enquiry(await see_by_id(connection, on_ramp_id), state, asked_version)
        decided = to_closed_wallet(decided) if closed else decided
        carried_out = step(decided, None)
        [settled] = await settle(connection, [carried_out])
        return _Carried(decided, carried_out, settled)

    while True:
        one = await with_retries(database, work)
        if one.settled.outcome is StepOutcome.DONE:
            _tell(notices, [one])
            return one.decided.judgement.change
        closed = one.settled.outcome is StepOutcome.CLOSED


def _tell(notices: Notices, done: Sequence[_Carried]) -> None:
    """Log what was committed, and have the pages of those it belongs to re-read."""
    tell([(one.decided, one.settled) for one in done])
    notices.about([one.step.seen.user_identifier for one in done if one.step.seen and one.step.after])


async def _settle_round(connection: Connection, rounds: _Rounds, places: list[int]) -> list[_Carried]:
    deliveries = [rounds.deliveries[place] for place in places if place in rounds.to_be_read]
    subjects = [one.subject for one in deliveries]
    rows = await see_by_token(connection, subjects) if subjects else []
    known = {(row.token, row.bank) for row in rows}
    strange = [
        word for one in deliveries if (one.subject, one.bank) not in known and (word := _paid_word(one))
    ]
    if not strange:
        return await _settle_as_read(connection, rounds, places, rows)
    async with connection.transaction():
        await keep_late_tokens(connection, strange)
        # In any case: another webhook may have brought the same token just now.
        rows = await see_by_token(connection, subjects)
        return await _settle_as_read(connection, rounds, places, rows)


async def _settle_as_read(
    connection: Connection, rounds: _Rounds, places: list[int], rows: Sequence[SeenOnRamp]
) -> list[_Carried]:
    seen = {(row.token, row.bank): row for row in rows}
    tokens = {row.token for row in rows}
    decided: list[Decided] = []
    steps: list[Step] = []
    for place in places:
        delivery = rounds.deliveries[place]
        if place in rounds.to_be_read or isinstance(delivery.event, PayoutEvent):
            one = _judged(delivery, seen.get((delivery.subject, delivery.bank)), tokens)
        else:
            one = _judged(delivery, _assumed(delivery.bank, delivery.event), tokens)
        one = to_closed_wallet(one) if place in rounds.closed else one
        decided.append(one)
        steps.append(step(one, kept(delivery, one.judgement)))
    return [_Carried(*one) for one in zip(decided, steps, await settle(connection, steps), strict=True)]


def _paid_word(delivery: Delivery) -> PaidWord | None:
    if not isinstance(delivery.event, PaymentSucceededEvent):
        return None
    said = delivery.event.data
    try:
        user_id = uuid.UUID(said.user_identifier)
    except ValueError:
        return None
    if str(user_id) != said.user_identifier:
        return None  # ours are ids as we write them
    return PaidWord(delivery.bank, said.token, said.bank_reference, user_id, said.amount_paise)


def _assumed(bank: str, event: PaymentEvent) -> SeenOnRamp:
    return assumed(
        bank=bank,
        token=event.data.token,
        user_identifier=event.data.user_identifier,
        amount_paise=event.data.amount_paise,
    )


def _judged(delivery: Delivery, seen: SeenOnRamp | None, tokens: set[str]) -> Decided:
    event = delivery.event
    if seen is None or isinstance(event, PayoutEvent):
        reason = Reason.BANK if delivery.subject in tokens else Reason.TOKEN
        return Decided(None, Judgement(Verdict.REJECTED, Change.NONE, reason))
    word = Word(isinstance(event, PaymentSucceededEvent), event.data.amount_paise, event.data.user_identifier)
    return Decided(seen, judge(standing(seen), word), event.data.bank_reference)


def _judged_enquiry(seen: SeenOnRamp, state: PaymentState | None, asked_version: int) -> Decided:
    if state is None:
        expires = seen.is_due and seen.status == Status.PENDING
        change = Change.EXPIRE if expires else Change.NONE
        return Decided(seen, Judgement(Verdict.RECORDED, change), by_enquiry=True)
    answer = Answer(BankState(state.status), state.amount_paise, state.user_identifier)
    change = judge_enquiry(standing(seen), answer, is_due=seen.is_due)
    if seen.version != asked_version and change is not Change.CREDIT:
        change = Change.NONE if seen.status == Status.SUCCESS else Change.ASK_THE_BANK
    judgement = Judgement(Verdict.RECORDED, change)
    return Decided(
        seen, judgement, state.bank_reference, by_enquiry=True, is_definite=is_definite(answer.state)
    )


def kept(delivery: Delivery, judgement: Judgement) -> Event:
    """How the inbox keeps it."""
    reason = judgement.reason.value if judgement.reason else None
    return Event(
        delivery.bank,
        delivery.event_id,
        delivery.event.type,
        delivery.subject,
        delivery.body,
        judgement.verdict.value,
        reason,
    )
