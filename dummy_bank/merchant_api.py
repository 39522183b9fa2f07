"""What the merchant's servers ask us: payments, refunds, and the day's statement."""

from __future__ import annotations

import hmac
import re
from functools import partial

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bank_api.client import CORRELATION_HEADER
from bank_api.messages import AnyMessage, NewPayment, NotAMessage, PaymentCreated, RefundRequest, read
from dummy_bank import payments, statement
from dummy_bank.brands import Brand
from dummy_bank.desk import Desk, body_of, brand_of
from dummy_bank.refusals import BadRequest, ForeignReturnUrl, NotOurMerchant
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
        brand = self._admitted(request)
        order = await _message(NewPayment, request)
        if not self._may_return_to(order.return_url):
            raise ForeignReturnUrl
        correlation_id = accepted_correlation_id(request.headers.get(CORRELATION_HEADER))
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

    async def show_payment(self, request: Request) -> Response:
        brand = self._admitted(request)
        token: str = request.path_params["token"]
        payment = await self._desk.books.read(
            partial(payments.find, bank=brand.name, token=token, now_ms=self._desk.now_ms())
        )
        return JSONResponse(payment.state.model_dump())

    async def refund(self, request: Request) -> Response:
        brand = self._admitted(request)
        asked = await _message(RefundRequest, request)
        payment = await self._desk.books.write(
            partial(payments.refund, bank=brand.name, token=asked.token, now_ms=self._desk.now_ms())
        )
        with correlated(payment.correlation_id):
            log.info("payment refunded", bank=brand.name, reference=payment.merchant_reference)
        return JSONResponse(payment.state.model_dump())

    async def statement(self, request: Request) -> Response:
        brand = self._admitted(request)
        try:
            day = statement.day(request.query_params.get("date", ""))
        except ValueError:
            raise BadRequest from None
        text = await self._desk.books.read(partial(statement.of_day, bank=brand.name, day=day))
        return Response(text, media_type="text/csv")

    def _admitted(self, request: Request) -> Brand:
        brand = brand_of(request)
        key = self._desk.settings.api_key(brand.name)
        given = request.headers.get("authorization", "")
        if not key or not hmac.compare_digest(given.encode(), f"Bearer {key}".encode()):
            raise NotOurMerchant
        return brand

    def _may_return_to(self, url: str) -> bool:
        return bool(_PLAIN_URL.fullmatch(url)) and origin_of(url) in self._desk.settings.merchant_origins


async def _message(message: type[AnyMessage], request: Request) -> AnyMessage:
    try:
        return read(message, await body_of(request))
    except NotAMessage:
        raise BadRequest from None
