"""The storm of withdrawals in short, and that it has teeth: `python -m tests.withdraw_storm`."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import uuid
from collections.abc import Callable, Generator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.withdraw_storm.books import Balance, BankBooks, Ours, Payout
from tests.withdraw_storm.check import Findings, judge
from tests.withdraw_storm.owners import EACH_HAS_PAISE, Owner, Wish

ROOT = Path(__file__).resolve().parents[2]
WITHIN_SECONDS = 300
"""For a machine that does other things as well."""
SHORT = ("--withdrawals", "120", "--owners", "12", "--seconds", "12")
FEW = ("--withdrawals", "6", "--owners", "3", "--seconds", "0.1")
RUNS = {"storm": SHORT, "frozen": (*FEW, "--frozen"), "late": (*FEW, "--broken", "late")}
NONE_WRONG = dict.fromkeys(Findings().wrongs, 0)


@pytest.fixture(scope="module")
def ended() -> Generator[Callable[[str], tuple[int, dict[str, Any]]]]:
    """The exit code and the figures of a run. They run beside one another: most of their time is a lease's."""
    with contextlib.ExitStack() as stack:
        runs = {name: stack.enter_context(_started(*arguments)) for name, arguments in RUNS.items()}

        def figures(name: str) -> tuple[int, dict[str, Any]]:
            said, complained = runs[name].communicate(timeout=WITHIN_SECONDS)
            sys.stdout.write(complained)
            [line] = said.splitlines()
            return runs[name].returncode, json.loads(line)

        yield figures


@contextlib.contextmanager
def _started(*arguments: str) -> Generator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "tests.withdraw_storm", *arguments]
    with subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as run:
        try:
            yield run
        finally:
            run.terminate()


def test_each_is_paid_once_while_everybody_is_killed_and_the_banks_do_their_worst(
    ended: Callable[[str], tuple[int, dict[str, Any]]],
) -> None:
    code, figures = ended("storm")

    assert {name: figures[name] for name in NONE_WRONG} == NONE_WRONG
    assert (figures["verified"], figures["open_holds_paise"], figures["accidents"]) == (True, 0, 0)
    assert (figures["asked"], figures["accepted"] + figures["refused"]) == (120, 120)
    assert figures["paid"]
    assert figures["bank_movements"]
    assert set(figures["kills"]) == {"worker", "bank", "webhook server", "desk", "database"}
    assert figures["seconds_to_final"] < 60
    assert code == 0


def test_a_frozen_workers_late_write_is_refused_and_another_has_gone_on(
    ended: Callable[[str], tuple[int, dict[str, Any]]],
) -> None:
    code, figures = ended("frozen")

    assert (code, figures["refused_writes"]) == (0, 3)
    assert {name: figures[name] for name in NONE_WRONG} == NONE_WRONG


def test_a_late_write_that_is_taken_is_found_out(
    ended: Callable[[str], tuple[int, dict[str, Any]]],
) -> None:
    code, figures = ended("late")

    assert (code, figures["refused_writes"]) == (1, 0)
    # The bank's answer to a question that nobody should have had to ask heals it, sooner or later.
    assert figures["called_for_again"] or figures["not_final"]


# The judgement, on books written by hand

NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)
ASHA = Owner(uuid.UUID(int=1), "")
FIRST, SECOND = uuid.UUID(int=11), uuid.UUID(int=12)
PLACE = ("hdfc", "123456789012", "HDFC0ABC123", 100_00)


class Case:
    """Two withdrawals of Asha's, both paid, all right; until a test changes something."""

    def __init__(self) -> None:
        self.wishes = [Wish(ASHA, name, *PLACE) for name in ("1", "2")]
        self.here: list[Ours] = []
        self.there: list[Payout] = []
        for number, (id_, wish) in enumerate(zip((FIRST, SECOND), self.wishes, strict=True)):
            wish.accepted = id_
            called, at_ms = NOON + timedelta(seconds=number), number * 1000
            self.here.append(
                Ours(
                    id_, ASHA.id, number + 1, *PLACE, "paid", "none", f"UTR{number}",
                    called + timedelta(milliseconds=500), wish.reference, called, called,
                )
            )  # fmt: skip
            self.there.append(
                Payout(
                    "hdfc", str(id_), *PLACE[1:], "succeeded", f"UTR{number}", at_ms,
                    paid_paise=100_00, decided_ms=at_ms + 100,
                )
            )  # fmt: skip
        self.balance = Balance(ASHA.id, EACH_HAS_PAISE - 200_00, 0)

    def becomes(self, number: int, **changes: object) -> None:
        """Of our row."""
        self.here[number] = self.here[number]._replace(**changes)  # pyright: ignore[reportArgumentType] # a test's own words

    def wrong(self) -> set[str]:
        found = judge(self.wishes, self.here, BankBooks(self.there, 0), [self.balance])
        return {name for name, sentences in vars(found).items() if sentences}


