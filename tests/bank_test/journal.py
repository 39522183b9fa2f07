"""A client's own book: what it asked, written before, and what it was answered, on disk before it goes on."""

from __future__ import annotations

import asyncio
import json
import os
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.bank_test.operations import Answer, Operation, What


@dataclass
class Story:
    """One operation as its client tells it."""

    operation: Operation
    answers: list[Answer] = field(default_factory=list)
    was_lost: bool = False
    """A worker was killed between question and answer, and its successor asked again."""


class Journal:
    """One worker's log file, gone on with by whoever takes its place after a kill."""

    def __init__(self, path: Path) -> None:
        self.stories = read(path)
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self._lines = 0
        self._lines_on_disk = 0
        self._one_at_a_time = asyncio.Lock()
        if self.stories:
            # The last line may have been cut off in the middle.
            os.write(self._file, b"\n")

    def asked(self, one: Operation) -> Story:
        """Before anything is done."""
        self._write({"ask": one})
        return self.stories.setdefault(one.id, Story(one))

    def asks_again(self, story: Story) -> None:
        """What was asked before the kill, and never answered."""
        story.was_lost = True
        self._write({"lost": story.operation.id})

    async def answered(self, story: Story, answer: Answer) -> None:
        """Returns once it is on disk. Lines of several callers share one fsync."""
        story.answers.append(answer)
        self._write({"got": story.operation.id, "done": answer.done, "word": answer.word})
        mine = self._lines
        async with self._one_at_a_time:
            if self._lines_on_disk < mine:
                written = self._lines
                await asyncio.to_thread(os.fsync, self._file)
                self._lines_on_disk = written

    def _write(self, line: dict[str, object]) -> None:
        os.write(self._file, f"{json.dumps(line, default=str)}\n".encode())
        self._lines += 1


def read(path: Path) -> dict[str, Story]:
    """Every operation of a log, in the order in which they were asked first."""
    stories: dict[str, Story] = {}
    for line in _lines(path):
        match line:
            case {"ask": [name, what, payer, payee, paise, of]}:
                one = Operation(name, What(what), uuid.UUID(payer), uuid.UUID(payee), paise, of)
                stories.setdefault(name, Story(one))
            case {"lost": name}:
                stories[name].was_lost = True
            case {"got": name, "done": done, "word": word}:
                stories[name].answers.append(Answer(done, word))
    return stories


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    for text in path.read_text().splitlines() if path.exists() else ():
        try:
            yield json.loads(text)
        except json.JSONDecodeError:
            continue
