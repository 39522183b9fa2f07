"""What the merchant's servers ask us about payouts: pay, how does it stand, and whose account is this."""

from __future__ import annotations

from functools import partial

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bank_api.client import CORRELATION_HEADER
from bank_api.messages import AccountToVerify, NewPayout, VerifiedAccount
from dummy_bank import payouts
from dummy_bank.account_names import registered_name
from dummy_bank.brands import Brand
from dummy_bank.desk import Desk, admitted, brand_of, message_of
from dummy_bank.payout import Payout
from runtime.logs import accepted_correlation_id, correlated, logger

log = logger(__name__)


class PayoutApi:
    """Every call needs `Authorization: Bearer` with the key of this very bank."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def routes(self) -> list[Route]:
        return [
            Route("/{bank}/api/payouts", self.pay, methods=["POST"]),
            # A reference is the merchant's own text and may have a slash in it.
            Route("/{bank}/api/payouts/{reference:path}", self.show),
            Route("/{bank}/api/accounts/verify", self.verify, methods=["POST"]),
        ]

    async def pay(self, request: Request) -> Response:
        brand = self._open_for(request)
        order = await message_of(NewPayout, request)
        correlation_id = accepted_correlation_id(request.headers.get(CORRELATION_HEADER))
        return await self._desk.trouble.answer(
            brand.name, "payout", order.reference, partial(self._pay, brand, order, correlation_id)
        )

    async def show(self, request: Request) -> Response:
        brand = self._open_for(request)
        reference: str = request.path_params["reference"]
        return await self._desk.trouble.answer(
            brand.name, "payout enquiry", reference, partial(self._show, brand, reference)
        )

    async def verify(self, request: Request) -> Response:
        admitted(request, self._desk.settings)
        account = await message_of(AccountToVerify, request)
        known = VerifiedAccount(status="active", registered_name=registered_name(account.account_number))
        return JSONResponse(known.model_dump())

    async def _pay(self, brand: Brand, order: NewPayout, correlation_id: str) -> Response:
        payout = await self._desk.books.write(
            partial(
                payouts.pay,
                bank=brand.name,
                order=order,
                correlation_id=correlation_id,
                now_ms=self._desk.now_ms(),
            )
        )
        with correlated(payout.correlation_id):
            log.info("payout asked for", bank=brand.name, reference=payout.reference, status=payout.status)
        return self._answer(payout)

    async def _show(self, brand: Brand, reference: str) -> Response:
        # A write, because one that is due becomes what it is to become before anybody hears of it.
        payout = await self._desk.books.write(
            partial(payouts.find, bank=brand.name, reference=reference, now_ms=self._desk.now_ms())
        )
        return self._answer(payout)

    def _answer(self, payout: Payout) -> Response:
        self._desk.outbox.wake()
        self._desk.later.wake()
        return JSONResponse(payout.state.model_dump())

    def _open_for(self, request: Request) -> Brand:
        self._desk.trouble.refuse_if_down(brand_of(request).name)
        return admitted(request, self._desk.settings)
