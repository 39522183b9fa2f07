"""A town for the tests of asking banks: Asha, her bank whose webhooks all get lost, and banks that behave oddly."""

import asyncio
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.types import Receive, Scope, Send

from bank_api.messages import PaymentState
from money.on_ramp import Change
from money.rupees import Paise
from shared_db.models import OnRamp
from tests.town import (
    AMOUNT,
    AXIS_SECRET,
    HDFC_SECRET,
    Books,
    RealBank,
    bank_clients,
    event_body,
    in_process,
    real_bank,
    served,
    signed,
    wallet_settings,
)
from wallet import add_money
from wallet.settle_on_ramp import settle_enquiry
from wallet.sweep_on_ramps import sweep
from webhook_server.app import create_app

SECRETS = {"hdfc": HDFC_SECRET, "axis": AXIS_SECRET}


class Town:
    """Asha, her bank whose webhooks all get lost, and our door at which a test may knock in its place."""

    def __init__(self, books: Books, bank: RealBank, door: httpx.AsyncClient, asha: uuid.UUID) -> None:
        self.books = books
        self.bank = bank
        self.door = door
        self.asha = asha

    async def begin(self, bank: str = "hdfc", owner: uuid.UUID | None = None) -> OnRamp:
        return await add_money.start(
            self.books.database,
            self.bank.clients[bank],
            bank_name=bank,
            user_id=owner or self.asha,
            amount_paise=Paise(AMOUNT),
            limit_paise=1_00_00_000,
            return_url="http://localhost:3000/?on_ramp={id}",
        )

    async def knock(self, row: OnRamp, *, paid: bool = True, **changes: object) -> tuple[int, str]:
        """One signed event; the code of our answer, and its status or reason."""
        body = event_body(row, paid=paid, **changes)
        answer = await self.door.post(
            f"/webhooks/{row.bank}", content=body, headers=signed(body, secret=SECRETS[row.bank])
        )
        said = answer.json()
        return answer.status_code, said.get("reason") or said["status"]

    async def sweep(self) -> int:
        return await sweep(self.books.database, self.bank.clients, self.books.notices)

    async def sweep_now(self, *rows: OnRamp) -> int:
        await self.books.make_due(*rows)
        return await self.sweep()

    async def answered(self, row: OnRamp, state: PaymentState, *, asked_version: int) -> Change:
        """The bank has answered so to what a sweeper asked when the row had that version."""
        return await settle_enquiry(
            self.books.database, row.id, state, asked_version=asked_version, notices=self.books.notices
        )

    async def is_paid(self, row: OnRamp) -> None:
        """This payment, and no other, arrived exactly once."""
        assert (await self.books.row(row)).status == "success"
        assert await self.books.has(self.asha) == (AMOUNT, 0)
        assert [number for number, *_ in await self.books.entries(self.asha)] == [1]
        self.books.is_right()

    async def nothing_arrived(self) -> None:
        assert await self.books.has(self.asha) == (0, 0)
        assert await self.books.entries(self.asha) == []
        self.books.is_right()


@asynccontextmanager
async def a_town(database_url: str, folder: Path) -> AsyncIterator[Town]:
    app = create_app(wallet_settings(folder), database_url)
    async with Books(database_url) as books, real_bank(folder) as bank, in_process(app) as door:
        yield Town(books, bank, door, await books.person())


class OddBank:
    """A bank that has only this to say of one payment, until it gives the money back."""

    def __init__(self, row: OnRamp, says: str | int = "paid", refunds: int = 200, **changes: object) -> None:
        self.says = says
        """The payment's state, or the code of an answer that is none."""
        self.refunds = refunds
        """The code of the answer to a refund; 200 gives the money back."""
        self.refunds_asked = 0
        self._state: dict[str, object] = {
            "token": row.token,
            "merchant_reference": str(row.id),
            "amount_paise": row.amount_paise,
            "user_identifier": str(row.user_id),
            "bank_reference": "UTR-ODD",
        } | changes

    def state(self, status: str | None = None) -> PaymentState:
        """Its answer as our client reads it."""
        return PaymentState.model_validate(self._state | {"status": status or self.says})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        code = self.says if isinstance(self.says, int) else 200
        if Request(scope, receive).method == "POST":
            code = self.refunds
            self.refunds_asked += 1
            self.says = "refunded" if code == 200 else self.says
        await JSONResponse(self._state | {"status": self.says}, code)(scope, receive, send)

    async def swept(self, books: Books, row: OnRamp) -> int:
        """One look of the sweeper, at this payment at this bank."""
        async with served(self) as url, bank_clients(url) as clients:
            await books.make_due(row)
            return await sweep(books.database, {row.bank: clients[row.bank]}, books.notices)


async def waiting_for_a_lock(books: Books, count: int) -> None:
    question = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
    async with asyncio.timeout(5):
        while (await books.ask(question))[0][0] < count:  # noqa: ASYNC110 # the database tells nobody
            await asyncio.sleep(0.01)
