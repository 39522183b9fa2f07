"""Compare a bank's statement of one day with our ledger, in both directions. Pure: no clock, nothing is repaired.

Each of our movements answers for one line: of the same kind and reference, else of its UTR, else of its amount within
two minutes. What of a bank's day answers to nothing, and what of ours nothing answers to, is a difference.
"""

from __future__ import annotations

import enum
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import NamedTuple

from money.times import kolkata_day

_NEAR = timedelta(minutes=2)


class Moved(enum.StrEnum):
    """What a line of a statement says has happened."""

    PAYMENT = "payment"
    REFUND = "refund"
    PAYOUT = "payout"
    REVERSAL = "reversal"


_BACK = {Moved.PAYMENT: Moved.REFUND, Moved.PAYOUT: Moved.REVERSAL}
"""Each kind, and the one that undoes it."""
_OUT = {back: out for out, back in _BACK.items()}


class Type(enum.StrEnum):
    """How a statement and our ledger differ."""

    MISSING_HERE = "missing_here"
    MISSING_THERE = "missing_there"
    AMOUNT = "amount"
    STATUS = "status"


class Line(NamedTuple):
    """One line of the bank's. `day` is the statement it stands in."""

    day: date
    at: datetime
    kind: Moved
    reference: str
    utr: str
    amount_paise: int


class Booked(NamedTuple):
    """One movement of our ledger. `since` is when what it settles began."""

    kind: Moved
    reference: str
    amount_paise: int
    at: datetime
    since: datetime
    utr: str | None = None


class Known(NamedTuple):
    """A payment or payout of this bank that we know, whatever became of it here."""

    kind: Moved
    """PAYMENT or PAYOUT."""
    reference: str
    amount_paise: int
    since: datetime
    refund_decided: bool = False
    """We do not credit it: the bank is to give it back."""
    refund_heard_at: datetime | None = None
    """When the bank told us that it has."""


class Difference(NamedTuple):
    """Something to look at. An amount is None where that side has nothing."""

    type: Type
    kind: Moved
    reference: str
    utr: str | None
    ours_paise: int | None
    theirs_paise: int | None


class Reconciliation(NamedTuple):
    """`matched` counts the day's lines that agree with our books."""

    matched: int
    differences: tuple[Difference, ...]


def reconcile(
    day: date, lines: Sequence[Line], booked: Sequence[Booked], known: Sequence[Known], *, asked_at: datetime
) -> Reconciliation:
    """What differs on this day in Kolkata.

    `lines` are those of this day and of the days around it, `booked` what we booked on them and whatever else the
    lines refer to. A line is of the day in whose statement it stands. A movement of ours is of the day on which we
    booked it, which may be the day after the bank's: it is missing there when no line of any of these days answers to
    it and it stood in our books when the bank was asked, because a bank books first and tells later.
    """
    books = _Books(day, booked, known, asked_at)
    for line in sorted(lines, key=lambda line: (line.day, line.at)):
        books.take(line)
    books.match_strangers()
    books.undo_pairs()
    books.judge_what_is_left()
    books.look_for_ours()
    return Reconciliation(books.matched, tuple(sorted(books.differences, key=_order)))


def days_before(
    day: date, lines: Sequence[Line], booked: Sequence[Booked], known: Sequence[Known]
) -> frozenset[date]:
    """Whose statements are needed as well: the bank may have booked it as soon as it began, long before we heard."""
    there = {(line.kind, line.reference) for line in lines}
    today = {line.reference for line in lines if line.day == day}
    begun = [one.since for one in booked if _is_of(day, one.at) and (one.kind, one.reference) not in there]
    begun += [one.since for one in booked if one.reference in today]
    begun += [
        one.since
        for one in known
        if one.reference in today or (one.refund_heard_at and _is_of(day, one.refund_heard_at))
    ]
    first = [kolkata_day(moment) for moment in begun]
    return frozenset(
        one + timedelta(days=later) for one in first for later in range((day - one).days) if one < day
    )


def _is_of(day: date, moment: datetime) -> bool:
    return kolkata_day(moment) == day


def _order(difference: Difference) -> tuple[str, ...]:
    return tuple(str(one) for one in difference)


@dataclass(slots=True)
class _Pair:
    """Lines about one reference that none of our movements answers to: money one way, and the way back."""

    out: list[Line] = field(default_factory=list[Line])
    back: list[Line] = field(default_factory=list[Line])


