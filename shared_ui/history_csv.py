"""An owner's history as a file for spreadsheets, written while it is read."""

from __future__ import annotations

import csv
import io
from collections.abc import AsyncIterator

from money.rupees import decimal_rupees
from money.times import iso_in_kolkata
from shared_db.connection import with_retries
from shared_db.history import Place
from shared_db.history_rows import Happened
from shared_db.history_search import search
from shared_ui.history_filter import Filter, wanted_of
from shared_ui.history_words import HistoryWords
from shared_ui.services import the_services
from wallet.caller import Caller

_AT_ONCE = 500
_COLUMNS = ("Time", "What", "With", "Note", "Amount", "Balance after", "Status", "Bank reference", "Id")
# A spreadsheet takes a text that begins so for a formula, and would run it.
_FORMULAS = ("=", "+", "-", "@", "\t", "\r", "\n", "|", "%")


async def csv_of(caller: Caller, chosen: Filter, words: HistoryWords) -> AsyncIterator[str]:
    """The rows that are chosen, the newest first."""
    # Spreadsheets read UTF-8 only where the file says so by its first character.
    yield "\ufeff" + sheet([_COLUMNS])
    wanted, sought = wanted_of(chosen)
    place: Place | None = Place()
    while place is not None:
        begin = place
        page = await with_retries(
            the_services().database,
            lambda connection, begin=begin: search(
                connection, caller.owner_id, wanted=wanted, sought=sought, begin=begin, most=_AT_ONCE
            ),
        )
        yield sheet([_cells(one, words) for one in page.rows])
        place = page.next


def _cells(one: Happened, words: HistoryWords) -> tuple[str, ...]:
    after = "" if one.balance_after_paise is None else decimal_rupees(one.balance_after_paise)
    texts = (words.kind_of(one), words.who_of(one), one.note or "")
    return (
        iso_in_kolkata(one.at),
        *map(harmless, texts),
        decimal_rupees(one.amount_paise),
        after,
        words.standing_of(one),
        harmless(one.reference or ""),
        str(one.id),
    )


def harmless(text: str) -> str:
    """A cell that no spreadsheet runs."""
    return f"'{text}" if text.startswith(_FORMULAS) else text


def sheet(rows: list[tuple[str, ...]]) -> str:
    sheet = io.StringIO()
    csv.writer(sheet, lineterminator="\r\n").writerows(rows)
    return sheet.getvalue()
