"""Everything that people do at once, at a given rate, by callers who repeat what was not answered.

Requests leave by a schedule, however long answers take. One that moves money carries an Idempotency-Key; where no
answer comes (a cut connection, a 5xx) the same request goes out again until it is answered, as an honest client does
it. It runs as a process of its own (`python -m bench.mixed_load`), so that its Python shares no interpreter with
anything it measures: a pickled `Plan` comes in, and when its input ends, a pickled `Report` goes out.
"""

from __future__ import annotations

import asyncio
import enum
import json
import pickle
import random
import subprocess
import sys
import time
import uuid
from collections import Counter
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import uvloop

from bench import api_requests as requests
from bench.crowd import PASSWORD, Crowd
from bench.figures import percentile
from bench.journal import Entry, Journal, Matter
from bench.kept_connections import Answer, Connections, Cut

_ROOT = Path(__file__).resolve().parent.parent
_READY = b"ready\n"
_MOST_AT_ONCE = 200
_ANSWER_WITHIN_SECONDS = 20
_REPEAT_AFTER_SECONDS = 0.25
_LAST_REPEATS_SECONDS = 60
_KEY_IN_USE = 409
_SERVER_ERROR = 500
_MOST_RUPEES = 9
_CUSTOMERS = ("9876500001", "9876500002", "9876500003")
_BANKS = ("hdfc", "axis")


class Other(enum.StrEnum):
    """What moves no money."""

    BALANCE = "balance"
    TRANSACTIONS = "transactions"
    APPROVAL = "approval"
    """At the bank, whose webhook then credits an on-ramp."""
    PAGE = "page"
    SIGN_IN = "sign-in"


_SHARES: dict[Matter | Other, float] = {
    Matter.TRANSFER: 30,
    Matter.PAYMENT: 15,
    # Each is followed by an approval.
    Matter.ON_RAMP: 8,
    Matter.WITHDRAWAL: 6,
    Other.BALANCE: 20,
    Other.TRANSACTIONS: 10,
    Other.PAGE: 10.5,
    # A hash costs a fifth of a second of one core.
    Other.SIGN_IN: 0.5,
}
"""Of 100 arrivals."""
_PAGES = ("/", "/login", "/signup")


@dataclass(frozen=True)
class Doors:
    """Ports of this machine."""

    user: int
    merchant: int
    bank: int


@dataclass(frozen=True)
class Plan:
    """What the process is told; `rate` is requests in a second."""

    doors: Doors
    crowd: Crowd
    rate: float
    seed: int


@dataclass
class Report:
    """What the callers saw. Doors are named as their matters; a repeat is not a request of its own."""

    seconds: float = 0
    answered_at_once: Counter[str] = field(default_factory=Counter[str])
    answered_after_repeating: Counter[str] = field(default_factory=Counter[str])
    unanswered: Counter[str] = field(default_factory=Counter[str])
    failed: Counter[str] = field(default_factory=Counter[str])
    """Each 5xx that was seen, `transfer 503`."""
    cut: Counter[str] = field(default_factory=Counter[str])
    """Each connection that ended without an answer."""
    refused: Counter[str] = field(default_factory=Counter[str])
    """Each 4xx that was the answer, `payment 400`."""
    milliseconds: dict[str, list[float]] = field(default_factory=dict[str, list[float]])
    """From when a request was due until it was answered."""
    journal: Journal = field(default_factory=Journal)

    def figures(self) -> dict[str, object]:
        """For a benchmark's JSON."""
        return {
            "requests": sum(
                (self.answered_at_once + self.answered_after_repeating + self.unanswered).values()
            ),
            "answered_after_repeating": self.answered_after_repeating.total(),
            "unanswered": self.unanswered.total(),
            "failed": dict(self.failed),
            "cut": dict(self.cut),
            "refused": dict(self.refused),
            "acknowledged_moves": len(self.journal.entries),
            "p50_ms": {door: percentile(taken, 0.5) for door, taken in self.milliseconds.items()},
            "p99_ms": {door: percentile(taken, 0.99) for door, taken in self.milliseconds.items()},
        }


@dataclass
class Load:
    """`report` is known once the block has ended."""

    report: Report = field(default_factory=Report)


