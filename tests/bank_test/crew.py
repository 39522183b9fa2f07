"""The processes of a run: eight workers and a reader, started, killed, and started again."""

from __future__ import annotations

import multiprocessing
import random
import signal
import time
from multiprocessing.process import BaseProcess

from tests.bank_test import reader, worker
from tests.bank_test.plan import WORKERS, Plan

_ANSWER_SECONDS = 120


class Crew:
    """Whoever works at the bank. `kills` counts processes that were alive and are dead."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        # Forked from a process that has imported everything: a worker that took a second to start would hardly live.
        self._context = multiprocessing.get_context("forkserver")
        self._context.set_forkserver_preload(["tests.bank_test.worker", "tests.bank_test.reader"])
        self._dice = random.Random(plan.seed)
        self._workers: dict[int, BaseProcess] = {}
        self._pipe, theirs = self._context.Pipe()
        self._reader = self._context.Process(target=reader.run, args=(plan, theirs))
        self.kills = 0
        self.accidents = 0
        """Workers that ended by themselves before they were to: what they died of stands on standard error."""

    def start(self) -> None:
        """The reader first."""
        self._reader.start()
        self.start_workers()

    def start_workers(self) -> None:
        for number in range(WORKERS):
            self._start_worker(number)

    def kill_one(self) -> None:
        """SIGKILL to any worker, and another takes its place at once."""
        number = self._dice.randrange(WORKERS)
        one = self._workers[number]
        one.kill()
        one.join()
        if one.exitcode == -signal.SIGKILL:
            self.kills += 1
            self._start_worker(number)
        self.replace_the_dead()

    def replace_the_dead(self) -> None:
        """Start whoever has died of something else."""
        for number, one in self._workers.items():
            if one.exitcode is not None:
                self.accidents += 1
                self._start_worker(number)

    def wait_until_done(self) -> bool:
        """Whether every worker has come to its end by itself, now that the bank is closing."""
        until = time.monotonic() + _ANSWER_SECONDS
        for one in self._workers.values():
            one.join(max(0.0, until - time.monotonic()))
        done = [one.exitcode == 0 for one in self._workers.values()]
        self.end()
        return all(done)

    def what_the_reader_saw(self) -> reader.Told:
        """Ends it."""
        self._pipe.send("enough")
        if not self._pipe.poll(_ANSWER_SECONDS):
            raise RuntimeError("the reader does not answer")
        told = self._pipe.recv()
        self._reader.join()
        return told

    def end(self) -> None:
        """Kill the workers that are still there."""
        for one in self._workers.values():
            one.kill()
            one.join()
        self._workers.clear()

    def end_all(self) -> None:
        """And the reader."""
        self.end()
        if self._reader.is_alive():
            self._reader.kill()
            self._reader.join()

    def _start_worker(self, number: int) -> None:
        one = self._context.Process(target=worker.run, args=(self._plan, number))
        one.start()
        self._workers[number] = one
