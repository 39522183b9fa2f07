"""Carry out what the rules say of a withdrawal, whoever brought the news: a worker, a webhook, its owner, a person.

A row is read, judged by `money.withdrawal`, and changed only if it still stands as it was read; else it is read and
judged again. A worker's late write is refused for good: whoever took its lane knows more.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from prometheus_client import Counter

from bank_api.messages import PayoutEvent
from money.accounts import HouseAccount, house_account_id
from money.on_ramp import Change, Judgement, Reason, Verdict
from money.withdrawal import (
    Booking,
    Event,
    Outcome,
    PayoutContract,
    Resolved,
    Step,
    Told,
    Withdrawal,
    next_step,
)
from runtime.batcher import Batcher
from runtime.logs import correlated, logger
from settings import BANKS
from shared_db.connection import Connection, Database, with_retries
from shared_db.notices import Notices
from shared_db.resolutions import Resolution
from shared_db.withdrawals import (
    Attempt,
    CarriedOut,
    Moved,
    SeenWithdrawal,
    StepOutcome,
    carry_out,
    see,
    shortfall_paise,
    source_of,
)
from wallet.settle_on_ramp import Delivery, kept
from wallet.withdrawal_steps import back_to_the_losses, moved, take_back_reference

log = logger(__name__)
_LOSSES = house_account_id(HouseAccount.LOSSES)
_COMES_BACK = {Booking.REVERSE, Booking.REVERSE_TO_SUSPENSE}
_steps = Counter("batua_withdrawal_steps", "What was carried out about withdrawals", ["bank", "status"])
_alarms = Counter("batua_withdrawal_alarms", "Withdrawals that need a person to look", ["bank"])
# Shown from the start: the first one would not be seen to grow.
for _bank in BANKS:
    _alarms.labels(_bank)


class WithdrawalSettlement:
    """Carries out the steps of many withdrawals in shared transactions. One per process and event loop."""

    def __init__(self, database: Database, notices: Notices, contracts: Mapping[str, PayoutContract]) -> None:
        self._database = database
        self._notices = notices
        self.contracts = contracts
        self._batcher: Batcher[CarriedOut, StepOutcome] = Batcher(
            "withdrawals", self._flush, largest=50, flushers=2
        )

    async def settle(self, withdrawal_id: uuid.UUID, event: Callable[[datetime], Event]) -> Step | None:
        """What a webhook, the owner or a person brings, made an event at the time at which the row is read.

        None: there is no such withdrawal. Raises Busy or Unavailable.
        """
        while True:
            seen = await with_retries(self._database, lambda connection: see(connection, withdrawal_id))
            if seen is None:
                return None
            step = await self._carry(seen, event(seen.read_at))
            if step:
                return step

    async def told(self, delivery: Delivery) -> Judgement | None:
        """What we made of a bank's signed word about a payout, once committed. None: we know no such withdrawal.

        Raises Busy or Unavailable: the bank shall send it again.
        """
        assert isinstance(delivery.event, PayoutEvent)
        try:
            withdrawal_id = uuid.UUID(delivery.subject)
        except ValueError:
            return None
        while True:
            seen = await with_retries(self._database, lambda connection: see(connection, withdrawal_id))
            if seen is None:
                return None
            mismatch = _mismatch(seen, delivery)
            if mismatch:
                judgement = Judgement(Verdict.REJECTED, Change.NONE, mismatch)
                word = CarriedOut(seen, None, event=kept(delivery, judgement))
                if await self._batcher.submit(word) is StepOutcome.DONE:
                    return judgement
                continue
            step = await self._carry(seen, _told(delivery.event, seen.read_at), delivery=delivery)
            if step:
                return _judgement(step)

    async def settle_call(
        self, seen: SeenWithdrawal, event: Event, *, lane_token: int, attempt: Attempt
    ) -> Step | None:
        """What a worker's call came back with. None: its lane is another's by now, and only the attempt is kept."""
        return await self._carry(seen, event, lane_token=lane_token, attempt=attempt)

    async def resolved(self, seen: SeenWithdrawal, event: Resolved, resolution: Resolution) -> Step | None:
        """A person's decision about it as it was seen, written down where it changes anything. None: it has changed.

        Raises ResolvedAlready, Busy or Unavailable.
        """
        return await self._carry(seen, event, resolution=resolution)

    def have_left(self, owners: Sequence[uuid.UUID]) -> None:
        """Withdrawals of these owners were claimed and are on their way: whoever watches them shall see it."""
        self._notices.about(owners)

    async def drain(self) -> None:
        """Finish what was taken; take nothing more."""
        await self._batcher.drain()

    async def _carry(
        self,
        seen: SeenWithdrawal,
        event: Event,
        *,
        lane_token: int | None = None,
        attempt: Attempt | None = None,
        delivery: Delivery | None = None,
        resolution: Resolution | None = None,
    ) -> Step | None:
        """The step that was carried out; None when the row or the lane has changed since."""
        wallet_is_short = False
        while True:
            before = seen.under(self.contracts[seen.bank])
            step = next_step(before, event)
            movements = await self._movements(seen, step, wallet_is_short=wallet_is_short)
            # A word of the bank is written even where it changes nothing: the answer in a worker's hand is older.
            is_news = lane_token is not None or step.verdict in {Verdict.CAPTURED, Verdict.RECORDED}
            after = step.row if is_news or step.row != before else None
            outcome = await self._batcher.submit(
                CarriedOut(
                    seen,
                    after,
                    movements,
                    step.after,
                    lane_token,
                    attempt,
                    kept(delivery, _judgement(step)) if delivery else None,
                    # Where nothing follows there is nothing to keep.
                    with_what_followed(resolution, before, step)
                    if resolution and step.row != before
                    else None,
                )
            )
            if outcome is StepOutcome.CLOSED:
                seen = seen._replace(wallet_closed=True)
            elif outcome is StepOutcome.INSUFFICIENT:
                wallet_is_short = True
            else:
                if outcome is StepOutcome.DONE:
                    self._tell(seen, step)
                return step if outcome is StepOutcome.DONE else None

    async def _movements(
        self, seen: SeenWithdrawal, step: Step, *, wallet_is_short: bool
    ) -> tuple[Moved, ...]:
        taken_from = None
        if Booking.TAKE_BACK in step.bookings and (wallet_is_short or seen.wallet_closed):
            taken_from = _LOSSES
        if Booking.GIVE_BACK in step.bookings:
            reference = take_back_reference(seen.id)
            taken_from = await with_retries(
                self._database, lambda connection: source_of(connection, reference)
            )
        movements = tuple(moved(seen, one, taken_from=taken_from) for one in step.bookings)
        if not _COMES_BACK.intersection(step.bookings):
            return movements
        short = await with_retries(self._database, lambda connection: shortfall_paise(connection, seen.id))
        return (*movements, back_to_the_losses(seen, movements[-1], short)) if short else movements

    async def _flush(self, steps: Sequence[CarriedOut]) -> list[StepOutcome]:
        async def work(connection: Connection) -> list[StepOutcome]:
            return await carry_out(connection, steps)

        return await with_retries(self._database, work)

    def _tell(self, seen: SeenWithdrawal, step: Step) -> None:
        with correlated(seen.correlation_id):
            facts = {"withdrawal_id": str(seen.id), "status": step.row.status.value, "next": step.call.value}
            _steps.labels(seen.bank, step.row.status).inc()
            if step.alarm:
                _alarms.labels(seen.bank).inc()
                log.error("withdrawal needs a person to look", words=step.alarm, **facts)
            else:
                log.info("withdrawal", **facts)
        self._notices.about([seen.owner_id])


def _mismatch(seen: SeenWithdrawal, delivery: Delivery) -> Reason | None:
    """Another bank's word, or one about another person's money: kept for review."""
    assert isinstance(delivery.event, PayoutEvent)
    if seen.bank != delivery.bank:
        return Reason.BANK
    named = delivery.event.data.user_identifier
    return Reason.USER if named and named != str(seen.owner_id) else None


def _told(event: PayoutEvent, at: datetime) -> Told:
    utr = event.data.bank_reference
    return Told(at, Outcome(event.type.removeprefix("payout.")), event.data.amount_paise, utr)


def with_what_followed(resolution: Resolution, before: Withdrawal, step: Step) -> Resolution:
    """A person's decision as it is kept."""
    followed = ", ".join([f"{before.status} became {step.row.status}", *step.bookings])
    return resolution._replace(carried_out=followed)


def _judgement(step: Step) -> Judgement:
    return Judgement(step.verdict, Change.NONE, step.reason)
