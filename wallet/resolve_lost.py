"""A payment or payout that a bank knows and a restored database does not: written again, for whoever it belongs to."""

from __future__ import annotations

import re
import uuid
from typing import NamedTuple

from money.desk_errors import (
    AccountWanted,
    AnotherUtr,
    NotAnOwner,
    NothingWaits,
    NotLost,
    ResolvedAlready,
    WentBack,
)
from money.reconciliation import Moved, Type
from money.rupees import Paise, format_rupees
from money.times import kolkata_midnight
from shared_db.connection import Connection, Database, with_retries
from shared_db.lost_rows import (
    Lost,
    is_known,
    lock_lane,
    owner_of,
    stands_there,
    take_turns,
    write_payment,
    write_payout,
)
from shared_db.resolutions import Resolution, is_resolved, write
from shared_db.waiting import OpenException, exception_of

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
            lost = await _lost(connection, exception_id, of, resolution.words)
            followed = await _book(connection, *lost, of)
            await write(connection, resolution._replace(carried_out=followed))
        return followed

    return await with_retries(database, work)


async def _lost(connection: Connection, exception_id: uuid.UUID, of: Whose, utr: str) -> tuple[Lost, Moved]:
    await take_turns(connection, exception_id)
    exception = await exception_of(connection, exception_id)
    if exception is None:
        raise NothingWaits
    if await is_resolved(connection, "exception", str(exception_id)):
        raise ResolvedAlready
    kind, reference = Moved(exception.kind), _id_in(exception.reference)
    if exception.type != Type.MISSING_HERE or kind not in _BACK or reference is None:
        raise NotLost
    if await is_known(connection, reference):
        raise NotLost
    if exception.utr != utr:
        raise AnotherUtr
    if await stands_there(connection, exception.bank, exception.reference, _BACK[kind]):
        raise WentBack
    return _as_lost(exception, reference, of), kind


async def _book(connection: Connection, lost: Lost, kind: Moved, of: Whose) -> str:
    if (of.account is None) is (kind is Moved.PAYOUT):
        raise AccountWanted
    # Lanes before balances, as everywhere.
    number = await lock_lane(connection, of.owner_id) if of.account else 0
    owner = await owner_of(connection, of.owner_id)
    if owner is None or owner.is_closed or (kind is Moved.PAYMENT and not owner.is_person):
        raise NotAnOwner
    if of.account is None:
        await write_payment(connection, lost)
        return "payment written again, on_ramp"
    account_number, ifsc = of.account
    short = await write_payout(
        connection, lost, owner, number=number, account_number=account_number, ifsc=ifsc
    )
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
