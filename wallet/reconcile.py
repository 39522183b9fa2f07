"""Compare a bank's statement of one day with our ledger, and file what differs. It moves no money."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta

from bank_api.client import BankClient, BankError
from bank_api.statement import StatementLine
from money.desk_errors import DayNotBegun, StatementNotThere
from money.reconciliation import Line, Moved, Reconciliation, days_before
from money.reconciliation import reconcile as compare
from money.times import kolkata_day
from runtime.logs import logger
from shared_db.bank_books import BooksWithBank, books_around, clock
from shared_db.connection import Connection, Database, with_retries
from shared_db.reconciliations import file

log = logger(__name__)
_ONE_DAY = timedelta(days=1)
_MOST_DAYS_BACK = 40


async def reconcile(database: Database, client: BankClient, *, bank: str, day: date) -> Reconciliation:
    """What differs on this Kolkata day, filed.

    Raises DayNotBegun, StatementNotThere where the bank gives no statement we can read, and Unavailable.
    """
    asked_at = await with_retries(database, clock)
    if day > kolkata_day(asked_at):
        raise DayNotBegun
    around = [one for one in _around(day) if one <= kolkata_day(asked_at)]
    lines = await _statements(client, around)
    books = await _books(database, bank, day, lines)
    farther = [
        one
        for one in sorted(days_before(day, lines, *books) - set(around))
        if one >= day - timedelta(days=_MOST_DAYS_BACK)
    ]
    if farther:
        # Only what began there is looked for there; whatever else happened on those days has been compared.
        wanted = {one.reference for one in (*books.booked, *books.known)}
        lines += [line for line in await _statements(client, farther) if line.reference in wanted]
    found = compare(day, lines, *books, asked_at=asked_at)
    await _file(database, bank, day, found, asked_at)
    log.info("reconciled", bank=bank, day=str(day), matched=found.matched, exceptions=len(found.differences))
    return found


def _around(day: date) -> list[date]:
    return [day + step * _ONE_DAY for step in (-1, 0, 1)]


async def _statements(client: BankClient, days: Iterable[date]) -> list[Line]:
    lines: list[Line] = []
    for day in days:
        try:
            statement = await client.statement(day)
        except BankError as error:
            raise StatementNotThere(f"{day}: {error}") from error
        lines += [_line(day, one) for one in statement]
    return lines


def _line(day: date, one: StatementLine) -> Line:
    return Line(day, one.date_time, Moved(one.kind), one.reference, one.utr, one.amount_paise)


async def _books(database: Database, bank: str, day: date, lines: list[Line]) -> BooksWithBank:
    references = {line.reference for line in lines}

    async def work(connection: Connection) -> BooksWithBank:
        return await books_around(connection, bank, day, references)

    return await with_retries(database, work)


async def _file(database: Database, bank: str, day: date, found: Reconciliation, asked_at: datetime) -> None:
    async def work(connection: Connection) -> None:
        await file(connection, bank, day, found, asked_at=asked_at)

    await with_retries(database, work)
