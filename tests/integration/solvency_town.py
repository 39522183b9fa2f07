"""A town whose books are watched: looks taken by hand, of what was posted alone or of everything."""

from __future__ import annotations

import uuid
from datetime import timedelta

from shared_db.solvency import Verdict, look, outgoing_is_stopped
from tests.town import Books

AT_ONCE = timedelta(0)


async def follow(books: Books) -> Verdict:
    """A look at what was posted since the last one, and at nothing else."""
    await books.ask("UPDATE solvency SET sums_due_at = 'infinity', rows_due_at = 'infinity'")
    return await _look(books)


async def look_at_all(books: Books) -> Verdict:
    """A look at everything, as far as one look goes."""
    await books.ask("UPDATE solvency SET sums_due_at = '-infinity', rows_due_at = '-infinity'")
    return await _look(books)


async def is_stopped(books: Books) -> bool:
    async with books.database.plain() as connection:
        return await outgoing_is_stopped(connection)


async def behind_our_back(books: Books, statements: str) -> None:
    """What the tables' owner can do once the triggers are out of the way."""
    tables = ("entries", "transfers", "balances")
    off = [f"ALTER TABLE {one} DISABLE TRIGGER USER" for one in tables]
    on = [f"ALTER TABLE {one} ENABLE TRIGGER USER" for one in tables]
    await books.ask("; ".join([*off, statements, *on]))


async def rolled_up(books: Books) -> list[tuple[uuid.UUID, int, int]]:
    """The house's totals as the watch keeps them: account, how many entries, paise."""
    return await books.ask(  # pyright: ignore[reportReturnType] # three columns
        "SELECT account_id, sum(entries)::bigint, sum(total_paise)::bigint FROM house_totals GROUP BY 1 ORDER BY 1"
    )


async def recomputed(books: Books) -> list[tuple[uuid.UUID, int, int]]:
    """The same from the entries."""
    return await books.ask(  # pyright: ignore[reportReturnType] # three columns
        "SELECT account_id, count(*), sum(amount_paise)::bigint FROM entries"
        " WHERE account_id NOT IN (SELECT account_id FROM balances) GROUP BY 1 ORDER BY 1"
    )


async def _look(books: Books) -> Verdict:
    async with books.database.plain() as connection:
        return await look(connection, pause=AT_ONCE)