def test_books_that_are_one_are_right() -> None:
    assert Case().wrong() == set()


def unanswered(case: Case) -> None:
    case.wishes[0].accepted = None


def refused_and_there(case: Case) -> None:
    case.wishes[0].accepted, case.wishes[0].is_refused = None, True


def told_another(case: Case) -> None:
    case.wishes[0].accepted = SECOND


def cancelled_and_paid(case: Case) -> None:
    case.wishes[0].is_cancelled = True


def never_asked(case: Case) -> None:
    case.wishes.pop()


def the_bank_alone_knows(case: Case) -> None:
    case.there.append(Payout("hdfc", "other", *PLACE[1:], "failed", None, 5000, decided_ms=5000))


def twice(case: Case) -> None:
    case.there.append(case.there[0])


def another_utr(case: Case) -> None:
    case.becomes(0, utr="UTR9")


def failed_here(case: Case) -> None:
    case.becomes(0, status="failed", utr=None)


def unknown_here(case: Case) -> None:
    case.becomes(0, status="unknown", settled_at=None)


def never_paid_there(case: Case) -> None:
    case.there[1].paid_paise = 0


def less_there(case: Case) -> None:
    case.there[1].paid_paise -= 1


def to_another_account(case: Case) -> None:
    case.there[0].account_number = "999999999999"


def came_back(case: Case) -> None:
    case.there[0].returned_paise = 100_00


def reversed_here_alone(case: Case) -> None:
    case.becomes(0, status="reversed")


def second_first(case: Case) -> None:
    case.there.reverse()


def called_too_soon(case: Case) -> None:
    case.becomes(1, first_call_at=NOON + timedelta(milliseconds=499))


def called_again(case: Case) -> None:
    case.becomes(0, last_call_at=NOON + timedelta(seconds=2))


def both_at_once(case: Case) -> None:
    case.there[0].decided_ms = 1001


def a_paisa_is_missing(case: Case) -> None:
    case.balance = case.balance._replace(paise=case.balance.paise - 1)


def something_on_hold(case: Case) -> None:
    case.balance = case.balance._replace(held_paise=1)


@pytest.mark.parametrize(
    ("spoil", "found"),
    [
        (unanswered, "lost"),
        (refused_and_there, "lost"),
        (told_another, "lost"),
        (cancelled_and_paid, "lost"),
        (never_asked, "unasked"),
        (the_bank_alone_knows, "unasked"),
        (twice, "paid_twice"),
        (less_there, "paid_twice"),
        (another_utr, "books_differ"),
        (failed_here, "books_differ"),
        (never_paid_there, "books_differ"),
        (to_another_account, "books_differ"),
        (came_back, "books_differ"),
        (reversed_here_alone, "books_differ"),
        (unknown_here, "not_final"),
        (second_first, "out_of_order"),
        (called_too_soon, "out_of_order"),
        (called_again, "called_for_again"),
        (both_at_once, "two_in_flight"),
        (a_paisa_is_missing, "wrong_balances"),
        (something_on_hold, "wrong_balances"),
    ],
)
def test_whatever_is_wrong_is_found(spoil: Callable[[Case], None], found: str) -> None:
    case = Case()

    spoil(case)

    assert found in case.wrong()


def test_a_reversal_of_which_every_letter_was_lost_is_told_apart() -> None:
    case = Case()
    case.there[0].returned_paise = 100_00
    case.there[0].untold = {"payout.reversed"}

    assert case.wrong() == {"untold_reversals"}
