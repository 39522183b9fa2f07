"""Reads a history on: what is shown so far, and the next rows of it."""

from __future__ import annotations

from collections.abc import Callable

from shared_db.connection import with_retries
from shared_db.history import Place
from shared_db.history_rows import Happened
from shared_db.history_search import search
from shared_ui.history import MoneyRow
from shared_ui.history_filter import Filter, wanted_of
from shared_ui.history_words import HistoryLine, lines_of
from shared_ui.services import the_services
from wallet.caller import Caller

AT_ONCE = 20
MOST_SHOWN = 1_000


async def read_on(  # all of them named
    caller: Caller,
    chosen: Filter,
    *,
    shown: list[HistoryLine],
    place: Place | None,
    most: int,
    row_of: Callable[[Happened], MoneyRow],
) -> tuple[list[HistoryLine], Place | None]:
    """All lines that are shown then, and where those after them begin; None at the end."""
    if place is None:
        return shown, None
    wanted, sought = wanted_of(chosen)
    page = await with_retries(
        the_services().database,
        lambda connection: search(
            connection, caller.owner_id, wanted=wanted, sought=sought, begin=place, most=most
        ),
    )
    last_day = next((line.day for line in reversed(shown) if line.day), "")
    return [*shown, *lines_of(page.rows, row_of, day_before=last_day)], page.next
