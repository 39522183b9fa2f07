"""What moved on one day, as the file that banks hand to their merchants."""

from __future__ import annotations

import csv
import io
import re
import sqlite3
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

_KOLKATA = ZoneInfo("Asia/Kolkata")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_HEADINGS = ("date_time", "kind", "reference", "utr", "amount_paise", "status")
_STATUS = {"payment": "paid", "refund": "refunded"}


def day(text: str) -> date:
    """`2026-11-20`. Raises ValueError for every other way to write a day."""
    if not _DAY.fullmatch(text):
        raise ValueError("a day is written YYYY-MM-DD")
    return date.fromisoformat(text)


def of_day(connection: sqlite3.Connection, *, bank: str, day: date) -> str:
    """One line for each movement of this day in Kolkata, in order; `reference` is the merchant's own."""
    start = datetime(day.year, day.month, day.day, tzinfo=_KOLKATA)
    rows = connection.execute(
        "SELECT m.at_ms, m.kind, p.merchant_reference, m.utr, m.amount_paise"
        " FROM movements AS m JOIN payments AS p ON p.token = m.token"
        " WHERE m.bank = ? AND m.at_ms >= ? AND m.at_ms < ? ORDER BY m.at_ms, m.id",
        (bank, _ms(start), _ms(start) + timedelta(days=1) // timedelta(milliseconds=1)),
    )
    text = io.StringIO()
    lines = csv.writer(text, lineterminator="\n")
    lines.writerow(_HEADINGS)
    for at_ms, kind, reference, utr, amount_paise in rows:
        at = datetime.fromtimestamp(at_ms / 1000, _KOLKATA)
        lines.writerow((at.isoformat(timespec="seconds"), kind, reference, utr, amount_paise, _STATUS[kind]))
    return text.getvalue()


def _ms(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)
