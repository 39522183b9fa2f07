"""A town for the tests of comparing books: a busy day at a real bank, and both sides of it."""

from __future__ import annotations

import random
import uuid
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from bank_api.statement import StatementLine
from money.desk_errors import NotResolved
from money.reconciliation import Reconciliation
from money.rupees import Paise
from money.times import kolkata_day
from money.withdrawal import Outcome
from shared_db.models import OnRamp
from tests.integration.withdrawal_town import CONTRACTS
from tests.integration.withdrawal_town import Town as WithdrawalTown
from tests.integration.withdrawal_town import opened as withdrawals_opened
from tests.spoilt_statements import Plan, Told
from wallet import add_money
from wallet.reconcile import reconcile
from wallet.resolve import has_failed, resolve, was_paid
from wallet.review import Item, review
from wallet.sweep_on_ramps import sweep


class Town:
    """Owners, a real bank and workers; its days are Kolkata's."""

    def __init__(self, withdrawals: WithdrawalTown) -> None:
        self.withdrawals = withdrawals
        self.books = withdrawals.books
        self.bank = withdrawals.bank
        self.break_it = withdrawals.break_it

    def today(self) -> date:
        return kolkata_day(datetime.now(UTC))

    async def adds(self, owner: uuid.UUID, rupees: int) -> OnRamp:
        """A payment that its customer approves; its webhook gets lost."""
        row = await add_money.start(
            self.books.database,
            self.bank.clients["hdfc"],
            bank_name="hdfc",
            user_id=owner,
            amount_paise=Paise(rupees * 10**2),
            limit_paise=1_00_00_000,
            return_url="http://localhost:3000/?on_ramp={id}",
        )
        await self.bank.press(row.token, "approve")
        return row

    async def sweeps(self, *rows: OnRamp) -> None:
        """Ask the bank about these; what it says of them is done."""
        for row in rows:
            await self.books.make_due(row)
        await sweep(self.books.database, self.bank.clients, self.books.notices)

    async def compares(self, day: date | None = None, bank: str = "hdfc") -> Reconciliation:
        return await reconcile(
            self.books.database, self.bank.clients[bank], bank=bank, day=day or self.today()
        )

    async def statement(self, day: date | None = None) -> tuple[StatementLine, ...]:
        return await self.bank.clients["hdfc"].statement(day or self.today())

    async def a_busy_day(self, dice: random.Random) -> None:
        """Payments credited, refunded and declined; payouts paid, failed, pending, come back, and paid unheard."""
        owner, closed = await self.books.person(50_000), await self.books.person()
        credited = [await self.adds(owner, dice.randint(1, 900)) for _ in range(dice.randint(3, 8))]
        given_back = [await self.adds(closed, dice.randint(1, 900)) for _ in range(2)]
        await self.books.close_wallet(closed)
        await self.sweeps(*credited, *given_back)
        assert {(await self.books.row(row)).refund_heard for row in given_back} == {True}
        faults: list[dict[str, Any]] = [
            *[{}] * dice.randint(2, 6),
            *[{"fail_rate": 1}, {"reversal_rate": 1, "reversal_after_ms": 0}] * 2,
            {"drop_response_rate": 1, "reversal_rate": 1, "reversal_after_ms": 0},
            {"pending_rate": 1, "pending_ms": 86_400_000},
        ]
        worker = self.withdrawals.worker(str(dice.random()))
        for fault in faults:
            other = await self.books.person(1_000)
            await self.break_it(**fault)
            withdrawal = await self.withdrawals.asks(other, dice.randint(1, 900))
            await worker.turn()
            if "reversal_rate" in fault:
                await self.hears_of_its_return(withdrawal)
        await self.break_it()
        await self.withdrawals.make_due()
        await worker.turn()

    async def hears_of_its_return(self, withdrawal: uuid.UUID) -> None:
        """As the webhook of a reversal tells it, whose word alone gets lost here."""
        await self.break_it()
        await self.bank.clients["hdfc"].payout_state(str(withdrawal))
        if await self.withdrawals.status(withdrawal) == "paid":
            [(paise,)] = await self.books.ask(
                "SELECT amount_paise FROM withdrawals WHERE id = %s", withdrawal
            )
            await self.withdrawals.told(withdrawal, Outcome.REVERSED, paise // 10**2)

    async def plan(self) -> Plan:
        """What stands in our books of the bank's lines of today, read straight from the tables."""
        rows = await self.books.ask(
            """SELECT kind, split_part(reference, ':', 2) FROM transfers
                WHERE kind IN ('on_ramp', 'capture', 'reversal')"""
        )
        kinds = {"on_ramp": "payment", "capture": "payout", "reversal": "reversal"}
        booked = {(kinds[kind], reference) for kind, reference in rows}
        heard = await self.books.ask("SELECT id::text FROM on_ramps WHERE refund_heard_at IS NOT NULL")
        ours = {reference for _, reference in booked}
        given_back = {line.reference for line in await self.statement()} - ours
        return Plan(booked, given_back, {row[0] for row in heard})

    async def needs_attention(self, owner: uuid.UUID, rupees: int, *, paid: bool = False) -> uuid.UUID:
        """A withdrawal of which its bank has said nothing for 24 hours; `paid` there all the same, or not there."""
        withdrawal = await self.withdrawals.asks(owner, rupees)
        await self.break_it(**{"drop_response_rate": 1} if paid else {"down": True})
        worker = self.withdrawals.worker(f"for {withdrawal}")
        await worker.turn()
        await self.break_it(down=True)
        await self.books.ask(
            "UPDATE withdrawals SET first_sent_at = first_sent_at - %s, last_sent_at = last_sent_at - %s WHERE id = %s",
            *[timedelta(hours=25)] * 2,
            withdrawal,
        )
        await self.withdrawals.make_due()
        await worker.turn()
        assert await self.withdrawals.status(withdrawal) == "needs_attention"
        await self.break_it()
        return withdrawal

    async def decides(
        self, item: object, *, paid: str | None = None, failed: str | None = None, by: str = "Meera"
    ) -> str:
        """What followed, or the name of the refusal."""
        decision = was_paid(paid, by=by) if paid is not None else has_failed(failed or "", by=by)
        try:
            return await resolve(self.books.database, self.withdrawals.settlement, str(item), decision)
        except NotResolved as refused:
            return type(refused).__name__

    async def waits(self) -> list[Item]:
        return await review(self.books.database, CONTRACTS)

    async def decisions(self) -> list[tuple[Any, ...]]:
        return await self.books.ask(
            "SELECT kind, item, outcome, words, decided_by, withdrawal_id, carried_out FROM resolutions ORDER BY id"
        )

    async def filed(self) -> list[tuple[str, str, bool]]:
        rows = await self.books.ask(
            "SELECT type, reference, gone_at IS NOT NULL FROM reconciliation_exceptions ORDER BY type, reference"
        )
        return [(row[0], row[1], row[2]) for row in rows]

    async def booked_at(self, reference: str, moment: datetime) -> None:
        """As if our ledger had written it then."""
        await self.books.ask("ALTER TABLE transfers DISABLE TRIGGER transfers_append_only")
        await self.books.ask("UPDATE transfers SET created_at = %s WHERE reference = %s", moment, reference)
        await self.books.ask("ALTER TABLE transfers ENABLE TRIGGER transfers_append_only")


@asynccontextmanager
async def opened(url: str, folder: Path) -> AsyncIterator[Town]:
    async with withdrawals_opened(url, folder) as withdrawals:
        yield Town(withdrawals)


def told(found: Reconciliation) -> Told:
    return Counter(
        (one.type.value, one.reference, one.ours_paise, one.theirs_paise) for one in found.differences
    )
