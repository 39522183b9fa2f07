"""Busy days with every kind of movement, spoilt as the dummy bank spoils them: each error is found, none invented."""

from __future__ import annotations

import random
from collections import Counter
from datetime import UTC, date, datetime, timedelta

import pytest

from dummy_bank.faults import Faults
from dummy_bank.statement import Line as Written
from dummy_bank.statement import with_errors
from money.reconciliation import Booked, Difference, Known, Line, Moved, reconcile
from tests.spoilt_statements import Plan

DAY = date(2026, 11, 20)
MIDNIGHT = datetime(2026, 11, 19, 18, 30, tzinfo=UTC)
ASKED_AT = MIDNIGHT + timedelta(hours=26)
START_MS = int(MIDNIGHT.timestamp() * 1000)


class BusyDay:
    """Both books of one day, right to the last line."""

    def __init__(self, dice: random.Random) -> None:
        self.dice = dice
        self.right: list[Written] = []
        self.booked: list[Booked] = []
        self.known: list[Known] = []
        self.plan = Plan()
        for number in range(dice.randint(0, 60)):
            self.happens(f"r-{number}", dice.randint(1, 90_000_00))

    def happens(self, reference: str, paise: int) -> None:
        at = self.dice.choice([self.dice.uniform(60, 86_000), 86_399, 86_399.9])
        if self.dice.random() < 0.5:
            self.payment(reference, paise, at)
        else:
            self.payout(reference, paise, at)

    def payment(self, reference: str, paise: int, at: float) -> None:
        becomes = self.dice.choice(["credited", "declined", "refunded", "turned away", "to be refunded"])
        heard_at = None
        if becomes == "credited":
            self.ours(Moved.PAYMENT, reference, paise, at)
        if becomes != "declined":
            self.theirs("payment", reference, paise, at)
        if becomes in {"refunded", "turned away"}:
            self.plan.given_back.add(reference)
            self.theirs("refund", reference, paise, min(at + 5, 86_399.9))
        if becomes == "refunded":
            self.plan.heard.add(reference)
            heard_at = MIDNIGHT + timedelta(seconds=min(at + 6, 86_399.99))
        decided = becomes in {"refunded", "to be refunded"}
        self.known.append(Known(Moved.PAYMENT, reference, paise, self.begun(at), decided, heard_at))

    def payout(self, reference: str, paise: int, at: float) -> None:
        becomes = self.dice.choice(["paid", "failed", "pending", "reversed", "back before we heard"])
        self.known.append(Known(Moved.PAYOUT, reference, paise, self.begun(at)))
        if becomes in {"paid", "reversed"}:
            self.ours(Moved.PAYOUT, reference, paise, at)
        if becomes not in {"failed", "pending"}:
            self.theirs("payout", reference, paise, at)
        if becomes in {"reversed", "back before we heard"}:
            self.theirs("reversal", reference, paise, min(at + 5, 86_399.9))
        if becomes == "reversed":
            self.ours(Moved.REVERSAL, reference, paise, min(at + 5, 86_399.9))
        if becomes == "back before we heard":
            self.plan.given_back.add(reference)

    def ours(self, kind: Moved, reference: str, paise: int, at: float) -> None:
        """A moment after the bank, which may be on the next day."""
        # What is missing there is told on our day; so that the plan below is simple, ours stays on the bank's.
        moment = min(at + self.dice.uniform(0, 2), 86_399.99)
        self.plan.booked.add((kind, reference))
        self.booked.append(
            Booked(kind, reference, paise, MIDNIGHT + timedelta(seconds=moment), self.begun(at))
        )

    def theirs(self, kind: str, reference: str, paise: int, at: float) -> None:
        utr = f"UTR{len(self.right):06d}"
        line = Written(START_MS + int(at * 1000), kind, reference, utr, paise)  # pyright: ignore[reportArgumentType] # one of four
        self.right.append(line)

    def begun(self, at: float) -> datetime:
        return MIDNIGHT + timedelta(seconds=at - self.dice.uniform(0, 60))


def read(lines: list[Written]) -> list[Line]:
    """As they stand in the file, whose times have no fractions."""
    return [
        Line(
            DAY,
            datetime.fromtimestamp(one.at_ms // 1000, UTC),
            Moved(one.kind),
            one.reference,
            one.utr,
            one.amount_paise,
        )
        for one in lines
    ]


def differences(day: BusyDay, lines: list[Written]) -> tuple[Difference, ...]:
    return reconcile(DAY, read(lines), day.booked, day.known, asked_at=ASKED_AT).differences


@pytest.mark.parametrize("block", range(8))
def test_every_planted_error_is_found_and_none_is_invented(block: int) -> None:
    found_in_all = 0
    for seed in range(block * 250, block * 250 + 250):
        dice = random.Random(seed)
        day = BusyDay(dice)
        assert differences(day, day.right) == (), f"seed {seed}"
        count = dice.choice([1, 2, 3, 4, 7, 15, 40])
        faults = Faults(statement_errors=count, seed=seed)

        wrong = with_errors(day.right, faults, bank="hdfc", day=DAY, start_ms=START_MS)
        found = differences(day, wrong)

        told = Counter((one.type.value, one.reference, one.ours_paise, one.theirs_paise) for one in found)
        assert told == day.plan.planted(day.right, wrong), f"seed {seed}"
        found_in_all += len(found)
    assert found_in_all > 1_000


@pytest.mark.parametrize("seed", range(20))
def test_the_order_of_both_books_changes_nothing(seed: int) -> None:
    dice = random.Random(seed)
    day = BusyDay(dice)
    faults = Faults(statement_errors=12, seed=seed)
    wrong = with_errors(day.right, faults, bank="hdfc", day=DAY, start_ms=START_MS)
    before = differences(day, wrong)

    for books in (wrong, day.booked, day.known):
        dice.shuffle(books)  # pyright: ignore[reportArgumentType] # each is a list

    assert differences(day, wrong) == before
