"""One world: people ask, workers claim, call and write back, the bank speaks, and chance decides what goes wrong."""

from __future__ import annotations

import heapq
import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from money.on_ramp import Verdict
from money.withdrawal import (
    CALL_TIMEOUT,
    LEASE,
    SENT,
    Answered,
    Call,
    Cancelled,
    Claimed,
    NoOutcome,
    Outcome,
    Resolved,
    Status,
    Step,
    Told,
    Withdrawal,
    is_out,
    next_step,
    not_found_is_final_at,
)
from tests.withdraw_simulator.bank import Bank, Reference
from tests.withdraw_simulator.books import (
    AMOUNT,
    EQUAL,
    FINAL,
    NO_HOLD,
    ONE_IN_FLIGHT,
    ORDER,
    STALE,
    Books,
    Broken,
    Lane,
    Owner,
    Row,
)
from tests.withdraw_simulator.weather import MINUTE, SECOND, Weather

_START = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
_MS = timedelta(milliseconds=1)
_LEASE_MS = LEASE // _MS
_TIMEOUT_MS = CALL_TIMEOUT // _MS
_MOST_EVENTS = 20_000


class Task(NamedTuple):
    """What a worker holds in its own memory."""

    row: Row
    token: int
    call: Call
    claimed_at: int
    asked_at: datetime
    worker: int
    life: int


