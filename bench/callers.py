"""Callers of the service layer, in processes of their own: one event loop each, uvloop's, as in production."""

from __future__ import annotations

import asyncio
import itertools
import logging
import multiprocessing
import random
import sys
import time
import uuid
from collections.abc import Awaitable, Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from multiprocessing.connection import Connection as Pipe
from multiprocessing.context import SpawnProcess

import structlog
import uvloop
from psycopg import AsyncConnection

from bench.row_locks import RowLocks
from money.accounts import BankAccount, bank_account_id
from money.movements import Kind, Movement, Posting
from money.rupees import Paise
from shared_db.connection import Database
from shared_db.ids import new_id
from shared_db.ledger import Ledger
from wallet.send_money import Limits, send

AMOUNT_PAISE = Paise(100)
DAY_LIMIT_PAISE = 10**15
UNIFORM, HOT = "uniform", "all to one"
ONE_BANK, TWO_BANKS = "from one bank", "from two banks"
ROW_LOCKS, DIRECT = "row locks", "direct call"
_LIMITS = Limits(once_paise=DAY_LIMIT_PAISE, day_paise=DAY_LIMIT_PAISE)
_PREPARED_PAIRS = 50_000
_DIRECT = """
SELECT outcome, transfer_id FROM post_transfers(
    %b::uuid[], %b::text[], %b::text[], %b::uuid[], %b::uuid[], %b::bigint[], %b::uuid[], %b::text[], %b::bigint[])
"""

Move = Callable[[], Awaitable[object]]
Pairs = Iterator[tuple[uuid.UUID, uuid.UUID]]


@dataclass(frozen=True)
class Place:
    """Where the callers call, and who sends to whom."""

    url: str
    options: str
    """The settings of a connection that calls the function directly: those of the service's own."""
    wallets: Sequence[uuid.UUID]


@dataclass(frozen=True)
class Turn:
    """Callers that each move money again and again; `starts_at` is a time.time, the same for all processes."""

    shape: str
    callers: int
    seconds: float
    starts_at: float


@dataclass
class Measured:
    """What came of a turn in one process or, put together, in several."""

    per_second: float = 0
    python_seconds: float = 0
    """CPU time of the processes that call."""
    milliseconds: list[float] = field(default_factory=list[float])


