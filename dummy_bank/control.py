"""For developers and tests: press a customer's buttons without a browser, and break the bank on purpose."""

from __future__ import annotations

from typing import Literal

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bank_api.messages import Identifier, Message
from dummy_bank import netbanking
from dummy_bank.brands import Brand
from dummy_bank.desk import Desk, brand_of, is_from_foreign_page, message_of
from dummy_bank.faults import NONE, Faults


class ButtonPressed(Message):
    action: Literal["approve", "decline"]
    customer: Identifier


class Control:
    """No key is asked for, so a page of somebody else's must not reach it; outside development it is not there."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def routes(self) -> list[Route]:
        if self._desk.settings.batua_env != "dev":
            return []
        faults = "/{bank}/control/faults"
        return [
            Route("/{bank}/control/payments/{token}", self.press, methods=["POST"]),
            Route(faults, self.show_faults, methods=["GET"]),
            Route(faults, self.set_faults, methods=["PUT"]),
            Route(faults, self.clear_faults, methods=["DELETE"]),
        ]

    async def press(self, request: Request) -> Response:
        brand = self._admitted(request)
        pressed = await message_of(ButtonPressed, request)
        token: str = request.path_params["token"]
        decision = await netbanking.decide(self._desk, brand.name, token, pressed.action, pressed.customer)
        return JSONResponse(decision.payment.state.model_dump())

    async def show_faults(self, request: Request) -> Response:
        brand = self._admitted(request)
        return JSONResponse(self._desk.trouble.faults(brand.name).model_dump())

    async def set_faults(self, request: Request) -> Response:
        """All of them: a field left out is as in a bank that works, whatever it was before."""
        brand = self._admitted(request)
        return await self._replace(brand, await message_of(Faults, request))

    async def clear_faults(self, request: Request) -> Response:
        return await self._replace(self._admitted(request), NONE)

    async def _replace(self, brand: Brand, faults: Faults) -> Response:
        await self._desk.trouble.replace(brand.name, faults)
        return JSONResponse(faults.model_dump())

    def _admitted(self, request: Request) -> Brand:
        brand = brand_of(request)
        if is_from_foreign_page(request, self._desk.settings):
            raise HTTPException(403)
        return brand