class World:
    """Mutants override a method or `next_step`."""

    next_step = staticmethod(next_step)

    def __init__(self, seed: int, story: list[str] | None = None) -> None:
        self.r = r = random.Random(seed).random
        self.story = story
        self.now = 0
        self._queue: list[tuple[int, int, Callable[..., None], tuple[Any, ...]]] = []
        self._number = 0
        self.weather = weather = Weather(r)
        self.lives = [0] * weather.workers
        self.books = Books()
        self.bank = Bank(self)
        self.rows: list[Row] = []
        self.owners = [Owner(name, 100 + int(r() * 200)) for name in range(1 + int(r() * 3))]
        for owner in self.owners:
            self._plan(owner)

    def run(self) -> None:
        """Until nothing happens any more. Raises Broken."""
        queue, events = self._queue, 0
        while queue:
            self.now, _, happens, arguments = heapq.heappop(queue)
            happens(*arguments)
            events += 1
            if events > _MOST_EVENTS:
                raise Broken(FINAL, "it goes on for ever")
        self._must_be_final()

    def later(self, after: int, happens: Callable[..., None], arguments: tuple[Any, ...]) -> None:
        self._number += 1
        heapq.heappush(self._queue, (self.now + after, self._number, happens, arguments))

    def say(self, words: str) -> None:
        if self.story is not None:
            self.story.append(f"{self.now / 1_000:>10.3f} s  {words}")

    def clock(self) -> datetime:
        return _START + self.now * _MS

    # ---------------------------------------------------------------------------------- people

    def _plan(self, owner: Owner) -> None:
        r, weather = self.r, self.weather
        within = SECOND if weather.burst else 20 * SECOND
        for _ in range(1 + int(r() * 4)):
            self.later(int(r() * within), self.ask_for_money, (owner,))
        for _ in range(int(r() * 3)):
            self.later(int(r() * MINUTE), self.spend, (owner,))
        if r() < 0.1:
            self.later(int(r() * 3 * MINUTE), self.close_wallet, (owner,))

    def ask_for_money(self, owner: Owner) -> None:
        amount = 20 + int(self.r() * 100)
        if owner.closed or owner.balance < amount:
            return
        lane = self.lane_of(owner)
        row = Row(len(self.rows), owner, lane, Withdrawal(amount, self.weather.contract))
        self.rows.append(row)
        owner.rows.append(row)
        lane.rows.append(row)
        self.hold(row)
        self.books.check(owner)
        if self.story is not None:
            self.say(f"owner {owner.name} asks for {amount}: #{row.name}")
        if lane.next_at <= self.now:
            self.set_due(lane, 0)
        if self.weather.cancels and self.r() < self.weather.cancels:
            self.later(int(self.r() * 20 * SECOND), self.cancel, (row,))

    def spend(self, owner: Owner) -> None:
        amount = int(self.r() * 60)
        if not owner.closed and owner.balance >= amount:
            owner.balance -= amount
            owner.spent += amount

    def close_wallet(self, owner: Owner) -> None:
        if owner.held or any(row.is_open for row in owner.rows):
            return
        owner.spent += owner.balance
        owner.balance = 0
        owner.closed = True
        for row in owner.rows:
            row.row = row.row._replace(wallet_closed=True)

    def cancel(self, row: Row) -> None:
        self.keep(row, self.next_step(row.row, Cancelled(self.clock())), "the owner cancels")

    def look_into(self, row: Row) -> None:
        """A person reads the bank's books for what needs attention."""
        if row.row.status is not Status.NEEDS_ATTENTION:
            return
        payouts = self.bank.payouts.get(self.reference(row), ())
        still_comes = not payouts and self.clock() < not_found_is_final_at(row.row)
        if not still_comes and all(one.outcome for one in payouts):
            self._resolve(row, paid=row.times_paid > 0)

    def _resolve(self, row: Row, *, paid: bool) -> None:
        outcome = Outcome.SUCCEEDED if paid else Outcome.FAILED
        self.raise_token(row)
        self.keep(row, self.next_step(row.row, Resolved(self.clock(), outcome)), f"a person says {outcome}")
        self.set_due(row.lane, 0)

    # -------------------------------------------------------------------------- the database

    def lane_of(self, owner: Owner) -> Lane:
        return owner.lane

    def hold(self, row: Row) -> None:
        self.books.hold(row)

    def reference(self, row: Row) -> Reference:
        return (row.name, 0)

    def set_due(self, lane: Lane, after: int) -> None:
        lane.next_at = self.now + after
        self.later(after, self.wake, (lane,))

    def keep(self, row: Row, step: Step, why: str) -> None:
        if self.story is not None:
            moved = f", {', '.join(step.bookings)}" if step.bookings else ""
            self.say(f"#{row.name} {row.row.status} -> {step.row.status}{moved}: {why}")
        if step.row is row.row:
            return
        first = step.row.first_sent_at
        self.books.keep(row, step, self.now, (first - _START) // _MS if first else None)
        if step.row.status is Status.NEEDS_ATTENTION and step.alarm and self.r() < 0.5:
            self.later(int(self.r() * 30 * MINUTE), self.look_into, (row,))

    def raise_token(self, row: Row) -> None:
        """Whoever works on this row may no longer write."""
        if row.lane.claimed is row:
            row.lane.token += 1
            row.lane.claimed = None

    def may_write(self, task: Task) -> bool:
        return task.row.lane.token == task.token

    def hear(self, row: Row, outcome: Outcome, amount: int, utr: str) -> None:
        """A signed webhook."""
        lane = row.lane
        was_claimed = lane.claimed is row
        step = self.next_step(row.row, Told(self.clock(), outcome, amount, utr))
        if step.row is row.row:
            return
        if amount != row.amount:
            raise Broken(AMOUNT, f"#{row.name} moved for {amount}")
        self.raise_token(row)
        self.keep(row, step, f"the bank tells {outcome}")
        if was_claimed or lane.next_at <= self.now or (lane.claimed is None):
            self.set_due(lane, step.after // _MS)

    # ------------------------------------------------------------------------------- a worker

    def chance(self, of: float) -> bool:
        return of > 0.0 and self.now < self.weather.until and self.r() < of

    def frozen_for(self) -> int:
        """Half of the time no longer than a lease."""
        if not self.chance(self.weather.freeze):
            return 0
        if self.weather.brink:
            return int((0.4 + self.r() * 0.2) * _LEASE_MS)
        return int(self.r() * (_LEASE_MS if self.r() < 0.5 else self.weather.freeze_for))

    def crash(self, worker: int) -> None:
        self.lives[worker] += 1
        if self.story is not None:
            self.say(f"worker {worker} dies")

    def wake(self, lane: Lane) -> None:
        if lane.next_at > self.now:
            return
        row = lane.head()
        if row is None:
            return
        worker = int(self.r() * len(self.lives))
        if self.chance(self.weather.crash):
            self.crash(worker)  # before the claim was committed
            self.set_due(lane, SECOND)
            return
        at = self.clock()
        step = self.next_step(row.row, Claimed(at))
        lane.token += 1
        lane.claimed = row
        task = Task(row, lane.token, step.call, self.now, at, worker, self.lives[worker])
        self.save_claim(task, step)
        self.set_due(lane, _LEASE_MS)
        self.later(5 + self.frozen_for(), self.call_bank, (task,))

    def save_claim(self, task: Task, step: Step) -> None:
        self.keep(task.row, step, f"worker {task.worker} claims it to {step.call}")

    def call_bank(self, task: Task) -> None:
        if self.lives[task.worker] != task.life or task.call is Call.NOTHING:
            return
        if self.chance(self.weather.crash):
            self.crash(task.worker)  # after the claim, before the call
            return
        if not self.may_begin(task):
            return
        if task.call is Call.SEND and self.may_write(task):
            self._must_be_alone(task)
        self._travel(task)
        if self.chance(self.weather.crash):
            self.later(int(self.r() * 2 * SECOND), self.crash, (task.worker,))  # while the call is under way

    def may_begin(self, task: Task) -> bool:
        return self.now <= task.claimed_at + _LEASE_MS - _TIMEOUT_MS

    def _travel(self, task: Task) -> None:
        """The request and its answer on the wire, or not."""
        weather, r = self.weather, self.r
        reference, made_at = self.reference(task.row), self.now
        there = 5 + int(r() * 50)
        if not weather.brink:
            there += self.frozen_for()  # just before the bytes leave
        if self.chance(weather.late):
            # Half of them at the last moment that the bank still takes them.
            there += (
                weather.final_after - int(r() * SECOND)
                if r() < 0.5 or weather.brink
                else int(r() * weather.late_at_most)
            )
        back = 5 + int(r() * 50)
        if self.chance(weather.late):
            back += int(r() * 20 * SECOND)
        lost = self.chance(weather.lose_request) or made_at < weather.down_until
        comes_back = not lost and there + back < _TIMEOUT_MS and not self.chance(weather.lose_answer)
        if not comes_back:
            self.later(_TIMEOUT_MS, self.hear_answer, (task, NoOutcome.UNREADABLE, None))
        if not lost:
            self.later(there, self.reach_bank, (task, reference, made_at, back if comes_back else None))
            while self.chance(weather.repeat_request):
                again = there + int(r() * 10 * SECOND)
                self.later(again, self.reach_bank, (task, reference, made_at, None))

    def reach_bank(self, task: Task, reference: Reference, made_at: int, back: int | None) -> None:
        broken = self.chance(self.weather.error)
        said: tuple[Outcome | NoOutcome, str | None] = (NoOutcome.UNREADABLE, None)
        if not (broken and self.r() < 0.5):  # a 5xx before it acts, or after
            if task.call is Call.SEND:
                said = self.bank.asked_to_send(task.row, reference, made_at)
            else:
                said = self.bank.asked_about(reference)
        if back is not None:
            answer = (NoOutcome.UNREADABLE, None) if broken else said
            self.later(back, self.hear_answer, (task, *answer))

    def hear_answer(self, task: Task, answer: Outcome | NoOutcome, utr: str | None) -> None:
        if self.lives[task.worker] != task.life:
            return
        if task.call is Call.SEND:
            task.row.owner.calls = [one for one in task.row.owner.calls if one[1] != task.token]
        if self.chance(self.weather.crash):
            self.crash(task.worker)  # before the outcome was committed
        elif asleep := self.frozen_for():
            self.later(asleep, self.write_back, (task, answer, utr))
        else:
            self.write_back(task, answer, utr)

    def write_back(self, task: Task, answer: Outcome | NoOutcome, utr: str | None) -> None:
        row, lane = task.row, task.row.lane
        if self.lives[task.worker] != task.life:
            return
        if not self.may_write(task):
            if self.story is not None:
                self.say(f"#{row.name} late write of {answer} refused")
            return
        lane.token += 1
        lane.claimed = None
        event = Answered(self.clock(), task.call, answer, task.asked_at, utr)
        step = self.next_step(self.standing(task), event)
        if step.verdict is Verdict.REJECTED:
            raise Broken(STALE, f"#{row.name} is {row.row.status}: {answer}")
        self.keep(row, step, f"{task.call} answered {answer}")
        self.set_due(lane, step.after // _MS if lane.head() is row else 0)
        if self.chance(self.weather.crash):
            self.crash(task.worker)  # just after

    def standing(self, task: Task) -> Withdrawal:
        return task.row.row

    # ---------------------------------------------------------------------------- what must hold

    def _must_be_alone(self, task: Task) -> None:
        """Calls of living workers that hold their lane; any other one is the bank's contract's to bear."""
        owner, row = task.row.owner, task.row
        flying = [
            one
            for one in owner.calls
            if self.now < one[2] and self.lives[one[3]] == one[4] and one[0].row.status in SENT
        ]
        if flying:
            raise Broken(ONE_IN_FLIGHT, f"#{row.name} is sent while #{flying[0][0].name} is")
        over = min(self.now + _TIMEOUT_MS, task.claimed_at + _LEASE_MS)
        owner.calls = [(row, task.token, over, task.worker, task.life)]
        for earlier in owner.rows:
            if earlier is row:
                return
            if earlier.row.status is Status.QUEUED or earlier.row.status in SENT:
                raise Broken(ORDER, f"#{row.name} is sent while #{earlier.name} is {earlier.row.status}")

    def _must_be_final(self) -> None:
        for row in self.rows:
            if row.is_open:
                raise Broken(FINAL, f"#{row.name} is {row.row.status}")
            if is_out(row.row) != (row.times_paid > 0) and row.unheard:
                # A lost word can only be found in the statement, by a person.
                self._resolve(row, paid=row.times_paid > 0)
            if is_out(row.row) != (row.times_paid > 0):
                raise Broken(EQUAL, f"#{row.name} is {row.row.status} and paid {row.times_paid} times")
        for owner in self.owners:
            self.books.check(owner)
            if owner.held:
                raise Broken(NO_HOLD, f"owner {owner.name}: {owner.held}")
