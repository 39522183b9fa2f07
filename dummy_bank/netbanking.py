"""What the customer sees in the browser: log in, look at the payment, approve or decline it.

Nothing stays in the browser: there is no cookie, and every visit asks for the login.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from typing import TypeAlias

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from dummy_bank import pages, payments
from dummy_bank.brands import Brand
from dummy_bank.customers import Customer, customer, is_password, password_hash
from dummy_bank.desk import Desk, brand_of, form_of, is_from_own_page
from dummy_bank.payment import Payment
from dummy_bank.payments import Decision
from dummy_bank.refusals import AlreadyDecided, BadRequest, NotEnoughMoney, Refusal
from runtime.logs import correlated, logger

log = logger(__name__)

Counter: TypeAlias = Callable[[Request, Brand], Awaitable[Response]]
_WAYS = {"approve": payments.approve, "decline": payments.decline}

_WRONG_LOGIN = "The customer ID or the password is wrong."
_TOO_OFTEN = "Too many wrong passwords. Please wait a minute and log in again."
_LOG_IN_AGAIN = "Your login for this payment has ended. Nothing was paid; please log in again."
_NOT_FROM_HERE = "This request did not come from a page of ours. Nothing was paid."


class Netbanking:
    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def routes(self) -> list[Route]:
        return [
            Route("/{bank}/netbanking", self._counter(self.enter), methods=["GET"]),
            Route("/{bank}/netbanking", self._counter(self.log_in), methods=["POST"]),
            Route("/{bank}/netbanking/decision", self._counter(self.decide), methods=["POST"]),
        ]

    async def enter(self, request: Request, brand: Brand) -> Response:
        payment = await self._payment(brand, request.query_params.get("token", ""))
        return pages.login(brand, payment) if payment.status == "created" else pages.outcome(brand, payment)

    async def log_in(self, request: Request, brand: Brand) -> Response:
        form = await form_of(request)
        payment = await self._payment(brand, request.query_params.get("token", ""))
        if payment.status != "created":
            return pages.outcome(brand, payment)
        customer_id = form.get("customer_id", "").strip()
        if self._desk.wrong_tries.must_wait(brand.name, customer_id, now=self._desk.clock()):
            return pages.login(brand, payment, fault=_TOO_OFTEN, customer_id=customer_id, status_code=429)
        known = await self._who(brand, customer_id, form.get("password", ""))
        if known is None:
            self._desk.wrong_tries.add(brand.name, customer_id, now=self._desk.clock())
            return pages.login(brand, payment, fault=_WRONG_LOGIN, customer_id=customer_id, status_code=403)
        return self._confirm(brand, payment, known)

    async def decide(self, request: Request, brand: Brand) -> Response:
        form = await form_of(request)
        payment = await self._payment(brand, form.get("token", ""))
        ticket = form.get("ticket", "")
        customer_id = self._desk.tickets.customer(ticket, brand.name, payment.token, now=self._desk.clock())
        if customer_id is None:
            if payment.status != "created":
                return pages.outcome(brand, payment)
            return pages.login(brand, payment, fault=_LOG_IN_AGAIN, status_code=403)
        return await self._decided(brand, payment, form.get("action", ""), customer_id)

    def _counter(self, serve: Counter) -> Callable[[Request], Awaitable[Response]]:
        """What all of them share: the bank is one of ours, a form came from our own page, a refusal is a page."""

        async def served(request: Request) -> Response:
            brand = brand_of(request)
            if request.method == "POST" and not is_from_own_page(request, self._desk.settings):
                return pages.notice(brand, _NOT_FROM_HERE, 403)
            try:
                return await serve(request, brand)
            except Refusal as refusal:
                back = self._desk.settings.merchant_home
                return pages.notice(brand, refusal.sentence, refusal.status_code, back=back)

        return served

    async def _decided(self, brand: Brand, payment: Payment, action: str, customer_id: str) -> Response:
        try:
            decision = await decide(self._desk, brand.name, payment.token, action, customer_id)
        except NotEnoughMoney as refusal:
            known = await self._desk.books.read(partial(customer, bank=brand.name, customer_id=customer_id))
            assert known, "a ticket names a customer, and customers stay"
            return self._confirm(brand, payment, known, fault=refusal.sentence, status_code=409)
        except AlreadyDecided:
            return pages.outcome(brand, await self._payment(brand, payment.token), status_code=409)
        # A second press of the same button gets the same answer: back to the merchant.
        return RedirectResponse(decision.payment.return_url, 303)

    async def _payment(self, brand: Brand, token: str) -> Payment:
        return await self._desk.books.read(
            partial(payments.find, bank=brand.name, token=token, now_ms=self._desk.now_ms())
        )

    async def _who(self, brand: Brand, customer_id: str, password: str) -> Customer | None:
        books = self._desk.books
        stored = await books.read(partial(password_hash, bank=brand.name, customer_id=customer_id))
        if not await asyncio.to_thread(is_password, password, stored):
            return None
        return await books.read(partial(customer, bank=brand.name, customer_id=customer_id))

    def _confirm(
        self, brand: Brand, payment: Payment, known: Customer, *, fault: str = "", status_code: int = 200
    ) -> Response:
        now = self._desk.clock()
        ticket = self._desk.tickets.issue(brand.name, payment.token, known.customer_id, now=now)
        return pages.confirm(brand, payment, known, ticket=ticket, fault=fault, status_code=status_code)


async def decide(desk: Desk, bank: str, token: str, action: str, customer_id: str) -> Decision:
    """Press `approve` or `decline`, and try once to tell the merchant.

    Raises what those two refuse, and BadRequest for any other button.
    """
    way = _WAYS.get(action)
    if way is None:
        raise BadRequest
    decision = await desk.books.write(
        partial(way, bank=bank, token=token, customer_id=customer_id, now_ms=desk.now_ms())
    )
    if decision.sending_id:
        with correlated(decision.payment.correlation_id):
            log.info("payment decided", bank=bank, status=decision.payment.status)
        # Duplicates and late successes that this decision brought with it are not for us to send.
        desk.outbox.wake()
        desk.later.wake()
        await desk.outbox.try_once(decision.sending_id)
    return decision
