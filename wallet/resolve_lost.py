"""A payment or payout that a bank knows and a restored database does not: written again, for whoever it belongs to."""

from __future__ import annotations

import re
import uuid
from typing import NamedTuple

from bank_api.adapters import ADAPTERS
from bank_api.messages import PaymentSucceededEvent
from money.desk_errors import (
    AccountWanted,
    AnotherUtr,
    NotAnOwner,
    NothingWaits,
    NotLost,
    PaymentsFirst,
    ResolvedAlready,
    WentBack,
)
from money.reconciliation import Moved, Type
from money.rupees import Paise, format_rupees
from money.times import kolkata_midnight
from shared_db.connection import Connection, Database, with_retries
from shared_db.lost_rows import (
    Lost,
    has_no_token,
    is_known,
    lock_lane,
    lock_without_token,
    money_may_come,
    owner_of,
    shortfall,
    stands_there,
    take_turns,
    write_payment,
    write_payout,
)
from shared_db.resolutions import Resolution, followed_from, is_resolved, write
from shared_db.restores import held_since
from shared_db.waiting import OpenException, exception_of, rejected_payments

_BACK = {Moved.PAYMENT: Moved.REFUND, Moved.PAYOUT: Moved.REVERSAL}
_ACCOUNT = re.compile(r"([0-9]{9,18})/([A-Z]{4}0[A-Z0-9]{6})")


class Whose(NamedTuple):
    """What the bank's people say about a line of theirs."""

    owner_id: uuid.UUID
    account: tuple[str, str] | None
    """Of a payout: the account number and IFSC it went to."""


def whose(owner: str, account: str | None) -> Whose:
    """`account` is NUMBER/IFSC. Raises NotAnOwner or AccountWanted."""
    try:
        owner_id = uuid.UUID(owner)
    except ValueError:
        raise NotAnOwner from None
    if account is None:
        return Whose(owner_id, None)
    found = _ACCOUNT.fullmatch(account)
    if not found:
        raise AccountWanted
    return Whose(owner_id, (found[1], found[2]))


async def write_again(database: Database, exception_id: uuid.UUID, of: Whose, resolution: Resolution) -> str:
    """Carry out that the bank has paid it, in one transaction with the decision; what followed.

    `resolution.words` is the UTR, which must be the line's. Raises a NotResolved, and nothing has moved then; or
    Unavailable.
    """

    async def work(connection: Connection) -> str:
        async with connection.transaction():
            await take_turns(connection, exception_id)
            followed = await followed_from(connection, resolution.id)
            if followed is not None:
                # It was done, and only the database's answer got lost.
                return followed
            line = await _open_line(connection, exception_id, resolution.words)
            followed = await _book(connection, *line, of)
            await write(connection, resolution._replace(carried_out=followed))
        return followed

    return await with_retries(database, work)


async def wants_an_owner(connection: Connection, exception: OpenException) -> bool:
    """Whether "paid" can only mean that it is written again: the database is held, and what the line says was lost."""
    reference = _id_in(exception.reference)
    if reference is None or await held_since(connection) is None:
        return False
    return await _can_be_written(connection, exception, reference)


async def _can_be_written(connection: Connection, exception: OpenException, reference: uuid.UUID) -> bool:
    if exception.type == Type.MISSING_HERE and exception.kind in _BACK:
        return not await is_known(connection, reference)
    if exception.type == Type.STATUS and exception.kind == Moved.PAYMENT:
        return await has_no_token(connection, reference, exception.bank)
    return False


async def _open_line(
    connection: Connection, exception_id: uuid.UUID, utr: str
) -> tuple[OpenException, uuid.UUID]:
    """The line and its reference, where it can be written again. Our turn has come, so nobody else does."""
    exception = await exception_of(connection, exception_id)
    if exception is None:
        raise NothingWaits
    if await is_resolved(connection, "exception", str(exception_id)):
        raise ResolvedAlready
    reference = _id_in(exception.reference)
    if reference is None or not await _can_be_written(connection, exception, reference):
        raise NotLost
    if exception.utr != utr:
        raise AnotherUtr
    if await stands_there(connection, exception.bank, exception.reference, _BACK[Moved(exception.kind)]):
        raise WentBack
    if exception.kind == Moved.PAYMENT and await _was_refused(connection, exception):
        raise WentBack
    return exception, reference


async def _was_refused(connection: Connection, exception: OpenException) -> bool:
    """Whether we have answered 409 to the bank's word of it: the bank gives it back then, if it has not yet."""
    parse = ADAPTERS[exception.bank].parse_event
    events = [parse(one.body.encode()) for one in await rejected_payments(connection, exception.bank)]
    return any(
        isinstance(event, PaymentSucceededEvent) and event.data.bank_reference == exception.utr
        for event in events
    )


async def _book(connection: Connection, exception: OpenException, reference: uuid.UUID, of: Whose) -> str:
    lost = _as_lost(exception, reference, of)
    if exception.kind == Moved.PAYOUT:
        return await _book_payout(connection, lost, of)
    if of.account:
        raise AccountWanted
    # Payments before balances, as everywhere.
    if exception.type == Type.STATUS and not await lock_without_token(connection, lost):
        raise NotAnOwner
    owner = await owner_of(connection, of.owner_id)
    if owner is None or owner.is_closed or not owner.is_person:
        raise NotAnOwner
    await write_payment(connection, lost)
    return "payment written again, on_ramp"


async def _book_payout(connection: Connection, lost: Lost, of: Whose) -> str:
    if of.account is None:
        raise AccountWanted
    # Lanes before balances, as everywhere.
    number = await lock_lane(connection, of.owner_id)
    owner = await owner_of(connection, of.owner_id)
    if owner is None or owner.is_closed:
        raise NotAnOwner
    short = shortfall(lost, owner)
    if short and await money_may_come(connection, of.owner_id):
        raise PaymentsFirst
    account_number, ifsc = of.account
    await write_payout(connection, lost, owner, number=number, account_number=account_number, ifsc=ifsc)
    from_losses = f", {format_rupees(Paise(short))} of it from the losses" if short else ""
    return f"payout written again, hold, capture{from_losses}"


def _as_lost(exception: OpenException, reference: uuid.UUID, of: Whose) -> Lost:
    assert exception.utr, "a line of a statement has a UTR"
    assert exception.theirs_paise, "and an amount"
    began_at = kolkata_midnight(exception.day)
    return Lost(reference, exception.bank, exception.utr, exception.theirs_paise, began_at, of.owner_id)


def _id_in(reference: str) -> uuid.UUID | None:
    """Ours are ids as we write them."""
    try:
        found = uuid.UUID(reference)
    except ValueError:
        return None
    return found if str(found) == reference else None
