"""Look through an owner's history for words and results: a stretch at a time, so that no page reads without end."""

from __future__ import annotations

import uuid
from typing import NamedTuple

from money.activity import Result
from money.rupees import format_rupees
from shared_db.connection import Connection
from shared_db.history import Page, Place, Wanted, page_of, place_after
from shared_db.history_rows import Happened

_AT_ONCE = 500
_MOST_LOOKED_THROUGH = 5_000


class Sought(NamedTuple):
    """All rows where nothing is said. `words` stand in the name, the note, the bank's reference or the amount."""

    words: str = ""
    results: frozenset[Result] = frozenset(Result)
    only_settlements: bool = False


async def search(
    connection: Connection, owner_id: uuid.UUID, *, wanted: Wanted, sought: Sought, begin: Place, most: int
) -> Page:
    """At most so many rows from `begin` on. With fewer than that, `next` is where nobody has looked yet."""
    if sought == Sought():
        return await page_of(connection, owner_id, wanted=wanted, begin=begin, most=most)
    found: list[Happened] = []
    place: Place | None = begin
    looked_through = 0
    while place is not None and looked_through < _MOST_LOOKED_THROUGH:
        page = await page_of(connection, owner_id, wanted=wanted, begin=place, most=_AT_ONCE)
        for count, row in enumerate(page.rows, 1):
            if _is_sought(row, sought):
                if len(found) == most:
                    return Page(found, place_after(page.rows[: count - 1], place))
                found.append(row)
        looked_through += len(page.rows)
        place = page.next
    return Page(found, place)


def _is_sought(row: Happened, sought: Sought) -> bool:
    if row.result not in sought.results or (sought.only_settlements and not row.is_settlement):
        return False
    words = sought.words.casefold().strip()
    told = (row.other_name, row.note, row.reference, row.bank, format_rupees(row.amount_paise))
    return not words or any(words in text.casefold() for text in told if text)
