"""A worker: several callers in one process that ask, note the answer, and ask again what was lost in a kill."""

from __future__ import annotations

import asyncio
import logging
import multiprocessing
import os
import random
import signal
import sys
import uuid
from collections import deque

import structlog

from money.errors import KeyInUse
from runtime.batcher import Busy, Unavailable
from tests.bank_test.journal import Journal, Story
from tests.bank_test.operations import Answer, Bank, Operation, What
from tests.bank_test.plan import CALLERS, Plan

_PAUSE_SECONDS = 0.2
_PAUSE_FOR_A_KEY_SECONDS = 1
_KEPT_IN_MIND = 500
_MOST_PAISE = 400_00
"""A good part of what people have, so that many are refused."""


def run(plan: Plan, number: int) -> None:
    """The whole life of one worker process."""
    # A Ctrl-C in the terminal is for whoever started us.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    quietly()
    asyncio.run(_live(plan, number))


def quietly() -> None:
    """Standard output holds the result and nothing else; that the database goes away is what we want here."""
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    logging.getLogger("psycopg.pool").setLevel(logging.CRITICAL)


async def _live(plan: Plan, number: int) -> None:
    parent = multiprocessing.parent_process()
    assert parent, "a worker is somebody's child"
    asyncio.get_running_loop().add_reader(parent.sentinel, os._exit, 1)
    journal = Journal(plan.log_of(number))
    lost = [story for story in journal.stories.values() if not story.answers]
    caller = Caller(plan, number, journal)
    async with asyncio.TaskGroup() as everybody:
        for story in lost:
            journal.asks_again(story)
            everybody.create_task(caller.ask(story))
        for _ in range(CALLERS):
            everybody.create_task(caller.ask_on_and_on())
    await caller.bank.close()


class Caller:
    """What the callers of one process share."""

    def __init__(self, plan: Plan, number: int, journal: Journal) -> None:
        self.bank = Bank(plan.url, plan.broken)
        self._plan = plan
        self._journal = journal
        self._number = number
        self._dice = random.Random(f"{plan.seed} {number} {len(journal.stories)}")
        stories = journal.stories.values()
        ended = {story.operation.of for story in stories}
        self._open_holds = [
            story.operation
            for story in stories
            if story.operation.what is What.HOLD
            and story.operation.id not in ended
            and any(answer.done for answer in story.answers)
        ]
        self._answered = deque(
            (story for story in stories if story.answers and _may_be_repeated(story)), _KEPT_IN_MIND
        )

    async def ask_on_and_on(self) -> None:
        """One caller's life."""
        while not self._plan.closing.exists():
            await self.ask(self._next())

    async def ask(self, story: Story) -> None:
        """Until there is an answer; a key that is in use when the bank closes is left for the next process."""
        answer: Answer | None = None
        while answer is None:
            try:
                answer = await self.bank.ask(story.operation)
            except (Busy, Unavailable):
                await asyncio.sleep(_PAUSE_SECONDS)
            except KeyInUse:
                if self._plan.closing.exists():
                    return
                await asyncio.sleep(_PAUSE_FOR_A_KEY_SECONDS)
        await self._journal.answered(story, answer)
        if answer.done and story.operation.what is What.HOLD and len(story.answers) == 1:
            self._open_holds.append(story.operation)
        if _may_be_repeated(story):
            self._answered.append(story)

    def _next(self) -> Story:
        roll = self._dice.random()
        if roll < 0.05 and self._answered:
            return self._dice.choice(self._answered)
        if roll < 0.15 and self._open_holds:
            held = self._open_holds.pop(self._dice.randrange(len(self._open_holds)))
            what = self._dice.choice([What.RELEASE, What.CAPTURE])
            return self._asked(what, held.payer, held.payee, held.paise, of=held.id)
        payer, payee = self._pair()
        paise = self._dice.randint(1, _MOST_PAISE)
        if roll < 0.27:
            return self._asked(What.HOLD, payer, payee, paise)
        if roll < 0.32:
            return self._asked(What.ADD, payer, payee, paise)
        return self._asked(What.SEND_UNDER_A_KEY if roll < 0.5 else What.SEND, payer, payee, paise)

    def _asked(self, what: What, payer: uuid.UUID, payee: uuid.UUID, paise: int, of: str = "") -> Story:
        name = f"{self._number}-{len(self._journal.stories) + 1}"
        return self._journal.asked(Operation(name, what, payer, payee, paise, of))

    def _pair(self) -> tuple[uuid.UUID, uuid.UUID]:
        if self._dice.random() < 0.5:
            pair = [self._dice.choice(self._plan.hot), self._dice.choice(self._plan.others)]
        else:
            pair = self._dice.sample(self._plan.others, 2)
        self._dice.shuffle(pair)
        return pair[0], pair[1]


def _may_be_repeated(story: Story) -> bool:
    """Whether asking once more must give the same answer: a refusal without a key is nobody's promise."""
    return story.operation.what is What.SEND_UNDER_A_KEY or story.answers[0].done
