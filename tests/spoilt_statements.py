"""What a spoilt statement has to look like from our books: worked out from the right lines, not from the rules."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

Told = Counter[tuple[str, str, int | None, int | None]]
BACK = {"payment": "refund", "payout": "reversal"}
OUT = {"refund": "payment", "reversal": "payout"}


class AnyLine(Protocol):
    """One line of a statement, by whichever reader."""

    @property
    def kind(self) -> str: ...
    @property
    def reference(self) -> str: ...
    @property
    def utr(self) -> str: ...
    @property
    def amount_paise(self) -> int: ...


@dataclass
class Plan:
    """A day on which both books agree."""

    booked: set[tuple[str, str]] = field(default_factory=set[tuple[str, str]])
    """Kind and reference of what stands in our ledger."""
    given_back: set[str] = field(default_factory=set[str])
    """References of what was paid and given back there, and is nothing here."""
    heard: set[str] = field(default_factory=set[str])
    """Of these, what the bank has told us of."""

    def planted(self, right: Sequence[AnyLine], wrong: Sequence[AnyLine]) -> Told:
        """Each wrong line, as it has to be told."""
        there: dict[str, list[AnyLine]] = {}
        for line in wrong:
            there.setdefault(line.utr, []).append(line)
        left = {(line.kind, line.reference): len(there.get(line.utr, [])) for line in right}
        expected: Told = Counter()
        for line in right:
            expected += self._of_one(line, there.pop(line.utr, []), left)
        for strangers in there.values():
            expected += Counter(("missing_here", one.reference, None, one.amount_paise) for one in strangers)
        return expected

    def _of_one(self, line: AnyLine, found: Sequence[AnyLine], left: dict[tuple[str, str], int]) -> Told:
        """Of a right line, and the lines that stand in its place."""
        if not found:
            return self._of_none(line, left)
        told: Told = Counter()
        if len(found) == 2:
            told["missing_here", line.reference, None, line.amount_paise] += 1
        paid_alone = line.kind in BACK and line.reference in self.given_back - self.heard
        if paid_alone and not left[BACK[line.kind], line.reference]:
            # Whatever its amount: paid there, and here nobody has heard that it was given back.
            told["status", line.reference, None, found[0].amount_paise] += 1
        elif found[0].amount_paise != line.amount_paise:
            told["amount", line.reference, line.amount_paise, found[0].amount_paise] += 1
        return told

    def _of_none(self, line: AnyLine, left: dict[tuple[str, str], int]) -> Told:
        missing: Told = Counter({("missing_there", line.reference, line.amount_paise, None): 1})
        if line.reference in self.given_back:
            # What we can say depends on which of the two lines is gone, and on what we were told.
            is_out = line.kind in BACK
            other = BACK[line.kind] if is_out else OUT[line.kind]
            says_so = left[other, line.reference] and (is_out or line.reference in self.heard)
            return missing if says_so else Counter()
        return missing if (line.kind, line.reference) in self.booked else Counter()
