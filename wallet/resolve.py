"""A person decides what waits for one: it was paid, or it was not. Written down with whatever it moves."""

from __future__ import annotations

import uuid
from typing import NamedTuple

from money.desk_errors import (
    ChangedMeanwhile,
    NeverSent,
    NothingWaits,
    NotLost,
    OwnerWanted,
    ResolvedAlready,
    SettledAlready,
    StillUnderWay,
    WordsRefused,
)
from money.on_ramp import Verdict
from money.reconciliation import Moved, Type
from money.withdrawal import Outcome, Resolved, Status
from shared_db.connection import Connection, Database, with_retries
from shared_db.ids import new_id
from shared_db.resolutions import Resolution, followed_from, is_resolved, write
from shared_db.waiting import OpenException, exception_of, rejected_webhook
from shared_db.withdrawals import SeenWithdrawal, see
from wallet.resolve_lost import Whose, wants_an_owner, write_again
from wallet.settle_withdrawal import WithdrawalSettlement, with_what_followed
from wallet.written import hides_something

_LONGEST_WORDS = 100
_UNDER_WAY = {Status.SENDING, Status.UNKNOWN}
_NEVER_SENT = {Status.QUEUED, Status.CANCELLED}
_NOTHING_MOVED = "recorded, nothing moved"


class Decision(NamedTuple):
    """What a person has found out."""

    outcome: Outcome
    """SUCCEEDED or FAILED."""
    words: str
    """The bank's UTR of what was paid, or why it was not."""
    decided_by: str


def was_paid(utr: str, *, by: str) -> Decision:
    """The bank has paid it. Raises WordsRefused."""
    return Decision(Outcome.SUCCEEDED, one_line(utr), one_line(by))


def has_failed(reason: str, *, by: str) -> Decision:
    """The bank has not paid it, or has taken it back. Raises WordsRefused."""
    return Decision(Outcome.FAILED, one_line(reason), one_line(by))


async def resolve(database: Database, settlement: WithdrawalSettlement, item: str, decision: Decision) -> str:
    """Carry out a decision about a withdrawal, a rejected webhook or an exception; what followed.

    Raises a NotResolved, and nothing has moved then; or Unavailable.
    """
    if hides_something(item):
        raise NothingWaits
    bank, colon, event_id = item.partition(":")
    if colon:
        return await _resolve_webhook(database, bank, event_id, decision)
    try:
        wanted = uuid.UUID(item)
    except ValueError:
        raise NothingWaits from None
    if await _see(database, wanted):
        return await _resolve_withdrawal(database, settlement, wanted, decision)
    return await _resolve_exception(database, settlement, wanted, decision)


async def resolve_lost(database: Database, item: str, decision: Decision, of: Whose) -> str:
    """The bank has paid what we have no row of, to or for this owner; what followed.

    Raises a NotResolved, and nothing has moved then; or Unavailable.
    """
    try:
        exception_id = uuid.UUID(item)
    except ValueError:
        raise NotLost from None
    return await write_again(
        database, exception_id, of, _resolution("exception", str(exception_id), decision)
    )


async def _resolve_withdrawal(
    database: Database, settlement: WithdrawalSettlement, withdrawal_id: uuid.UUID, decision: Decision
) -> str:
    first = await _seen(database, withdrawal_id)
    _must_wait(settlement, first)
    resolution = _resolution("withdrawal", str(withdrawal_id), decision)
    followed = await _settle(database, settlement, first, decision, resolution)
    if followed is None:
        raise SettledAlready
    return followed


async def _resolve_webhook(database: Database, bank: str, event_id: str, decision: Decision) -> str:
    async def find(connection: Connection) -> bool:
        return await rejected_webhook(connection, bank, event_id) is not None

    if not await with_retries(database, find):
        raise NothingWaits
    return await _record(database, _resolution("webhook", f"{bank}:{event_id}", decision))


async def _resolve_exception(
    database: Database, settlement: WithdrawalSettlement, exception_id: uuid.UUID, decision: Decision
) -> str:
    async def find(connection: Connection) -> OpenException | None:
        return await exception_of(connection, exception_id)

    async def is_decided(connection: Connection) -> bool:
        return await is_resolved(connection, "exception", str(exception_id))

    exception = await with_retries(database, find)
    if exception is None:
        raise NothingWaits
    if await with_retries(database, is_decided):
        raise ResolvedAlready
    if decision.outcome is Outcome.SUCCEEDED and await with_retries(
        database, lambda connection: wants_an_owner(connection, exception)
    ):
        raise OwnerWanted
    resolution = _resolution("exception", str(exception_id), decision)
    seen = await _withdrawal_of(database, exception)
    if seen and _settles(settlement, exception, seen, decision):
        followed = await _settle(database, settlement, seen, decision, resolution)
        if followed:
            return followed
    return await _record(database, resolution)


