"""Ask the banks about payments they have not told us of, so that money arrives when every webhook was lost."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from bank_api.client import BankClient, BankRefused, BankUnreachable
from bank_api.messages import PaymentState
from money.on_ramp import Change
from runtime.logs import correlated, logger
from shared_db.connection import Database
from shared_db.ledger import Connection, with_retries
from shared_db.on_ramps import DueOnRamp, claim_due
from wallet.settle_on_ramp import note_refund, settle_enquiry

log = logger(__name__)
_AT_ONCE = 20
_LEASE_SECONDS = 30
"""More than two calls to a bank may take; after it another worker asks again."""


async def sweep(database: Database, banks: Mapping[str, BankClient]) -> int:
    """Ask about up to 20 payments that are due, all at once; how many there were.

    Any number of workers may sweep. Raises Unavailable when the database is away.
    """

    async def claim(connection: Connection) -> list[DueOnRamp]:
        return await claim_due(connection, most=_AT_ONCE, lease_seconds=_LEASE_SECONDS)

    due = await with_retries(database, claim)
    async with asyncio.TaskGroup() as group:
        for one in due:
            group.create_task(_ask_about(database, banks[one.bank], one))
    return len(due)


async def _ask_about(database: Database, bank: BankClient, due: DueOnRamp) -> None:
    with correlated(due.correlation_id):
        state = await _state_at_bank(bank, due)
        if await settle_enquiry(database, due.id, state) is Change.REFUND:
            await _ask_for_refund(database, bank, due)


async def _state_at_bank(bank: BankClient, due: DueOnRamp) -> PaymentState | None:
    if due.token is None:
        return None
    try:
        return await bank.payment(due.token)
    except (BankUnreachable, BankRefused) as error:
        log.warning("the bank did not answer an enquiry", bank=due.bank, error=str(error))
        return None


async def _ask_for_refund(database: Database, bank: BankClient, due: DueOnRamp) -> None:
    assert due.token is not None, "a refund follows an answer about a token"
    try:
        await bank.refund(due.token)
    except BankUnreachable as error:
        log.error("the bank has not heard our refund request yet", bank=due.bank, error=str(error))
        return
    except BankRefused as error:
        # It has nothing to give back: declined, expired or refunded already.
        log.error("the bank has nothing to refund", bank=due.bank, error=str(error))
    await note_refund(database, due.id)
