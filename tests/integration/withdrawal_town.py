"""A town for the tests of taking money out: owners, a real bank whose webhooks get lost, and workers on their lanes."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx

from bank_api.adapters import ADAPTERS
from money.breaker import STANDARD
from money.movements import Kind, Posting
from money.rupees import Paise
from money.withdrawal import Outcome, Told
from shared_db.connection import Database
from shared_db.notices import Notices
from tests.town import Books, RealBank, move, real_bank
from wallet.send_withdrawals import Lanes
from wallet.settle_withdrawal import WithdrawalSettlement
from wallet.withdraw import Withdrawals

ACCOUNT, IFSC = "123456789012", "HDFC0ABC123"
CONTRACTS = {name: adapter.payout_contract for name, adapter in ADAPTERS.items()}


class Worker:
    """One process's worth of workers: a connection pool of its own, and lanes of both banks."""

    def __init__(self, url: str, bank: RealBank, name: str) -> None:
        self.database = Database(url)
        self.settlement = WithdrawalSettlement(self.database, Notices(self.database), CONTRACTS)
        self.lanes = {
            bank_name: Lanes(bank_name, client, self.database, self.settlement, name, STANDARD)
            for bank_name, client in bank.clients.items()
        }

    async def turn(self) -> int:
        """Take what is due and wait for its calls; how many there were."""
        taken = sum([await lanes.take_some() for lanes in self.lanes.values()])
        for lanes in self.lanes.values():
            await lanes.drain()
        return taken

    async def work(self) -> None:
        """Until cancelled."""
        while True:
            if not sum([await lanes.take_some() for lanes in self.lanes.values()]):
                await asyncio.sleep(0.02)

    async def close(self) -> None:
        for lanes in self.lanes.values():
            await lanes.drain()
        await self.settlement.drain()
        await self.database.close()


class Town:
    def __init__(self, books: Books, bank: RealBank) -> None:
        self.books = books
        self.bank = bank
        self.settlement = WithdrawalSettlement(books.database, books.notices, CONTRACTS)
        self.desk = Withdrawals(books.database, books.notices, self.settlement)
        self.workers: list[Worker] = []

    def worker(self, name: str = "one") -> Worker:
        self.workers.append(Worker(self.books.url, self.bank, name))
        return self.workers[-1]

    async def asks(self, owner: uuid.UUID, rupees: int, bank: str = "hdfc", **more: Any) -> uuid.UUID:
        given = {"account_number": ACCOUNT, "ifsc": IFSC} | more
        return await self.desk.request(owner, bank=bank, amount_paise=Paise(rupees * 10**2), **given)

    async def told(
        self, withdrawal: uuid.UUID, outcome: Outcome, rupees: int, utr: str | None = "UTR1"
    ) -> str | None:
        """A webhook's word; our answer to it."""
        step = await self.settlement.settle(
            withdrawal, lambda at: Told(at, outcome, rupees * 10**2, utr, "because")
        )
        return step.verdict.value if step else None

    async def break_it(self, bank: str = "hdfc", **faults: object) -> None:
        async with httpx.AsyncClient(base_url=self.bank.url, trust_env=False) as browser:
            answer = await browser.put(f"/{bank}/control/faults", json=faults)
        assert answer.status_code == 200, answer.text

    async def status(self, withdrawal: uuid.UUID) -> str:
        [(status,)] = await self.books.ask("SELECT status FROM withdrawals WHERE id = %s", withdrawal)
        return status

    async def becomes(self, withdrawal: uuid.UUID, status: str) -> None:
        while await self.status(withdrawal) != status:  # noqa: ASYNC110 # a row cannot set an Event
            await asyncio.sleep(0.01)

    async def open_ones(self) -> int:
        [(count,)] = await self.books.ask("SELECT coalesce(sum(pending), 0) FROM lanes")
        return count

    async def statuses(self, owner: uuid.UUID) -> list[str]:
        rows = await self.books.ask(
            "SELECT status FROM withdrawals WHERE owner_id = %s ORDER BY number", owner
        )
        return [row[0] for row in rows]

    async def attempts(self, withdrawal: uuid.UUID) -> list[tuple[str, str]]:
        rows = await self.books.ask(
            "SELECT call, outcome FROM withdrawal_attempts WHERE withdrawal_id = %s ORDER BY began_at",
            withdrawal,
        )
        return [(row[0], row[1]) for row in rows]

    async def make_due(self) -> None:
        """Back-offs and leases are over."""
        await self.books.ask("UPDATE lanes SET next_at = clock_timestamp() - interval '1 second'")

    async def has(self, owner: uuid.UUID) -> tuple[int, int]:
        """Rupees to spend, and on hold."""
        balance, held = await self.books.has(owner)
        return balance // 10**2, held // 10**2

    async def spends(self, owner: uuid.UUID, receiver: uuid.UUID, rupees: int) -> None:
        assert await self.books.post(move(Kind.SEND, owner, receiver, rupees * 10**2)) == [Posting.POSTED]

    async def close(self) -> None:
        for one in self.workers:
            await one.close()
        await self.desk.drain()
        await self.settlement.drain()


@asynccontextmanager
async def opened(url: str, folder: Path) -> AsyncIterator[Town]:
    """Whatever is done in it, its books are right in the end."""
    async with opened_to_all(url, folder) as town:
        yield town
    async with Books(url) as books:
        books.is_right()


@asynccontextmanager
async def opened_to_all(url: str, folder: Path) -> AsyncIterator[Town]:
    """The same where somebody may tamper with the books."""
    async with real_bank(folder) as bank, Books(url) as books:
        town = Town(books, bank)
        yield town
        await town.close()
