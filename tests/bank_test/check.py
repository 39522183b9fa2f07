"""The end: what the clients were told, held against what stands in the ledger."""

from __future__ import annotations

import uuid
from collections import defaultdict
from dataclasses import dataclass, field
from typing import NamedTuple

import psycopg
from psycopg.rows import args_row

from tests.bank_test.journal import Story, read
from tests.bank_test.opening import START
from tests.bank_test.operations import What
from tests.bank_test.plan import WORKERS, Plan

_TRANSFERS = """
SELECT id, reference, source_id, target_id, amount_paise, note FROM transfers WHERE NOT starts_with(reference, %s)
"""


class Transfer(NamedTuple):
    """One row of the ledger."""

    id: uuid.UUID
    reference: str
    source: uuid.UUID
    target: uuid.UUID
    paise: int
    note: str | None

    @property
    def mark(self) -> str:
        return self.note or self.reference


@dataclass
class Findings:
    """What came of it; each list holds sentences, and is empty when all is well."""

    acknowledged: int = 0
    refused: int = 0
    asked_again: int = 0
    lost: list[str] = field(default_factory=list)
    """Told to somebody, and not so: done and not in the ledger, or refused and in it."""
    twice: list[str] = field(default_factory=list)
    """In the ledger more often than asked."""
    unanswered: list[str] = field(default_factory=list)


def check(plan: Plan) -> Findings:
    """Every client's log against every row."""
    with psycopg.connect(plan.url) as connection, connection.cursor(row_factory=args_row(Transfer)) as cursor:
        transfers = cursor.execute(_TRANSFERS, (START,)).fetchall()
    stories = [story for number in range(WORKERS) for story in read(plan.log_of(number)).values()]
    return compare(stories, transfers)


def compare(stories: list[Story], transfers: list[Transfer]) -> Findings:
    """The judgement itself."""
    found = Findings()
    standing = defaultdict[str, list[Transfer]](list)
    for transfer in transfers:
        standing[transfer.mark].append(transfer)
    for story in stories:
        _compare_one(story, standing.get(story.operation.mark, []), found)
    asked = {story.operation.mark for story in stories}
    found.twice += [f"nobody asked for {mark}" for mark in standing if mark not in asked]
    marks_of = defaultdict[str, set[str]](set)
    for transfer in transfers:
        marks_of[transfer.reference].add(transfer.mark)
    found.twice += [f"{one} was used for {marks}" for one, marks in marks_of.items() if len(marks) > 1]
    return found


def _compare_one(story: Story, standing: list[Transfer], found: Findings) -> None:
    one = story.operation
    found.asked_again += story.was_lost
    if len(standing) > 1:
        found.twice.append(f"{one} was applied {len(standing)} times")
    if not story.answers:
        found.unanswered.append(f"{one}")
        return
    answer = story.answers[0]
    found.acknowledged += answer.done
    found.refused += not answer.done
    if wrong := _broken_promise(story, standing):
        found.lost.append(f"{one.what} {one.id} was told {answer}: {wrong}")


def _broken_promise(story: Story, standing: list[Transfer]) -> str:
    """What is not as its client was told, in words; nothing, where all is."""
    one, answer = story.operation, story.answers[0]
    if any(later != answer for later in story.answers):
        return f"later it was {story.answers[1:]}"
    if answer.done:
        wanted = (*one.sides, one.paise)
        is_there = any(
            (has.source, has.target, has.paise) == wanted
            and (one.what is What.ADD or str(has.id) == answer.word)
            for has in standing
        )
        return "" if is_there else f"in the ledger stands {standing}"
    if one.what in {What.RELEASE, What.CAPTURE}:
        return "its hold had been acknowledged"
    # Without a key, a refusal is no promise while an earlier question of a killed process may still be on its way.
    is_promise = one.what is What.SEND_UNDER_A_KEY or not story.was_lost
    return f"in the ledger stands {standing}" if standing and is_promise else ""
