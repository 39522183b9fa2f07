"""Ask the banks about payments they have not told us of, so that money arrives when every webhook was lost."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass

from bank_api.client import BankClient, BankRefused, BankUnreachable
from bank_api.messages import PaymentState
from money.on_ramp import BankState, Change
from runtime.batcher import Unavailable
from runtime.logs import correlated, logger
from shared_db.connection import Connection, Database, with_retries
from shared_db.notices import Notices
from shared_db.on_ramps import DueOnRamp, claim_due
from wallet.settle_on_ramp import settle_enquiry

log = logger(__name__)
_AT_ONCE = 20
_LEASE_SECONDS = 60
"""Two calls to a bank and the database's retries fit in; after it another worker asks again."""
_NOTHING_TO_REFUND = 409


@dataclass(frozen=True, slots=True)
class _Enquiry:
    """One question to a bank, and what its answer changes."""

    due: DueOnRamp
    bank: BankClient
    database: Database
    notices: Notices


async def sweep(database: Database, banks: Mapping[str, BankClient], notices: Notices) -> int:
    """Ask each of these banks about up to 20 payments that are due, all at once; how many there were.

    Any number of workers may sweep. Raises Unavailable when the database is away.
    """
    swept = await asyncio.gather(
        *(_sweep_bank(database, name, bank, notices) for name, bank in banks.items())
    )
    return sum(swept)


async def _sweep_bank(database: Database, name: str, bank: BankClient, notices: Notices) -> int:
    async def claim(connection: Connection) -> list[DueOnRamp]:
        return await claim_due(connection, name, most=_AT_ONCE, lease_seconds=_LEASE_SECONDS)

    due = await with_retries(database, claim)
    await asyncio.gather(*(_ask_safely(_Enquiry(one, bank, database, notices)) for one in due))
    return len(due)


async def _ask_safely(enquiry: _Enquiry) -> None:
    """One payment that cannot be settled must not keep the others from it; its lease brings it back."""
    due = enquiry.due
    with correlated(due.correlation_id):
        try:
            await _ask_about(enquiry)
        except Unavailable:
            log.warning("the database went away during an enquiry", on_ramp_id=str(due.id))
        except Exception:
            log.exception("an enquiry failed", on_ramp_id=str(due.id))


async def _ask_about(enquiry: _Enquiry) -> None:
    token = enquiry.due.token
    change = await _settle(enquiry, await _state_at_bank(enquiry), asked_version=enquiry.due.version)
    if change is Change.REFUND:
        assert token is not None, "a refund follows an answer about a token"
        await _ask_for_refund(enquiry, token)


async def _state_at_bank(enquiry: _Enquiry) -> PaymentState | None:
    due = enquiry.due
    if due.token is None:
        return None
    try:
        state = await enquiry.bank.payment(due.token)
    except (BankUnreachable, BankRefused) as error:
        log.warning("the bank did not answer an enquiry", on_ramp_id=str(due.id), error=str(error))
        return None
    if (state.token, state.merchant_reference) != (due.token, str(due.id)):
        log.error("the bank answered about another payment", on_ramp_id=str(due.id))
        return None
    return state


async def _ask_for_refund(enquiry: _Enquiry, token: str) -> None:
    """The decision stands in the row already. Unless the bank says that it is done, it is asked again later."""
    due = enquiry.due
    try:
        state = await enquiry.bank.refund(token)
    except BankUnreachable as error:
        log.error("the bank has not heard our refund request yet", on_ramp_id=str(due.id), error=str(error))
        return
    except BankRefused as error:
        log.error("the bank refused our refund request", on_ramp_id=str(due.id), error=str(error))
        if error.status_code != _NOTHING_TO_REFUND:
            return
        # It says it holds nothing: its own word about the payment decides that, not ours about a status code.
        state = await _state_at_bank(enquiry)
    if state is not None and state.status != BankState.PAID:
        # The decision was one change of the row; if anything else has happened to it since, it is asked again.
        await _settle(enquiry, state, asked_version=due.version + 1)


async def _settle(enquiry: _Enquiry, state: PaymentState | None, *, asked_version: int) -> Change:
    return await settle_enquiry(
        enquiry.database, enquiry.due.id, state, asked_version=asked_version, notices=enquiry.notices
    )
