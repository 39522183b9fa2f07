"""What moved on one day, as the file that banks hand to their merchants; wrong, where a fault says so."""

from __future__ import annotations

import csv
import hashlib
import io
import re
import sqlite3
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import get_args
from zoneinfo import ZoneInfo

from bank_api.statement import HEADINGS, StatementKind
from dummy_bank.brands import BRANDS
from dummy_bank.faults import Faults, in_force

_KOLKATA = ZoneInfo("Asia/Kolkata")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_STATUS: dict[StatementKind, str] = {
    "payment": "paid",
    "refund": "refunded",
    "payout": "succeeded",
    "reversal": "reversed",
}
_ERRORS = ("missing", "doubled", "wrong amount", "unknown reference")
_WRONG_BY_PAISE = 1_00

# Each book's movements are numbered for themselves, so within one millisecond payments come first.
_MOVEMENTS = """
SELECT m.at_ms, m.kind, p.merchant_reference AS reference, m.utr, m.amount_paise, 1 AS book, m.id
FROM movements AS m JOIN payments AS p ON p.token = m.token
WHERE m.bank = :bank AND m.at_ms >= :start_ms AND m.at_ms < :end_ms
UNION ALL
SELECT m.at_ms, m.kind, p.reference, m.utr, m.amount_paise, 2, m.id
FROM payout_movements AS m JOIN payouts AS p ON p.payout_id = m.payout_id
WHERE m.bank = :bank AND m.at_ms >= :start_ms AND m.at_ms < :end_ms
ORDER BY 1, 6, 7
"""


@dataclass(frozen=True, slots=True)
class Line:
    at_ms: int
    kind: StatementKind
    reference: str
    """The merchant's own."""
    utr: str
    amount_paise: int


def day(text: str) -> date:
    """`2026-11-20`. Raises ValueError for every other way to write a day."""
    if not _DAY.fullmatch(text):
        raise ValueError("a day is written YYYY-MM-DD")
    return date.fromisoformat(text)


def of_day(connection: sqlite3.Connection, *, bank: str, day: date) -> str:
    """One line for each movement of this day in Kolkata, in order; a pending or failed payout has moved nothing."""
    start_ms = int(datetime(day.year, day.month, day.day, tzinfo=_KOLKATA).timestamp() * 1000)
    end_ms = start_ms + timedelta(days=1) // timedelta(milliseconds=1)
    rows = connection.execute(_MOVEMENTS, {"bank": bank, "start_ms": start_ms, "end_ms": end_ms})
    lines = [Line(*row[:5]) for row in rows]
    faults = in_force(connection, bank)
    if faults.statement_errors:
        lines = with_errors(lines, faults, bank=bank, day=day, start_ms=start_ms)
    text = io.StringIO()
    sheet = csv.writer(text, lineterminator="\n")
    sheet.writerow(HEADINGS)
    for line in lines:
        at = datetime.fromtimestamp(line.at_ms / 1000, _KOLKATA).isoformat(timespec="seconds")
        sheet.writerow((at, line.kind, line.reference, line.utr, line.amount_paise, _STATUS[line.kind]))
    return text.getvalue()


def with_errors(lines: list[Line], faults: Faults, *, bank: str, day: date, start_ms: int) -> list[Line]:
    """The same day with as many wrong lines as the fault says, each another line's, its kind by turns.

    A line is missing, stands there twice, has another amount, or an additional one has a reference of nobody's.
    Where no right line is left to be spoilt, that last kind takes the turn.
    """
    by_die = sorted(
        range(len(lines)),
        key=lambda place: (
            faults.die(bank, "statement", day.isoformat(), lines[place].kind, lines[place].reference),
            place,
        ),
    )
    strangers: list[Line] = []
    spoilt: dict[int, list[Line]] = {}
    for number in range(faults.statement_errors):
        error = _ERRORS[number % len(_ERRORS)]
        if error == "unknown reference" or not by_die:
            strangers.append(_stranger(faults, bank, day, start_ms, number))
            continue
        place = by_die.pop(0)
        spoilt[place] = _spoil(lines[place], error)
    right_and_wrong = [line for place, one in enumerate(lines) for line in spoilt.get(place, [one])]
    return strangers + right_and_wrong


def _spoil(line: Line, error: str) -> list[Line]:
    if error == "missing":
        return []
    if error == "doubled":
        return [line, line]
    # One rupee less where there is one, so that the largest amount stays one that can be read.
    wrong_by = -_WRONG_BY_PAISE if line.amount_paise > _WRONG_BY_PAISE else _WRONG_BY_PAISE
    return [replace(line, amount_paise=line.amount_paise + wrong_by)]


def _stranger(faults: Faults, bank: str, day: date, start_ms: int, number: int) -> Line:
    """At midnight, so that it stands first, whatever else the day brings."""
    about = f"{faults.seed} {bank} {day.isoformat()} {number}"
    digits = int(hashlib.blake2b(about.encode(), digest_size=8).hexdigest(), 16)
    kinds: tuple[StatementKind, ...] = get_args(StatementKind)
    return Line(
        at_ms=start_ms,
        kind=kinds[number // len(_ERRORS) % len(kinds)],
        reference=f"unknown-{digits:016x}",
        utr=f"{BRANDS[bank].reference_prefix}{digits % 10**11:011d}",
        amount_paise=1 + digits % 5_000_00,
    )
