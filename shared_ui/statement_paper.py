"""A month's statement on paper: what there was before, each movement with the balance after it, what there is now."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple

from money.activity import ACTIVITY_OF
from money.movements import Kind
from money.rupees import format_rupees
from money.times import ist
from shared_db.history_rows import Moved, happened
from shared_db.monthly_statement import Stretch
from shared_ui.history_words import HOUSE, HistoryWords
from shared_ui.paper import LARGE, MARGIN, QUIET, SMALL, Sheet

_ROW, _HEAD = 9.5, 7
_LAKHS = len("+₹12,34,567.89")
_TIME, _WHAT, _NAME = 32, 78, 125
_CAME_BACK = {
    Kind.RELEASE: "Came back from a withdrawal",
    Kind.REVERSAL: "Sent back by your bank",
}
_MONTH = re.compile("[0-9]{4}-[0-9]{2}")
_WENT_AGAIN = "A withdrawal that was paid after all"


@dataclass(frozen=True)
class Month:
    """A month of Kolkata, by its first and last day."""

    first: date
    last: date

    @property
    def name(self) -> str:
        return f"{self.first:%B %Y}"


class Holder(NamedTuple):
    """Whose statement it is, as it stands at its top."""

    name: str
    contact: str


class StatementPaper:
    """Begun with what the month holds, given its entries in their order, finished when all are there."""

    def __init__(
        self, holder: Holder, month: Month, stretch: Stretch, words: HistoryWords, *, printed: datetime
    ) -> None:
        self._stretch = stretch
        self._words = words
        self._balance_paise = stretch.opening_paise
        self._sheet = Sheet(
            f"Statement, {month.name}",
            printed=printed,
            said_below="Times are India's. A withdrawal counts from when its money is set aside.",
        )
        self._write_holder(holder, month)
        self._write_sums()
        self._write_heads()

    def add(self, rows: list[Moved]) -> None:
        for row in rows:
            self._balance_paise += row.amount_paise
            assert self._balance_paise == row.balance_after_paise, "entries follow one another"
            self._write_row(row)

    def finished(self) -> bytes:
        assert self._balance_paise == self._stretch.closing_paise, "all entries are there"
        sheet = self._sheet
        if self._stretch.before == self._stretch.newest:
            sheet.write_at(MARGIN, sheet.y + 6, "Nothing moved in this month.", ink=QUIET)
            sheet.set_y(sheet.y + _ROW)
        self._make_room()
        self._write_balance("Closing balance", self._stretch.closing_paise)
        return bytes(sheet.output())

    def _write_holder(self, holder: Holder, month: Month) -> None:
        sheet, top = self._sheet, self._sheet.y
        for line in sheet.lines_of(holder.name, _NAME, size=LARGE):
            sheet.write_at(MARGIN, sheet.y + 4, line, size=LARGE, is_strong=True)
            sheet.set_y(sheet.y + 6)
        sheet.write_at(MARGIN, sheet.y + 4, holder.contact, ink=QUIET, width=_NAME)
        span = f"{month.first.day} to {month.last.day} {month.name}"
        sheet.write_to(sheet.w - MARGIN, top + 4, span, ink=QUIET)
        sheet.set_y(sheet.y + 12)

    def _write_sums(self) -> None:
        sheet, top, has = self._sheet, self._sheet.y, self._stretch
        sums = (
            ("Opening balance", format_rupees(has.opening_paise)),
            ("Came in", f"+{format_rupees(has.came_in_paise)}" if has.came_in_paise else format_rupees(0)),
            ("Went out", format_rupees(-has.went_out_paise)),
            ("Closing balance", format_rupees(has.closing_paise)),
        )
        width = sheet.inner_width / len(sums)
        # Crores still fit beside one another.
        size = LARGE if all(len(amount) <= _LAKHS for _, amount in sums) else LARGE - 3
        for place, (name, amount) in enumerate(sums):
            sheet.write_at(MARGIN + place * width, top + 3, name, size=SMALL, ink=QUIET)
            sheet.write_at(MARGIN + place * width, top + 9, amount, size=size, is_strong=True)
        sheet.set_y(top + 18)

    def _write_heads(self) -> None:
        sheet, base = self._sheet, self._sheet.y + 4
        sheet.write_at(MARGIN, base, "Time", size=SMALL, ink=QUIET)
        sheet.write_at(MARGIN + _TIME, base, "What", size=SMALL, ink=QUIET)
        sheet.write_to(self._amounts_end, base, "Amount", size=SMALL, ink=QUIET)
        sheet.write_to(sheet.w - MARGIN, base, "Balance", size=SMALL, ink=QUIET)
        sheet.set_y(sheet.y + _HEAD)
        sheet.rule(sheet.y)

    def _write_row(self, row: Moved) -> None:
        self._make_room()
        sheet, top = self._sheet, self._sheet.y
        who, what = _told(row, self._words)
        sign = "+" if row.amount_paise > 0 else ""
        sheet.write_at(MARGIN, top + 4.2, ist(row.at), ink=QUIET, size=SMALL + 1)
        sheet.write_at(MARGIN + _TIME, top + 4.2, who, width=_WHAT)
        sheet.write_at(MARGIN + _TIME, top + 8, what, size=SMALL, ink=QUIET, width=_WHAT)
        sheet.write_to(self._amounts_end, top + 4.2, f"{sign}{format_rupees(row.amount_paise)}")
        sheet.write_to(sheet.w - MARGIN, top + 4.2, format_rupees(row.balance_after_paise))
        sheet.set_y(top + _ROW)
        sheet.rule(sheet.y)

    def _write_balance(self, name: str, paise: int) -> None:
        sheet, base = self._sheet, self._sheet.y + 6
        sheet.write_at(MARGIN + _TIME, base, name, is_strong=True)
        sheet.write_to(sheet.w - MARGIN, base, format_rupees(paise), is_strong=True)

    def _make_room(self) -> None:
        if self._sheet.y + _ROW > self._sheet.lowest:
            self._sheet.add_page()
            self._write_heads()

    @property
    def _amounts_end(self) -> float:
        return self._sheet.w - MARGIN - 34


def month_of(text: str) -> Month:
    """`2026-11`. Raises ValueError."""
    if not _MONTH.fullmatch(text):
        raise ValueError("a month is written 2026-11")
    first = date.fromisoformat(f"{text}-01")
    following = date(first.year + first.month // 12, first.month % 12 + 1, 1)
    return Month(first, date.fromordinal(following.toordinal() - 1))


def _told(row: Moved, words: HistoryWords) -> tuple[str, str]:
    """With whom, and what it was."""
    if row.kind not in ACTIVITY_OF:
        what = _CAME_BACK.get(Kind(row.kind), _WENT_AGAIN) if row.amount_paise > 0 else _WENT_AGAIN
        return HOUSE, what
    one = happened(row)
    parts = (words.kind_of(one), one.note, one.reference and f"reference {one.reference}")
    return words.who_of(one), ": ".join(part for part in parts if part)