@contextmanager
def load_running(doors: Doors, crowd: Crowd, *, rate: float, seed: int = 7) -> Generator[Load]:
    """This load until the block ends, and then until each request is answered, within a minute."""
    process = subprocess.Popen(
        [sys.executable, "-m", "bench.mixed_load"], cwd=_ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert process.stdin
    assert process.stdout
    load = Load()
    try:
        process.stdin.write(pickle.dumps(Plan(doors, crowd, rate, seed)))
        process.stdin.flush()
        assert process.stdout.readline() == _READY, "the load has begun"
        yield load
        process.stdin.close()
        load.report = pickle.loads(process.stdout.read())
    finally:
        process.kill()
        process.wait()
        process.stdin.close()
        process.stdout.close()


class _Callers:
    def __init__(self, plan: Plan) -> None:
        self.report = Report()
        self.stops_at = float("inf")
        self._plan = plan
        self._random = random.Random(plan.seed)
        self._doors = {port: Connections(port) for port in vars(plan.doors).values()}
        self._room = asyncio.Semaphore(_MOST_AT_ONCE)

    async def arrive(self, stopped: asyncio.Event) -> None:
        """Send by the schedule until stopped, then wait for what is under way."""
        what, shares = list(_SHARES), list(_SHARES.values())
        started = time.perf_counter()
        due = started
        async with asyncio.TaskGroup() as under_way:
            while not stopped.is_set():
                under_way.create_task(self._come(self._random.choices(what, shares)[0], due))
                due += self._random.expovariate(self._plan.rate / 1.08)
                await asyncio.sleep(max(0.0, due - time.perf_counter()))
            self.stops_at = time.perf_counter() + _LAST_REPEATS_SECONDS
        self.report.seconds = time.perf_counter() - started
        for door in self._doors.values():
            door.close()

    async def _come(self, what: Matter | Other, due: float) -> None:
        async with self._room:
            if isinstance(what, Matter):
                await self._move(what, due)
            else:
                await self._ask(what, *self._message(what), due)

    async def _move(self, what: Matter, due: float) -> None:
        crowd, port, key = self._plan.crowd, self._plan.doors.user, str(uuid.uuid4())
        owner, other = self._random.sample(crowd.people, 2)
        handle, bank = self._random.choice(list(crowd.shops)), self._random.choice(_BANKS)
        rupees = self._random.randint(1, _MOST_RUPEES)
        source, target = owner.id, None
        match what:
            case Matter.TRANSFER:
                target, message = other.id, requests.transfer(port, owner, other, key, rupees=rupees)
            case Matter.PAYMENT:
                target, message = (
                    crowd.shops[handle],
                    requests.payment(port, owner, handle, key, rupees=rupees),
                )
            case Matter.WITHDRAWAL:
                number = f"{100_000_000_000 + owner.id.int % 10**9}"
                message = requests.withdrawal(port, owner, bank, number, key, rupees=rupees)
            case Matter.ON_RAMP:
                source, target = None, owner.id
                message = requests.on_ramp(port, owner, bank, key, rupees=rupees)
        answer = await self._ask(what, port, message, due)
        if answer is None:
            self.report.journal.unanswered[what] += 1
            return
        if answer.status not in {200, 201}:
            return
        said = json.loads(answer.body)
        if what is Matter.ON_RAMP and not await self._approve(bank, said["token"]):
            return
        self.report.journal.entries.append(
            Entry(what, uuid.UUID(said["id"]), key, rupees * 100, source, target)
        )

    async def _approve(self, bank: str, token: str) -> bool:
        port = self._plan.doors.bank
        message = requests.approval(port, bank, token, self._random.choice(_CUSTOMERS))
        answer = await self._ask(Other.APPROVAL, port, message, time.perf_counter())
        return answer is not None and answer.status == 200

    def _message(self, what: Other) -> tuple[int, bytes]:
        doors, caller = self._plan.doors, self._random.choice(self._plan.crowd.people)
        match what:
            case Other.BALANCE:
                return doors.user, requests.balance(doors.user, caller)
            case Other.TRANSACTIONS:
                return doors.user, requests.transactions(doors.user, caller)
            case Other.SIGN_IN:
                email = self._random.choice(self._plan.crowd.emails)
                return doors.user, requests.sign_in(doors.user, email, PASSWORD)
            case _:
                port = self._random.choice((doors.user, doors.merchant))
                return port, requests.page(port, self._random.choice(_PAGES))

    async def _ask(self, what: Matter | Other, port: int, message: bytes, due: float) -> Answer | None:
        report, repeats = self.report, 0
        while True:
            try:
                answer = await self._doors[port].ask(message, within_seconds=_ANSWER_WITHIN_SECONDS)
            except Cut:
                report.cut[what] += 1
            else:
                if answer.status < _SERVER_ERROR and not (repeats and answer.status == _KEY_IN_USE):
                    break
                if answer.status >= _SERVER_ERROR:
                    report.failed[f"{what} {answer.status}"] += 1
            if time.perf_counter() > self.stops_at:
                report.unanswered[what] += 1
                return None
            repeats += 1
            await asyncio.sleep(_REPEAT_AFTER_SECONDS)
        (report.answered_after_repeating if repeats else report.answered_at_once)[what] += 1
        report.milliseconds.setdefault(what, []).append((time.perf_counter() - due) * 1000)
        if answer.status >= 400:
            report.refused[f"{what} {answer.status}"] += 1
        return answer


async def _run(plan: Plan) -> Report:
    callers, stopped = _Callers(plan), asyncio.Event()

    async def until_told() -> None:
        await asyncio.to_thread(sys.stdin.buffer.read)
        stopped.set()

    async with asyncio.TaskGroup() as group:
        group.create_task(until_told())
        sys.stdout.buffer.write(_READY)
        sys.stdout.buffer.flush()
        await callers.arrive(stopped)
    return callers.report


def main() -> None:
    """The process that `load_running` starts."""
    plan: Plan = pickle.load(sys.stdin.buffer)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        sys.stdout.buffer.write(pickle.dumps(runner.run(_run(plan))))


if __name__ == "__main__":
    # Imported under its own name: what is pickled by `__main__` is found by nobody else.
    from bench import mixed_load  # noqa: PLW0406

    mixed_load.main()
