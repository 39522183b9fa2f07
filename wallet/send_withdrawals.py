"""The worker's part of taking money out: take a lane, ask its bank, write down what came of it.

Claim, commit, call, commit. Whoever dies in between leaves a row that says what may have happened, and a lease that
ends by itself; no call is made that could outlive it.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from dataclasses import dataclass, field
from datetime import timedelta
from http import HTTPStatus
from typing import NamedTuple

from bank_api.client import BankClient, BankRefused, BankUnreachable
from bank_api.messages import PayoutState
from money.breaker import (
    BankCall,
    Breaker,
    BreakerRules,
    after_call,
    agreed,
    failing_since,
    is_calling,
)
from money.on_ramp import Verdict
from money.withdrawal import CALL_TIMEOUT, LEASE, Answered, Call, NoOutcome, Outcome, Step, next_step
from money.withdrawal import Claimed as Taken
from runtime.batcher import Unavailable
from runtime.logs import correlated, logger
from shared_db.bank_health import close_breaker, open_breaker
from shared_db.connection import Connection, Database, with_retries
from shared_db.ids import new_id
from shared_db.withdrawals import Attempt, Claimed, SeenWithdrawal, begin, claim
from wallet.settle_withdrawal import WithdrawalSettlement

log = logger(__name__)
_MOST_AT_ONCE = 50
_LONGEST_WORDS = 200
_REFUSED = {HTTPStatus.BAD_REQUEST, HTTPStatus.UNPROCESSABLE_ENTITY}


class _Heard(NamedTuple):
    """What came of a call."""

    answer: Outcome | NoOutcome
    utr: str | None = None
    reason: str | None = None
    words: str | None = None


@dataclass
class Lanes:
    """The lanes of one bank, as one worker takes them. `worker` names it."""

    bank: str
    client: BankClient
    database: Database
    settlement: WithdrawalSettlement
    worker: str
    rules: BreakerRules
    _under_way: set[asyncio.Task[None]] = field(default_factory=set[asyncio.Task[None]])
    _breaker: Breaker = field(init=False)
    _ended: asyncio.Event = field(default_factory=asyncio.Event)
    """One of our calls has ended since we looked last."""

    def __post_init__(self) -> None:
        self._breaker = Breaker(self.rules)

    async def take_some(self) -> int:
        """Take lanes that are due, and have their calls made in the background; how many. Raises Unavailable."""
        self._ended.clear()
        room = _MOST_AT_ONCE - len(self._under_way)
        if room <= 0:
            return 0
        taken_at = time.monotonic()
        taken = await self._take(room)
        claim_took = time.monotonic() - taken_at
        for one, call in taken:
            task = asyncio.create_task(self._call_safely(one, call, taken_at, claim_took))
            self._under_way.add(task)
            task.add_done_callback(self._is_over)
        return len(taken)

    async def wait(self, at_most_seconds: float) -> None:
        """Until one of our own calls has ended, for its lane may be due at once; or so long."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._ended.wait(), at_most_seconds)

    async def drain(self) -> None:
        """Wait for the calls under way."""
        await asyncio.gather(*self._under_way, return_exceptions=True)

    def _is_over(self, task: asyncio.Task[None]) -> None:
        self._under_way.discard(task)
        self._ended.set()

    async def _take(self, most: int) -> list[tuple[Claimed, Call]]:
        """Lanes that are ours now, and what is to be done about the head of each: written before it is done."""
        contract = self.settlement.contracts[self.bank]

        async def work(connection: Connection) -> list[tuple[Claimed, Step]]:
            async with connection.transaction():
                claimed = await claim(
                    connection,
                    self.bank,
                    most=most,
                    worker=self.worker,
                    lease=LEASE,
                    try_every=self.rules.try_every,
                )
                steps = [next_step(one.head.under(contract), Taken(one.head.read_at)) for one in claimed]
                taken = list(zip(claimed, steps, strict=True))
                if taken:
                    await begin(connection, [(one.head, step.row) for one, step in taken])
            return taken

        taken = await with_retries(self.database, work)
        for one, _ in taken[:1]:
            self._breaker = agreed(self._breaker, one.opened_at, one.closed_at)
        self.settlement.have_left([one.head.owner_id for one, step in taken if step.call is Call.SEND])
        for one, step in taken:
            if step.verdict is Verdict.REJECTED:
                log.error(
                    "a lane's head cannot be worked on", withdrawal_id=str(one.head.id), words=step.alarm
                )
        return [
            (one._replace(head=one.head.become(step.row)), step.call)
            for one, step in taken
            if step.call is not Call.NOTHING
        ]

    async def _call_safely(self, lane: Claimed, call: Call, taken_at: float, claim_took: float) -> None:
        """One withdrawal that cannot be settled must not keep the others from it; its lease brings it back."""
        with correlated(lane.head.correlation_id):
            try:
                await self._call(lane, call, taken_at, claim_took)
            except Unavailable:
                log.warning("the database went away during a payout", withdrawal_id=str(lane.head.id))
            except Exception:
                log.exception("a payout could not be settled", withdrawal_id=str(lane.head.id))

    async def _call(self, lane: Claimed, call: Call, taken_at: float, claim_took: float) -> None:
        seen = lane.head
        began = time.monotonic()
        if began - taken_at > (LEASE - CALL_TIMEOUT).total_seconds():
            log.warning("too late to call within the lease", withdrawal_id=str(seen.id))
            return
        # By the database's clock, and rather too early: the row was read before its claim was over.
        began_at = seen.read_at + timedelta(seconds=began - taken_at - claim_took)
        heard = await _ask(self.client, seen, call)
        latency = timedelta(seconds=time.monotonic() - began)
        call_over = BankCall(began_at, latency, heard.answer is not NoOutcome.UNREADABLE)
        before, after = self._breaker, after_call(self._breaker, call_over)
        self._breaker = after
        attempt = Attempt(
            new_id(),
            call,
            heard.answer.value,
            began_at,
            round(latency / timedelta(milliseconds=1)),
            heard.words,
        )
        event = Answered(began_at + latency, call, heard.answer, seen.read_at, heard.utr, heard.reason)
        step = await self.settlement.settle_call(seen, event, lane_token=lane.lane_token, attempt=attempt)
        if step is None:
            log.warning("another has taken this lane; our answer came too late", withdrawal_id=str(seen.id))
        if is_calling(before) != is_calling(after):
            await self._publish(after, call_over)

    async def _publish(self, after: Breaker, call: BankCall) -> None:
        """Tell all workers that this call has opened the bank's breaker, or closed it."""

        async def publish(connection: Connection) -> None:
            if after.opened_at:
                await open_breaker(
                    connection,
                    self.bank,
                    at=after.opened_at,
                    failing_since=failing_since(after),
                    try_every=self.rules.try_every,
                )
            elif after.closed_at:
                await close_breaker(connection, self.bank, at=after.closed_at, began_at=call.began_at)

        await with_retries(self.database, publish)
        log.warning("a bank's breaker has changed", bank=self.bank, is_calling=is_calling(after))


