"""A month's statement as a PDF, for its owner alone; drawn in a thread, so that nobody else waits for it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime

from money.errors import DayRefused, StatementTooLong
from money.times import kolkata_day
from shared_db.connection import Connection, with_retries
from shared_db.history import FIRST_DAY
from shared_db.monthly_statement import Stretch, entries_of, first_day_of, stretch_of
from shared_ui.choices import Choice
from shared_ui.history_words import HistoryWords
from shared_ui.services import the_services
from shared_ui.statement_paper import Holder, Month, StatementPaper, month_of
from wallet.caller import Caller

MOST_LINES = 20_000
"""Of one statement: about 900 pages. Whoever has more is better served by the CSV."""
_AT_ONCE = 500
drawing = asyncio.Semaphore(1)
"""One paper of a process is drawn at a time, whatever it is."""


async def statement_file(
    caller: Caller,
    text: str,
    *,
    holder_of: Callable[[Connection], Awaitable[Holder]],
    words: HistoryWords,
) -> tuple[bytes, str]:
    """The file and its name. Raises DayRefused for what is no month up to this one, and StatementTooLong."""
    now = datetime.now(UTC)
    month = _month(text, now)
    the = the_services()
    await the.throttle.paper(str(caller.owner_id))

    async def read(connection: Connection) -> tuple[Stretch, Holder]:
        stretch = await stretch_of(connection, caller.owner_id, month.first, month.last)
        return stretch, await holder_of(connection)

    stretch, holder = await with_retries(the.database, read)
    if stretch.newest - stretch.before > MOST_LINES:
        raise StatementTooLong
    async with drawing:
        paper = await asyncio.to_thread(StatementPaper, holder, month, stretch, words, printed=now)
        for after in range(stretch.before, stretch.newest, _AT_ONCE):
            most = min(_AT_ONCE, stretch.newest - after)
            rows = await with_retries(
                the.database,
                lambda connection, after=after, most=most: entries_of(
                    connection, caller.owner_id, after=after, most=most
                ),
            )
            await asyncio.to_thread(paper.add, rows)
        return await asyncio.to_thread(paper.finished), f"batua-statement-{month.first:%Y-%m}.pdf"


async def months_of(caller: Caller) -> list[Choice]:
    """Those that a statement can be had of, this one first."""
    found = await with_retries(
        the_services().database, lambda connection: first_day_of(connection, caller.owner_id)
    )
    today = kolkata_day(datetime.now(UTC))
    since = min(found or today, today)
    count = (today.year - since.year) * 12 + today.month - since.month + 1
    return [_choice(today.year * 12 + today.month - 1 - back) for back in range(count)]


def _choice(month: int) -> Choice:
    first = date(month // 12, month % 12 + 1, 1)
    return Choice(f"{first:%Y-%m}", f"{first:%B %Y}")


def _month(text: str, now: datetime) -> Month:
    try:
        month = month_of(text)
    except ValueError as error:
        raise DayRefused from error
    if not FIRST_DAY <= month.first <= kolkata_day(now):
        raise DayRefused
    return month