class Callers:
    """Processes that stay between turns, with their connections and prepared plans."""

    def __init__(self, pipes: Sequence[Pipe]) -> None:
        self._pipes = pipes

    def take(self, shape: str, *, callers: int, processes: int, seconds: float) -> Measured:
        """One turn: `callers` in all, in so many of the processes."""
        turn = Turn(shape, callers // processes, seconds, time.time() + 0.3)
        for pipe in self._pipes[:processes]:
            pipe.send(turn)
        together = Measured()
        for pipe in self._pipes[:processes]:
            one = pipe.recv()
            assert isinstance(one, Measured), one
            together.per_second += one.per_second
            together.python_seconds += one.python_seconds
            together.milliseconds += one.milliseconds
        return together


@contextmanager
def started(place: Place, processes: int) -> Generator[Callers]:
    """Ready to take turns; ended when the block ends."""
    spawn = multiprocessing.get_context("spawn")
    running: list[tuple[SpawnProcess, Pipe]] = []
    try:
        for _ in range(processes):
            ours, theirs = spawn.Pipe()
            process = spawn.Process(target=_live, args=(place, theirs), daemon=True)
            process.start()
            theirs.close()
            running.append((process, ours))
        yield Callers([pipe for _, pipe in running])
    finally:
        for process, pipe in running:
            pipe.close()
            process.join(10)
            if process.is_alive():
                process.kill()


def _live(place: Place, pipe: Pipe) -> None:
    # Standard output is for the result alone.
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        here = runner.run(_Here.open(place))
        try:
            while True:
                pipe.send(runner.run(_take(here, pipe.recv())))
        except EOFError:
            runner.run(here.close())


@dataclass
class _Here:
    """What the callers of one process share."""

    wallets: Sequence[uuid.UUID]
    database: Database
    ledger: Ledger
    direct: AsyncConnection
    row_locks: RowLocks

    @classmethod
    async def open(cls, place: Place) -> _Here:
        database = Database(place.url)
        direct = await AsyncConnection.connect(
            place.url, autocommit=True, prepare_threshold=1, options=place.options
        )
        return cls(place.wallets, database, Ledger(database), direct, RowLocks(place.url, connections=16))

    async def close(self) -> None:
        await self.ledger.drain()
        await self.database.close()
        await self.direct.close()
        await self.row_locks.close()


async def _take(here: _Here, turn: Turn) -> Measured:
    move = _move(here, turn.shape)
    measured = Measured()
    await asyncio.sleep(turn.starts_at - time.time())
    started_at, python_at = time.perf_counter(), time.process_time()
    until = started_at + turn.seconds

    async def caller() -> None:
        while (at := time.perf_counter()) < until:
            await move()
            measured.milliseconds.append((time.perf_counter() - at) * 1000)

    await asyncio.gather(*(caller() for _ in range(turn.callers)))
    measured.per_second = len(measured.milliseconds) / (time.perf_counter() - started_at)
    measured.python_seconds = time.process_time() - python_at
    return measured


def _move(here: _Here, shape: str) -> Move:
    if shape in {ONE_BANK, TWO_BANKS}:
        return partial(_add, here, _receivables(here, shape))
    moves = {UNIFORM: _send, HOT: _send, ROW_LOCKS: _send_by_row_locks, DIRECT: _send_directly}
    return partial(moves[shape], here, _pairs(here, shape))


def _pairs(here: _Here, shape: str) -> Pairs:
    drawn = [random.sample(here.wallets, 2) for _ in range(_PREPARED_PAIRS)]
    if shape == HOT:
        drawn = [(sender, here.wallets[0]) for sender, _ in drawn if sender != here.wallets[0]]
    return itertools.cycle([(sender, recipient) for sender, recipient in drawn])


def _receivables(here: _Here, shape: str) -> Pairs:
    banks = ("hdfc",) if shape == ONE_BANK else ("hdfc", "axis")
    sources = [bank_account_id(bank, BankAccount.RECEIVABLE) for bank in banks]
    wallets = random.choices(here.wallets, k=_PREPARED_PAIRS)
    return zip(itertools.cycle(sources), itertools.cycle(wallets))


async def _send(here: _Here, pairs: Pairs) -> None:
    sender, recipient = next(pairs)
    await send(
        here.database,
        here.ledger,
        sender=sender,
        recipient=recipient,
        amount_paise=AMOUNT_PAISE,
        note=None,
        limits=_LIMITS,
    )


async def _add(here: _Here, pairs: Pairs) -> None:
    source, wallet = next(pairs)
    reference = f"on_ramp:{new_id()}"
    posted = await here.ledger.post(Movement(new_id(), reference, Kind.ON_RAMP, source, wallet, AMOUNT_PAISE))
    assert posted.outcome is Posting.POSTED, posted


async def _send_by_row_locks(here: _Here, pairs: Pairs) -> None:
    sender, recipient = next(pairs)
    await here.row_locks.send(sender, recipient, AMOUNT_PAISE)


async def _send_directly(here: _Here, pairs: Pairs) -> None:
    sender, recipient = next(pairs)
    one = new_id()
    columns = (
        [one], [f"send:{one}"], ["send"], [sender], [recipient], [AMOUNT_PAISE], [None], [None], [DAY_LIMIT_PAISE],
    )  # fmt: skip
    cursor = await here.direct.execute(_DIRECT, columns)
    posted = await cursor.fetchone()
    assert posted, "one outcome for one movement"
    assert posted[0] == "posted", posted
