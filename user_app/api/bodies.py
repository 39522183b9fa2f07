"""What callers may send: strict types, and amounts that never pass through a float."""

from __future__ import annotations

import json
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Annotated, Any, Literal, NoReturn

from fastapi import HTTPException, Request, Response
from fastapi.routing import APIRoute
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    WithJsonSchema,
    model_validator,
)

from money.errors import NotAnAmount, NoteRefused
from money.rupees import Paise, parse_rupees
from wallet.send_money import clean_note

LARGEST_BODY_BYTES = 64 * 1024


class BodyTooLarge(HTTPException):
    """The body is larger than any of ours can be."""

    def __init__(self) -> None:
        # FastAPI lets this class alone pass while it reads a body.
        super().__init__(413)


@dataclass(frozen=True, slots=True)
class JsonNumber:
    """A number as its sender wrote it. As a Python float, 1.005 would be another number."""

    text: str


def _amount(given: object) -> Paise:
    """Rupees, as a JSON number or a decimal string. 1e3 is refused in both: nobody writes money so."""
    text = given.text if isinstance(given, JsonNumber) else given
    if not isinstance(text, str):
        raise ValueError("an amount is a number or a decimal string")  # noqa: TRY004 # pydantic expects it
    try:
        return parse_rupees(text)
    except NotAnAmount as refusal:
        raise ValueError(refusal.sentence) from refusal


Amount = Annotated[
    int,
    BeforeValidator(_amount),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "number", "exclusiveMinimum": 0, "multipleOf": 0.01},
                {"type": "string", "pattern": r"^[0-9]{1,17}(\.[0-9]{1,2})?$"},
            ],
            "description": "Rupees, above 0, with at most 2 decimals.",
        }
    ),
]
"""Rupees on the wire, paise here."""


class Body(BaseModel):
    """No field is guessed, converted or ignored."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)

    @model_validator(mode="before")
    @classmethod
    def _is_an_object(cls, given: object) -> object:
        # FastAPI has pydantic read attributes, and every Python object has some: a lone number would be a body.
        if not isinstance(given, dict):
            raise ValueError("a body is an object")  # noqa: TRY004 # pydantic expects it
        return given


# What the document says of texts; wallet decides, and trims first.
Email = Annotated[str, WithJsonSchema({"type": "string", "format": "email"})]
Name = Annotated[str, WithJsonSchema({"type": "string", "minLength": 1, "maxLength": 50})]
Password = Annotated[str, WithJsonSchema({"type": "string", "minLength": 6, "maxLength": 256})]
AccountNumber = Annotated[str, WithJsonSchema({"type": "string", "pattern": "^[0-9]{9,18}$"})]
Handle = Annotated[str, WithJsonSchema({"type": "string", "pattern": "^[a-z][a-z0-9]{2,29}$"})]
Ifsc = Annotated[str, WithJsonSchema({"type": "string", "pattern": "^[A-Z]{4}0[A-Z0-9]{6}$"})]


class SignUpBody(Body):
    username: Email
    first_name: Annotated[Name, Field(alias="firstName")]
    last_name: Annotated[Name, Field(alias="lastName")]
    password: Password


class SignInBody(Body):
    username: Email
    password: Password


class ProfileBody(Body):
    """Any of them; what is missing stays as it is."""

    password: Password | None = None
    first_name: Annotated[Name | None, Field(alias="firstName")] = None
    last_name: Annotated[Name | None, Field(alias="lastName")] = None


def _note(given: str | None) -> str | None:
    """As `clean_note` has it."""
    try:
        return clean_note(given or "")
    except NoteRefused as refusal:
        raise ValueError(refusal.sentence) from refusal


class TransferBody(Body):
    to: str
    amount: Amount
    note: Annotated[str | None, AfterValidator(_note)] = None


class PaymentBody(Body):
    merchant: Handle
    amount: Amount
    note: Annotated[str | None, AfterValidator(_note)] = None


class WithdrawalBody(Body):
    bank: Literal["hdfc", "axis"]
    account_number: Annotated[AccountNumber, Field(alias="accountNumber")]
    ifsc: Ifsc
    amount: Amount


class OnRampBody(Body):
    bank: Literal["hdfc", "axis"]
    amount: Amount


class JsonRoute(APIRoute):
    """A route whose body is read with `parse_json` and is never larger than 64 KiB."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def with_our_json(request: Request) -> Response:
            return await handle(_JsonRequest(request.scope, request.receive))

        return with_our_json


class _JsonRequest(Request):
    async def body(self) -> bytes:
        if not hasattr(self, "_body"):
            received = bytearray()
            async for chunk in self.stream():
                received += chunk
                if len(received) > LARGEST_BODY_BYTES:
                    raise BodyTooLarge
            self._body = bytes(received)
        return self._body

    async def json(self) -> object:
        return parse_json(await self.body())


def parse_json(body: bytes) -> object:
    """The parsed body, numbers as `JsonNumber`. Raises JSONDecodeError for whatever is not JSON."""
    try:
        return json.loads(
            body.decode(), parse_float=JsonNumber, parse_int=JsonNumber, parse_constant=_refuse_constant
        )
    except json.JSONDecodeError:
        raise
    except (ValueError, RecursionError) as error:
        raise json.JSONDecodeError(type(error).__name__, "", 0) from error


def _refuse_constant(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not JSON")
