"""What the merchant's servers ask us about payments, and the day's statement."""

from __future__ import annotations

import re
from functools import partial

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bank_api.client import CORRELATION_HEADER
from bank_api.messages import NewPayment, PaymentCreated, RefundRequest
from dummy_bank import payments, statement
from dummy_bank.brands import Brand
from dummy_bank.desk import Desk, admitted, brand_of, message_of
from dummy_bank.refusals import BadRequest, ForeignReturnUrl
from dummy_bank.settings import origin_of
from runtime.logs import accepted_correlation_id, correlated, logger

log = logger(__name__)

# Browsers read a backslash as a slash and skip blanks, so neither gets into an address we send people to.
_PLAIN_URL = re.compile(r"[!-\[\]-~]+")


class MerchantApi:
    """Every call needs `Authorization: Bearer` with the key of this very bank."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def routes(self) -> list[Route]:
        return [
            Route("/{bank}/api/payments", self.create_payment, methods=["POST"]),
            Route("/{bank}/api/payments/{token}", self.show_payment),
            Route("/{bank}/api/refunds", self.refund, methods=["POST"]),
            Route("/{bank}/api/statement", self.statement),
        ]

    async def create_payment(self, request: Request) -> Response:
        brand = self._open_for(request)
        order = await message_of(NewPayment, request)
        if not self._may_return_to(order.return_url):
            raise ForeignReturnUrl
        correlation_id = accepted_correlation_id(request.headers.get(CORRELATION_HEADER))
        return await self._desk.trouble.answer(
            brand.name,
            "payment",
            order.merchant_reference,
            partial(self._create, brand, order, correlation_id),
        )

    async def show_payment(self, request: Request) -> Response:
        brand = self._open_for(request)
        token: str = request.path_params["token"]
        return await self._desk.trouble.answer(
            brand.name, "payment enquiry", token, partial(self._show, brand, token)
        )

    async def refund(self, request: Request) -> Response:
        brand = self._open_for(request)
        asked = await message_of(RefundRequest, request)
        return await self._desk.trouble.answer(
            brand.name, "refund", asked.token, partial(self._refund, brand, asked.token)
        )

    async def statement(self, request: Request) -> Response:
        brand = admitted(request, self._desk.settings)
        try:
            day = statement.day(request.query_params.get("date", ""))
        except ValueError:
            raise BadRequest from None
        text = await self._desk.books.read(partial(statement.of_day, bank=brand.name, day=day))
        return Response(text, media_type="text/csv")

    async def _create(self, brand: Brand, order: NewPayment, correlation_id: str) -> Response:
        payment = await self._desk.books.write(
            partial(
                payments.create,
                bank=brand.name,
                order=order,
                correlation_id=correlation_id,
                now_ms=self._desk.now_ms(),
            )
        )
        with correlated(payment.correlation_id):
            log.info("payment created", bank=brand.name, reference=payment.merchant_reference)
        redirect_url = f"{self._desk.settings.public_url}/{brand.name}/netbanking?token={payment.token}"
        created = PaymentCreated(token=payment.token, redirect_url=redirect_url)
        return JSONResponse(created.model_dump(), 201)

    async def _show(self, brand: Brand, token: str) -> Response:
        payment = await self._desk.books.read(
            partial(payments.find, bank=brand.name, token=token, now_ms=self._desk.now_ms())
        )
        return JSONResponse(payment.state.model_dump())

    async def _refund(self, brand: Brand, token: str) -> Response:
        payment = await self._desk.books.write(
            partial(payments.refund, bank=brand.name, token=token, now_ms=self._desk.now_ms())
        )
        with correlated(payment.correlation_id):
            log.info("payment refunded", bank=brand.name, reference=payment.merchant_reference)
        return JSONResponse(payment.state.model_dump())

    def _open_for(self, request: Request) -> Brand:
        self._desk.trouble.refuse_if_down(brand_of(request).name)
        return admitted(request, self._desk.settings)

    def _may_return_to(self, url: str) -> bool:
        return bool(_PLAIN_URL.fullmatch(url)) and origin_of(url) in self._desk.settings.merchant_origins