async def _ask(client: BankClient, seen: SeenWithdrawal, call: Call) -> _Heard:
    """What the bank answers, in the terms of the rules."""
    reference = str(seen.id)
    try:
        if call is Call.SEND:
            state = await client.payout(reference, seen.account_number, seen.ifsc, seen.amount_paise)
        else:
            state = await client.payout_state(reference)
    except BankUnreachable as error:
        return _Heard(NoOutcome.UNREADABLE, words=str(error)[:_LONGEST_WORDS])
    except BankRefused as error:
        words = error.words[:_LONGEST_WORDS]
        if call is Call.ENQUIRE and error.status_code == HTTPStatus.NOT_FOUND:
            return _Heard(NoOutcome.NOT_FOUND, words=words)
        if call is Call.SEND and error.status_code in _REFUSED:
            return _Heard(NoOutcome.REFUSED, reason=words, words=words)
        return _Heard(NoOutcome.UNREADABLE, words=f"{error.status_code}: {words}")
    return _heard(state)


def _heard(state: PayoutState) -> _Heard:
    if state.status == "pending":
        return _Heard(NoOutcome.PENDING)
    if state.status == "succeeded":
        return _Heard(Outcome.SUCCEEDED, utr=state.utr)
    # What has a UTR had been paid and came back. Booked as a mere failure, it would differ from the bank's statement.
    outcome = Outcome.REVERSED if state.utr else Outcome.FAILED
    return _Heard(outcome, utr=state.utr, reason=state.reason, words=state.reason)