def _settles(
    settlement: WithdrawalSettlement, exception: OpenException, seen: SeenWithdrawal, decision: Decision
) -> bool:
    """Whether the decision about an exception is one about its withdrawal, too. Raises StillUnderWay."""
    status = _status(settlement, seen)
    if status is Status.NEEDS_ATTENTION:
        return True
    theirs = (exception.type, exception.kind, decision.outcome)
    agrees = theirs in {
        (Type.STATUS, Moved.PAYOUT, Outcome.SUCCEEDED),
        (Type.STATUS, Moved.REVERSAL, Outcome.FAILED),
    }
    if agrees and status in _UNDER_WAY:
        raise StillUnderWay
    return agrees and status not in _NEVER_SENT


async def _settle(
    database: Database,
    settlement: WithdrawalSettlement,
    first: SeenWithdrawal,
    decision: Decision,
    resolution: Resolution,
) -> str | None:
    """What followed; None where nothing did. Decided about the withdrawal as it stood at first, and no other."""
    seen = first
    while True:
        before = seen.under(settlement.contracts[seen.bank])
        utr, reason = (
            (decision.words, None) if decision.outcome is Outcome.SUCCEEDED else (None, decision.words)
        )
        event = Resolved(seen.read_at, decision.outcome, utr, reason)
        step = await settlement.resolved(seen, event, resolution)
        if step:
            if step.verdict is Verdict.REJECTED or step.row == before:
                return None
            return with_what_followed(resolution, before, step).carried_out
        seen = await _seen(database, first.id)
        if _status(settlement, seen) is not before.status:
            followed = await with_retries(
                database, lambda connection: followed_from(connection, resolution.id)
            )
            if followed is None:
                raise ChangedMeanwhile
            # It was done, and only the database's answer got lost.
            return followed


async def _record(database: Database, resolution: Resolution) -> str:
    async def work(connection: Connection) -> None:
        await write(connection, resolution)

    await with_retries(database, work)
    return resolution.carried_out


def _must_wait(settlement: WithdrawalSettlement, seen: SeenWithdrawal) -> None:
    """Only what waits for a person is a person's: what is settled may have been settled by the bank since."""
    row = seen.under(settlement.contracts[seen.bank])
    if row.status in _UNDER_WAY:
        raise StillUnderWay
    if row.status in _NEVER_SENT:
        raise NeverSent
    if row.status is not Status.NEEDS_ATTENTION and row.doubted_at is None:
        raise SettledAlready


def _status(settlement: WithdrawalSettlement, seen: SeenWithdrawal) -> Status:
    return seen.under(settlement.contracts[seen.bank]).status


async def _see(database: Database, withdrawal_id: uuid.UUID) -> SeenWithdrawal | None:
    return await with_retries(database, lambda connection: see(connection, withdrawal_id))


async def _seen(database: Database, withdrawal_id: uuid.UUID) -> SeenWithdrawal:
    seen = await _see(database, withdrawal_id)
    assert seen is not None, "withdrawals are never deleted"
    return seen


async def _withdrawal_of(database: Database, exception: OpenException) -> SeenWithdrawal | None:
    """The withdrawal of that bank that the exception speaks of."""
    try:
        seen = await _see(database, uuid.UUID(exception.reference))
    except ValueError:
        return None
    return seen if seen and (seen.bank, str(seen.id)) == (exception.bank, exception.reference) else None


def _resolution(kind: str, item: str, decision: Decision) -> Resolution:
    outcome = "paid" if decision.outcome is Outcome.SUCCEEDED else "failed"
    return Resolution(new_id(), kind, item, outcome, decision.words, decision.decided_by, _NOTHING_MOVED)


def one_line(text: str) -> str:
    """What a person writes here. Raises WordsRefused."""
    written = text.strip()
    if not 1 <= len(written) <= _LONGEST_WORDS or hides_something(text):
        raise WordsRefused
    return written