class _Books:
    def __init__(
        self, day: date, booked: Iterable[Booked], known: Iterable[Known], asked_at: datetime
    ) -> None:
        self.day = day
        self.asked_at = asked_at
        self.matched = 0
        self.differences: list[Difference] = []
        self._booked = {(one.kind, one.reference): one for one in booked}
        self._free = dict(self._booked)
        """Those that no line has answered to."""
        self._known = {(one.kind, one.reference): one for one in known}
        self._seen: set[tuple[Moved, str, str]] = set()
        self._strangers: list[Line] = []
        self._left: defaultdict[tuple[Moved, str], _Pair] = defaultdict(_Pair)

    def take(self, line: Line) -> None:
        """The earliest line about a movement of ours is its own; the same line again is one too many."""
        one = self._free.pop((line.kind, line.reference), None)
        again = (line.kind, line.reference, line.utr) in self._seen
        self._seen.add((line.kind, line.reference, line.utr))
        family = _OUT.get(line.kind, line.kind)
        if one:
            self._agree(line, one.amount_paise)
        elif again:
            self._differ(Type.MISSING_HERE, line)
        elif (family, line.reference) in self._known:
            pair = self._left[family, line.reference]
            (pair.out if line.kind is family else pair.back).append(line)
        else:
            self._strangers.append(line)

    def match_strangers(self) -> None:
        """A reference of nobody's may be a slip: its UTR counts, and then its amount at about that time."""
        by_utr = {(one.kind, one.utr): key for key, one in self._free.items() if one.utr}
        unknown: list[Line] = []
        for line in self._strangers:
            one = self._free.pop(by_utr.get((line.kind, line.utr), (line.kind, "")), None)
            if one:
                self._agree(line, one.amount_paise)
            else:
                unknown.append(line)
        by_amount: defaultdict[tuple[Moved, int], list[Booked]] = defaultdict(list)
        for one in self._free.values():
            by_amount[one.kind, one.amount_paise].append(one)
        for line in unknown:
            alike = by_amount[line.kind, line.amount_paise]
            near = min(alike, key=lambda one: abs(one.at - line.at), default=None)
            if near and abs(near.at - line.at) <= _NEAR:
                alike.remove(near)
                del self._free[near.kind, near.reference]
                self._agree(line, near.amount_paise)
            else:
                self._differ(Type.MISSING_HERE, line)

    def undo_pairs(self) -> None:
        """Paid there and given back there, and neither of it booked here: both sides have nothing."""
        for key, pair in self._left.items():
            while pair.out and pair.back:
                self._agree(pair.out.pop(0), self._known[key].amount_paise)
                self._agree(pair.back.pop(0), self._known[key].amount_paise)

    def judge_what_is_left(self) -> None:
        for key, pair in self._left.items():
            known = self._known[key]
            for line in pair.out[:1]:
                self._judge_out(line, known)
            for line in pair.back[:1]:
                self._judge_back(line, known)
            for line in (*pair.out[1:], *pair.back[1:]):
                self._differ(Type.MISSING_HERE, line)

    def look_for_ours(self) -> None:
        for one in self._free.values():
            if self._was_ours(one.at):
                self._miss(one.kind, one.reference, one.amount_paise, one.utr)

    def _was_ours(self, at: datetime) -> bool:
        """On this day, and before the bank was asked."""
        return _is_of(self.day, at) and at <= self.asked_at

    def _judge_out(self, line: Line, known: Known) -> None:
        """Paid there, and not booked here."""
        if (line.kind, line.reference) in self._booked:
            self._differ(Type.MISSING_HERE, line)  # paid a second time
        elif not known.refund_decided:
            self._differ(Type.STATUS, line)
        else:
            self._agree(line, known.amount_paise)
            if known.refund_heard_at and self._was_ours(known.refund_heard_at):
                self._miss(_BACK[line.kind], line.reference, known.amount_paise, None)

    def _judge_back(self, line: Line, known: Known) -> None:
        """Given back there, and not booked here."""
        if (line.kind, line.reference) in self._booked:
            self._differ(Type.MISSING_HERE, line)
        elif (known.kind, line.reference) in self._booked:
            self._differ(Type.STATUS, line)
        else:
            self._agree(line, known.amount_paise)
            if line.day == self.day:
                self._miss(known.kind, line.reference, known.amount_paise, None)

    def _agree(self, line: Line, ours_paise: int) -> None:
        if line.amount_paise != ours_paise:
            self._differ(Type.AMOUNT, line, ours_paise)
        elif line.day == self.day:
            self.matched += 1

    def _differ(self, type_: Type, line: Line, ours_paise: int | None = None) -> None:
        if line.day == self.day:
            self.differences.append(
                Difference(type_, line.kind, line.reference, line.utr, ours_paise, line.amount_paise)
            )

    def _miss(self, kind: Moved, reference: str, ours_paise: int, utr: str | None) -> None:
        self.differences.append(Difference(Type.MISSING_THERE, kind, reference, utr, ours_paise, None))
