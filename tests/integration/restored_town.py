"""A town whose database was lost and brought back: what its bank knows, and the restored books do not."""

from __future__ import annotations

import asyncio
import uuid
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg

from money.desk_errors import NotResolved
from shared_db.backup import backup
from shared_db.models import OnRamp
from shared_db.restore import restore
from shared_db.restores import let_out
from tests.integration import books_town
from tests.integration.backup_town import an_empty_database
from tests.integration.books_town import Town
from tests.integration.withdrawal_town import ACCOUNT, IFSC
from tests.integration.withdrawal_town import Town as WithdrawalTown
from tests.town import Books
from wallet.catch_up import CaughtUp, catch_up
from wallet.resolve import resolve_lost, was_paid
from wallet.resolve_lost import whose

PAID_TO = f"{ACCOUNT}/{IFSC}"


@dataclass
class Story:
    """A day that was backed up in its middle, and the town that lives on the restored books."""

    asha: uuid.UUID
    ravi: uuid.UUID
    queued: uuid.UUID
    """Withdrawal of asha's, ₹50: queued at the backup, paid after it."""
    begun: uuid.UUID
    """Payment of asha's, ₹20: pending at the backup, credited after it."""
    lost_payment: uuid.UUID
    lost_payout: uuid.UUID
    lost_large_payout: uuid.UUID
    came_back: uuid.UUID
    lost_row: OnRamp
    """Of the lost payment, as the old database had it."""
    town: Town
    """On the restored database."""

    async def catches_up(self) -> CaughtUp:
        return await catch_up(self.town.books.database, self.town.bank.clients)

    async def id_of(self, kind: str, reference: uuid.UUID) -> tuple[str, str]:
        """The difference's id and UTR, as `review` lists them."""
        [found] = [
            (one.id, one.utr or "")
            for one in (await self.catches_up()).differences
            if (one.kind, one.reference) == (kind, str(reference))
        ]
        return found

    async def richer(self) -> tuple[str, str]:
        """The same of a lost payment of asha's, ₹1,000."""
        [found] = [one for one in (await self.catches_up()).differences if one.theirs_paise == 1_000_00]
        return found.id, found.utr or ""

    async def payment(self, payment_id: uuid.UUID) -> OnRamp:
        async with self.town.books.database.transaction() as session:
            found = await session.get(OnRamp, payment_id)
        assert found
        return found

    async def says_paid(self, item: str, utr: str, owner: uuid.UUID | str, account: str | None = None) -> str:
        """What followed, or the name of the refusal."""
        try:
            of, decision = whose(str(owner), account), was_paid(utr, by="Meera")
            return await resolve_lost(self.town.books.database, item, decision, of)
        except NotResolved as refused:
            return type(refused).__name__


@asynccontextmanager
async def a_story(database_url: str, tmp_path: Path) -> AsyncIterator[Story]:
    async with books_town.opened(database_url, tmp_path) as before:
        asha, ravi = await before.books.person(500), await before.books.person(300)
        queued = await before.withdrawals.asks(asha, 50)
        begun = await before.adds(asha, 20)
        file = tmp_path / "batua.dump"
        await asyncio.to_thread(backup, database_url, file)

        worker = before.withdrawals.worker()
        await worker.turn()
        lost_payment = await before.adds(ravi, 70)
        await before.sweeps(begun, lost_payment)
        lost_payout = await before.withdrawals.asks(ravi, 40)
        richer = await before.adds(asha, 1_000)
        await before.sweeps(richer)
        await worker.turn()
        lost_large_payout = await before.withdrawals.asks(asha, 900)
        await worker.turn()
        await before.break_it(reversal_rate=1, reversal_after_ms=0)
        came_back = await before.withdrawals.asks(ravi, 10)
        await worker.turn()
        await before.hears_of_its_return(came_back)
        await before.break_it()
        with an_empty_database(database_url) as elsewhere:
            await asyncio.to_thread(restore, elsewhere, file)
            async with living_on(elsewhere, before) as town:
                yield Story(
                    *(asha, ravi, queued, begun.id, lost_payment.id),
                    *(lost_payout, lost_large_payout, came_back, lost_payment, town),
                )


@asynccontextmanager
async def living_on(url: str, before: Town) -> AsyncIterator[Town]:
    async with Books(url) as books:
        town = Town(WithdrawalTown(books, before.bank))
        yield town
        await town.withdrawals.close()
        books.is_right()


def lets_money_out(url: str) -> bool:
    """Whether it leaves, once Meera has opened whatever is held by now."""
    with psycopg.connect(url) as connection:
        [(newest,)] = connection.execute("SELECT max(number) FROM restores").fetchall()
    return let_out(url, "Meera", up_to=newest)


def told(found: CaughtUp) -> Counter[tuple[str, str, int | None]]:
    return Counter((f"{one.type} {one.kind}", one.reference, one.theirs_paise) for one in found.differences)
