"""For developers and tests: press a customer's buttons without a browser."""

from __future__ import annotations

from typing import Literal

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bank_api.messages import Identifier, Message, NotAMessage, read
from dummy_bank import netbanking
from dummy_bank.desk import Desk, body_of, brand_of, is_from_foreign_page
from dummy_bank.refusals import BadRequest


class ButtonPressed(Message):
    action: Literal["approve", "decline"]
    customer: Identifier


class Control:
    """No key is asked for, so a page of somebody else's must not reach it."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def routes(self) -> list[Route]:
        return [Route("/{bank}/control/payments/{token}", self.press, methods=["POST"])]

    async def press(self, request: Request) -> Response:
        brand = brand_of(request)
        if is_from_foreign_page(request, self._desk.settings):
            raise HTTPException(403)
        try:
            pressed = read(ButtonPressed, await body_of(request))
        except NotAMessage:
            raise BadRequest from None
        token: str = request.path_params["token"]
        decision = await netbanking.decide(self._desk, brand.name, token, pressed.action, pressed.customer)
        return JSONResponse(decision.payment.state.model_dump())
