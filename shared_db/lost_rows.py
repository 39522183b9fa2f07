"""Rows that were lost with a database, written again as a bank's statement and its people tell them."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import NamedTuple

from money.accounts import BankAccount, HouseAccount, bank_account_id, house_account_id
from money.movements import Kind, Movement, Posting
from money.rupees import Paise
from runtime.logs import new_correlation_id
from shared_db.connection import Connection
from shared_db.ids import new_id
from shared_db.late_tokens import write_alone
from shared_db.ledger import post
from shared_db.withdrawals import shortfall_reference

_LOCK = "SELECT 1 FROM reconciliation_exceptions WHERE id = %s FOR NO KEY UPDATE"
_IS_KNOWN = """
SELECT EXISTS (SELECT FROM on_ramps WHERE id = %(id)s) OR EXISTS (SELECT FROM withdrawals WHERE id = %(id)s)
       OR EXISTS (SELECT FROM transfers WHERE id = %(id)s)
"""
_WENT_BACK = """
SELECT EXISTS (SELECT FROM reconciliation_exceptions
                WHERE bank = %s AND reference = %s AND kind = %s AND gone_at IS NULL)
"""
# The bank has our row's money, and we never had its token, so that nobody could ask: a backup was taken in between.
_NEVER_TOLD = """
SELECT 1 FROM on_ramps
 WHERE id = %s AND bank = %s AND token IS NULL AND status <> 'success' AND refund_decided_at IS NULL
"""
_NEVER_TOLD_OF = _NEVER_TOLD + " AND user_id = %s AND amount_paise = %s FOR NO KEY UPDATE"
_MONEY_COMES = """
SELECT EXISTS (SELECT FROM reconciliation_exceptions e
                WHERE e.gone_at IS NULL
                  AND (e.kind = 'payment' AND e.type IN ('missing_here', 'status')
                       OR e.kind = 'reversal' AND e.type = 'status')
                  AND NOT EXISTS (SELECT FROM resolutions r WHERE r.kind = 'exception' AND r.item = e.id::text))
       OR EXISTS (SELECT FROM on_ramps o
                   WHERE o.user_id = %s AND (o.status = 'pending' OR o.late_success_at IS NOT NULL))
"""
_OWNER = """
SELECT b.balance_paise, b.frozen_at, b.closed_at IS NOT NULL, EXISTS (SELECT FROM users u WHERE u.id = b.account_id)
  FROM balances b WHERE b.account_id = %s FOR NO KEY UPDATE
"""
_FREEZE = "UPDATE balances SET frozen_at = %s WHERE account_id = %s"
_ON_RAMP = """
INSERT INTO on_ramps (id, user_id, bank, amount_paise, status, bank_reference, correlation_id, created_at, expires_at,
                      settled_at, version)
VALUES (%s, %s, %s, %s, 'success', %s, %s, %s, %s, clock_timestamp(), 0)
ON CONFLICT (id) DO UPDATE
   SET status = 'success', bank_reference = EXCLUDED.bank_reference, settled_at = EXCLUDED.settled_at,
       late_success_at = NULL, next_enquiry_at = NULL, version = on_ramps.version + 1
"""
_LANE = """
INSERT INTO lanes (owner_id, bank, pending, last_number, next_at, token)
SELECT account_id, '', 0, 0, clock_timestamp(), 0 FROM balances WHERE account_id = %s
ON CONFLICT DO NOTHING
"""
_NUMBER = "UPDATE lanes SET last_number = last_number + 1 WHERE owner_id = %s RETURNING last_number"
_WITHDRAWAL = """
INSERT INTO withdrawals (id, owner_id, number, bank, account_number, ifsc, amount_paise, status, next_call, sends,
                         first_sent_at, last_sent_at, tries, acknowledged, refused, correction, utr, correlation_id,
                         created_at, settled_at, version)
VALUES (%s, %s, %s, %s, %s, %s, %s, 'paid', 'nothing', 1, %s, %s, 0, true, false, 'none', %s, %s, %s,
        clock_timestamp(), 0)
