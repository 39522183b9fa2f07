"""Take money out to a bank account: hold it, queue it, and cancel it while it waits."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import Sequence
from datetime import datetime

from money.accounts import BankAccount, bank_account_id
from money.errors import (
    KeyUsedForAnother,
    NotEnoughMoney,
    NotFound,
    OutgoingStopped,
    Refusal,
    TooLateToCancel,
    WalletFrozen,
)
from money.movements import Posting
from money.on_ramp import Verdict
from money.rupees import Paise
from money.withdrawal import Cancelled
from runtime.batcher import Batcher
from runtime.logs import current_correlation_id
from shared_db.connection import Connection, Database, with_retries
from shared_db.ids import new_id
from shared_db.notices import Notices
from shared_db.withdrawal_history import still_open
from shared_db.withdrawals import Queued, Requested, request
from wallet.settle_withdrawal import WithdrawalSettlement
from wallet.withdrawal_steps import hold_reference

_REFUSALS: dict[Posting, type[Refusal]] = {
    Posting.UNKNOWN_ACCOUNT: NotFound,
    Posting.CLOSED: NotFound,
    Posting.FROZEN: WalletFrozen,
    Posting.INSUFFICIENT: NotEnoughMoney,
    Posting.CONFLICT: KeyUsedForAnother,
    Posting.STOPPED: OutgoingStopped,
}

_LOOK_EVERY_SECONDS = 0.1


class Withdrawals:
    """What an owner does with their withdrawals, many owners in shared transactions. One per process and event loop."""

    def __init__(self, database: Database, notices: Notices, settlement: WithdrawalSettlement) -> None:
        self._database = database
        self._notices = notices
        self._settlement = settlement
        self._batcher: Batcher[Requested, Queued] = Batcher(
            "withdrawal requests", self._flush, largest=100, flushers=2
        )
        self._open: Batcher[uuid.UUID, bool] = Batcher("withdrawals waited for", self._which_are_open)

    async def request(
        self,
        owner_id: uuid.UUID,
        *,
        bank: str,
        account_number: str,
        ifsc: str,
        amount_paise: Paise,
        reference: str | None = None,
    ) -> uuid.UUID:
        """Hold the amount and queue it for this account; the withdrawal, or the one that stands under `reference`.

        Raises WalletFrozen or NotEnoughMoney; KeyUsedForAnother where something else stands under the `reference`;
        OutgoingStopped while our books do not add up; Busy or Unavailable when nothing is known to have happened.
        """
        withdrawal_id = new_id()
        queued = await self._batcher.submit(
            Requested(
                withdrawal_id,
                reference or hold_reference(withdrawal_id),
                owner_id,
                bank_account_id(bank, BankAccount.IN_FLIGHT),
                bank,
                account_number,
                ifsc,
                amount_paise,
                current_correlation_id(),
            )
        )
        if queued.outcome in _REFUSALS:
            raise _REFUSALS[queued.outcome]
        assert queued.withdrawal_id is not None, "what is held has an id"
        self._notices.about([owner_id])
        return queued.withdrawal_id

    async def cancel(self, withdrawal_id: uuid.UUID) -> None:
        """Give it back while it is queued; again: the same. Whose it is has been asked. Raises TooLateToCancel."""

        def cancelled(at: datetime) -> Cancelled:
            return Cancelled(at)

        step = await self._settlement.settle(withdrawal_id, cancelled)
        if step is None:
            raise NotFound
        if step.verdict is Verdict.REJECTED:
            raise TooLateToCancel

    async def is_settled_within(self, withdrawal_id: uuid.UUID, seconds: float) -> bool:
        """Wait for its outcome at most so long; whether there is one."""
        give_up_at = time.monotonic() + seconds
        while await self._open.submit(withdrawal_id):
            left = give_up_at - time.monotonic()
            if left <= 0:
                return False
            await asyncio.sleep(min(left, _LOOK_EVERY_SECONDS))
        return True

    async def drain(self) -> None:
        """Finish what was taken; take nothing more."""
        await self._batcher.drain()
        await self._open.drain()

    async def _which_are_open(self, withdrawal_ids: Sequence[uuid.UUID]) -> list[bool]:
        async def ask(connection: Connection) -> set[uuid.UUID]:
            return await still_open(connection, withdrawal_ids)

        found = await with_retries(self._database, ask)
        return [one in found for one in withdrawal_ids]

    async def _flush(self, wanted: Sequence[Requested]) -> list[Queued]:
        async def work(connection: Connection) -> list[Queued]:
            return await request(connection, wanted)

        return await with_retries(self._database, work)
