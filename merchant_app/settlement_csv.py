"""The payments that a settlement covers, as a file for spreadsheets, written while it is read."""

from __future__ import annotations

from collections.abc import AsyncIterator

from money.errors import NotFound
from money.rupees import decimal_rupees
from money.times import iso_in_kolkata
from shared_db.connection import with_retries
from shared_db.settlement_screens import Covered, OwnSettlement, covered_by, settlement_of
from shared_ui.history_csv import harmless, sheet
from shared_ui.services import the_services
from wallet.caller import Caller

_AT_ONCE = 500
_COLUMNS = ("Time", "From", "Note", "Amount", "Payment", "Settlement", "Day", "Bank reference")


async def own_settlement(caller: Caller, settlement_id: str) -> OwnSettlement:
    """Raises NotFound, also for another shop's."""
    found = await with_retries(
        the_services().database,
        lambda connection: settlement_of(connection, settlement_id, caller.owner_id),
    )
    if found is None:
        raise NotFound
    return found


async def csv_of_settlement(caller: Caller, one: OwnSettlement) -> AsyncIterator[str]:
    """The newest payment first."""
    # Spreadsheets read UTF-8 only where the file says so by its first character.
    yield "\ufeff" + sheet([_COLUMNS])
    before: int | None = None
    while True:
        begin = before
        some = await with_retries(
            the_services().database,
            lambda connection, begin=begin: covered_by(
                connection, caller.owner_id, one, most=_AT_ONCE, before=begin
            ),
        )
        yield sheet([_cells(payment, one) for payment in some])
        if len(some) < _AT_ONCE:
            return
        before = some[-1].number


def _cells(payment: Covered, one: OwnSettlement) -> tuple[str, ...]:
    return (
        iso_in_kolkata(payment.at),
        harmless(payment.payer),
        harmless(payment.note or ""),
        decimal_rupees(payment.amount_paise),
        str(payment.id),
        str(one.id),
        str(one.day),
        harmless(one.utr or ""),
    )