"""


class Owner(NamedTuple):
    """Whose it is, locked until the transaction ends."""

    balance_paise: int
    frozen_at: datetime | None
    is_closed: bool
    is_person: bool


class Lost(NamedTuple):
    """A line of a statement of which we have no row. `id` is its reference, `began_at` is not later than the line."""

    id: uuid.UUID
    bank: str
    utr: str
    amount_paise: int
    began_at: datetime
    owner_id: uuid.UUID


async def take_turns(connection: Connection, exception_id: uuid.UUID) -> None:
    """Whoever else writes a row again, or compares this day anew, waits until this transaction has ended."""
    await write_alone(connection)
    await connection.execute(_LOCK, (exception_id,))


async def is_known(connection: Connection, reference: uuid.UUID) -> bool:
    """Whether a payment, a payout or a movement of ours has this id."""
    row = await (await connection.execute(_IS_KNOWN, {"id": reference})).fetchone()
    return bool(row and row[0])


async def has_no_token(connection: Connection, reference: uuid.UUID, at: str) -> bool:
    """Whether a payment of ours at this bank has this id, never got a token, and was not credited."""
    return await (await connection.execute(_NEVER_TOLD, (reference, at))).fetchone() is not None


async def lock_without_token(connection: Connection, lost: Lost) -> bool:
    """Whether it is such a payment, of this very owner and amount; locked then. To be asked before the balance."""
    asked = (lost.id, lost.bank, lost.owner_id, lost.amount_paise)
    return await (await connection.execute(_NEVER_TOLD_OF, asked)).fetchone() is not None


async def money_may_come(connection: Connection, owner_id: uuid.UUID) -> bool:
    """Whether money of this owner may still arrive: a difference that is undecided, or a payment that is open."""
    row = await (await connection.execute(_MONEY_COMES, (owner_id,))).fetchone()
    return bool(row and row[0])


async def stands_there(connection: Connection, at: str, reference: str, kind: str) -> bool:
    """Whether the last comparison has found a line of this kind and reference that we do not know, at this bank."""
    row = await (await connection.execute(_WENT_BACK, (at, reference, kind))).fetchone()
    return bool(row and row[0])


async def owner_of(connection: Connection, owner_id: uuid.UUID) -> Owner | None:
    row = await (await connection.execute(_OWNER, (owner_id,))).fetchone()
    return Owner(*row) if row else None


async def lock_lane(connection: Connection, owner_id: uuid.UUID) -> int:
    """The number of the owner's next withdrawal, which is this one; 0 for nobody's. To be asked before the balance."""
    await connection.execute(_LANE, (owner_id,))
    row = await (await connection.execute(_NUMBER, (owner_id,))).fetchone()
    return row[0] if row else 0


async def write_payment(connection: Connection, lost: Lost) -> None:
    """A payment that arrives now, also where its row stands without a token.

    Within a transaction; the owner is locked and open.
    """
    await connection.execute(
        _ON_RAMP,
        (
            lost.id,
            lost.owner_id,
            lost.bank,
            lost.amount_paise,
            lost.utr,
            new_correlation_id(),
            *[lost.began_at] * 2,
        ),
    )
    receivable = bank_account_id(lost.bank, BankAccount.RECEIVABLE)
    await _post(connection, lost, f"on_ramp:{lost.id}", Kind.ON_RAMP, receivable, lost.owner_id)


async def write_payout(
    connection: Connection, lost: Lost, owner: Owner, *, number: int, account_number: str, ifsc: str
) -> None:
    """A payout that leaves now, also from a frozen wallet; what `shortfall` says comes from the losses.

    Within a transaction; lane and owner are locked.
    """
    in_flight, cash = (bank_account_id(lost.bank, one) for one in (BankAccount.IN_FLIGHT, BankAccount.CASH))
    named = f"withdrawal:{lost.id}"
    short = shortfall(lost, owner)
    if short:
        losses = house_account_id(HouseAccount.LOSSES)
        part, borne = lost._replace(amount_paise=short), shortfall_reference(lost.id)
        await _post(connection, part, borne, Kind.COMPENSATION, losses, lost.owner_id)
    if owner.frozen_at:
        # It has left already; the freeze is for what its owner begins.
        await connection.execute(_FREEZE, (None, lost.owner_id))
    await _post(connection, lost, f"{named}:hold", Kind.HOLD, lost.owner_id, in_flight, id_=lost.id)
    await _post(connection, lost, f"{named}:capture", Kind.CAPTURE, in_flight, cash, holder=lost.owner_id)
    if owner.frozen_at:
        await connection.execute(_FREEZE, (owner.frozen_at, lost.owner_id))
    await connection.execute(
        _WITHDRAWAL,
        (
            *(lost.id, lost.owner_id, number, lost.bank, account_number, ifsc, lost.amount_paise),
            *(lost.began_at, lost.began_at, lost.utr, new_correlation_id(), lost.began_at),
        ),
    )


def shortfall(lost: Lost, owner: Owner) -> int:
    """What the owner's wallet is short of, in paise."""
    return max(0, lost.amount_paise - owner.balance_paise)


async def _post(
    connection: Connection,
    lost: Lost,
    reference: str,
    kind: Kind,
    source: uuid.UUID,
    target: uuid.UUID,
    *,
    id_: uuid.UUID | None = None,
    holder: uuid.UUID | None = None,
) -> None:
    movement = Movement(id_ or new_id(), reference, kind, source, target, Paise(lost.amount_paise), holder)
    [posted] = await post(connection, [movement])
    assert posted.outcome is Posting.POSTED, f"{kind} of a row that nobody knows was {posted.outcome}"
