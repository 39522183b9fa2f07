"""What travels between us and a bank, as frozen types.

A message is read once, at the edge, by `read` or `parse_event`; whatever is hostile in it ends there in one
error. Fields we do not know are ignored, because a bank may add some; a field we know must be exactly right.
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import Annotated, Literal, NoReturn, TypeAlias, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    TypeAdapter,
    ValidationError,
)

LARGEST_AMOUNT_PAISE = 2**63 - 1  # what both databases hold
_ISO_8601_SHORTEST = 10


class NotAMessage(ValueError):
    """The body is not the message that the contract describes."""


class NotAnEvent(NotAMessage):
    """The body is not an event that the contract describes."""


def _iso_8601(text: str) -> str:
    datetime.fromisoformat(text)
    return text


# PostgreSQL stores no NUL in a text, so none gets as far as there.
Identifier: TypeAlias = Annotated[str, StringConstraints(min_length=1, max_length=128, pattern=r"^[^\x00]*$")]
ShortText: TypeAlias = Annotated[str, StringConstraints(max_length=128, pattern=r"^[^\x00]*$")]
Address: TypeAlias = Annotated[str, StringConstraints(min_length=1, max_length=2048, pattern=r"^[^\x00]*$")]
Timestamp: TypeAlias = Annotated[
    str, StringConstraints(min_length=_ISO_8601_SHORTEST, max_length=40), AfterValidator(_iso_8601)
]
AmountPaise: TypeAlias = Annotated[int, Field(gt=0, le=LARGEST_AMOUNT_PAISE)]
# It travels in addresses and statements, too, where a line break would make another text of it.
PayoutReference: TypeAlias = Annotated[
    str, StringConstraints(min_length=1, max_length=128, pattern=r"^[^\x00-\x1f\x7f]*$")
]
AccountNumber: TypeAlias = Annotated[str, StringConstraints(pattern=r"^[0-9]{9,18}$")]
Ifsc: TypeAlias = Annotated[str, StringConstraints(pattern=r"^[A-Z]{4}0[A-Z0-9]{6}$")]
PaymentStatus: TypeAlias = Literal["created", "paid", "declined", "expired", "refunded"]
PayoutStatus: TypeAlias = Literal["succeeded", "pending", "failed"]


class Message(BaseModel):
    """Strict: "100", 1.0 and true are not the integer 100 or 1."""

    model_config = ConfigDict(strict=True, frozen=True, extra="ignore")


class NewPayment(Message):
    """We ask the bank to collect an amount from whoever logs in there; our reference makes it idempotent."""

    merchant_reference: Identifier
    user_identifier: Identifier
    amount_paise: AmountPaise
    return_url: Address


class PaymentCreated(Message):
    """The bank's token for one payment, and where to send the browser."""

    token: Identifier
    redirect_url: Address


class PaymentState(Message):
    """How a payment stands at the bank; `bank_reference` (the UTR) once money has moved."""

    token: Identifier
    merchant_reference: Identifier
    status: PaymentStatus
    amount_paise: AmountPaise
    user_identifier: Identifier
    bank_reference: ShortText | None = None


class RefundRequest(Message):
    """We ask the bank to give its customer a whole payment back."""

    token: Identifier


class NewPayout(Message):
    """We ask the bank to pay an amount into an account; our reference makes it idempotent."""

    reference: PayoutReference
    account_number: AccountNumber
    ifsc: Ifsc
    amount_paise: AmountPaise


class PayoutState(Message):
    """How a payout stands at the bank; `utr` once money has moved, `reason` where it did not arrive.

    A payout that came back after it had succeeded is `failed`, with its `utr`.
    """

    reference: PayoutReference
    status: PayoutStatus
    utr: ShortText | None = None
    reason: ShortText | None = None


class AccountToVerify(Message):
    """We ask the bank whose account this is."""

    account_number: AccountNumber
    ifsc: Ifsc


class VerifiedAccount(Message):
    """What the bank knows of an account; no name where there is no such account."""

    status: Literal["active", "invalid"]
    registered_name: ShortText | None = None


class PaymentSucceeded(Message):
    """What a bank says of money it has collected."""

    token: Identifier
    user_identifier: Identifier
    amount_paise: AmountPaise
    bank_reference: Identifier


class PaymentFailed(Message):
    """What a bank says of money it has not collected; there may be no reference then."""

    token: Identifier
    user_identifier: Identifier
    amount_paise: AmountPaise
    bank_reference: ShortText | None = None


class PayoutOutcome(Message):
    """What a bank says of a payout; it knows our reference, and the user only if we named one."""

    reference: Identifier
    user_identifier: ShortText | None = None
    amount_paise: AmountPaise
    bank_reference: ShortText | None = None


class PaymentSucceededEvent(Message):
    type: Literal["payment.succeeded"] = "payment.succeeded"
    timestamp: Timestamp
    data: PaymentSucceeded


class PaymentFailedEvent(Message):
    type: Literal["payment.failed"] = "payment.failed"
    timestamp: Timestamp
    data: PaymentFailed


class PayoutEvent(Message):
    type: Literal["payout.succeeded", "payout.failed", "payout.reversed"]
    timestamp: Timestamp
    """Information only: decisions take the database's time."""
    data: PayoutOutcome


PaymentEvent: TypeAlias = PaymentSucceededEvent | PaymentFailedEvent
Event: TypeAlias = PaymentEvent | PayoutEvent
AnyMessage = TypeVar("AnyMessage", bound=Message)

_events: TypeAdapter[Event] = TypeAdapter(Annotated[Event, Field(discriminator="type")])


def parse_event(body: bytes) -> Event:
    """The event in a webhook's body. Raises NotAnEvent, and nothing else, whatever the bytes are."""
    try:
        return _events.validate_python(_strict_json(body))
    except (ValueError, RecursionError) as error:
        raise NotAnEvent(_what_is_wrong(error)) from error


def read(message: type[AnyMessage], body: bytes) -> AnyMessage:
    """One message of this type. Raises NotAMessage, and nothing else, whatever the bytes are."""
    try:
        return message.model_validate(_strict_json(body))
    except (ValueError, RecursionError) as error:
        raise NotAMessage(_what_is_wrong(error)) from error


def _strict_json(body: bytes) -> object:
    """JSON as RFC 8259 has it, in UTF-8, and with one meaning only: no name twice, no NaN.

    Not pydantic's own reader: it lets the last of two equal names win and takes NaN, so that a second reader
    of the same signed bytes could see another amount. Endless digits and nesting raise as well.
    """
    text = body.decode()  # json.loads would guess UTF-16 from bytes
    parsed: object = json.loads(text, object_pairs_hook=_each_name_once, parse_constant=_refuse_constant)
    # Half a surrogate pair cannot be written as UTF-8, a NUL cannot be stored; only an escape makes either.
    if "\\u" in text and "\\u0000" in json.dumps(parsed, ensure_ascii=False).encode().decode():
        raise ValueError("a NUL character")
    return parsed


def _each_name_once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name stands twice in one object")
    return found


def _refuse_constant(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not JSON")


def _what_is_wrong(error: ValueError | RecursionError) -> str:
    """For logs and the bank's engineers: which field, never its value."""
    if isinstance(error, ValidationError):
        faults = error.errors(include_url=False, include_context=False, include_input=False)
        return "; ".join(f"{'.'.join(map(str, fault['loc']))}: {fault['type']}" for fault in faults[:5])
    return type(error).__name__
