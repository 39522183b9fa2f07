"""The page of the faults: see and set them, and what was paid last. For people; programs use `control.py`."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Literal, TypeAlias
from zoneinfo import ZoneInfo

from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from dummy_bank import pages, payments, payouts
from dummy_bank.brands import Brand
from dummy_bank.desk import Desk, brand_of, form_of, is_from_foreign_page, is_from_own_page
from dummy_bank.faults import NONE, Faults
from dummy_bank.payment import Payment
from dummy_bank.payout import Payout
from dummy_bank.refusals import BadRequest, Refusal
from money.rupees import format_rupees

Kind: TypeAlias = Literal["rate", "number", "switch"]

_KOLKATA = ZoneInfo("Asia/Kolkata")
_JSON_NUMBER = re.compile(r"-?(0|[1-9][0-9]{0,24})(\.[0-9]{1,24})?([eE][+-]?[0-9]{1,3})?")
_LATENCY = ("latency_from_ms", "latency_to_ms")
_LISTED = 20
_NOT_FROM_HERE = "This request did not come from a page of ours. Nothing was changed."


@dataclass(frozen=True, slots=True)
class Field:
    """One field of the form, named as the fault is; the two of the latency are one fault together."""

    name: str
    label: str
    kind: Kind
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """One payment or payout, all text."""

    at: str
    reference: str
    more: str
    amount: str
    status: str


GROUPS: tuple[tuple[str, tuple[Field, ...]], ...] = (
    (
        "Requests",
        (
            Field("down", "Down", "switch", "503 at once"),
            Field("latency_from_ms", "Latency from (ms)", "number"),
            Field("latency_to_ms", "Latency to (ms)", "number"),
            Field("error_rate", "Error rate", "rate", "503, and nothing done"),
            Field("drop_response_rate", "Dropped answers", "rate", "done, then the connection closes"),
        ),
    ),
    (
        "Payouts",
        (
            Field("pending_rate", "Pending rate", "rate"),
            Field("pending_ms", "Pending for (ms)", "number", "late successes come after it, too"),
            Field("fail_rate", "Failure rate", "rate"),
            Field("reversal_rate", "Reversal rate", "rate", "of the payouts that succeed"),
            Field("reversal_after_ms", "Reversed after (ms)", "number"),
            Field("idempotent_references", "Idempotent references", "switch", "off: asking again pays again"),
        ),
    ),
    (
        "Webhooks",
        (
            Field("webhook_delay_ms", "Delay (ms)", "number"),
            Field("webhook_duplicates", "Duplicates", "number", "further copies of each event"),
            Field("webhook_loss_rate", "Loss rate", "rate", "lost for good"),
            Field("webhook_new_ids", "New ids", "switch", "each copy and each try has its own"),
            Field("webhook_shuffle", "Shuffled", "switch", "out of order, within three seconds"),
        ),
    ),
    (
        "Everything else",
        (
            Field("late_success_after_decline", "Late success after a decline", "switch"),
            Field("statement_errors", "Wrong lines in a statement", "number"),
            Field("seed", "Seed", "number", "the same seed breaks the same things"),
        ),
    ),
)
_FIELDS = tuple(field for _, fields in GROUPS for field in fields)
_NAMES = frozenset(field.name for field in _FIELDS)


class ControlPage:
    """The way in is as narrow as that of `control.py`."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def routes(self) -> list[Route]:
        if self._desk.settings.batua_env != "dev":
            return []
        return [
            Route("/{bank}/control", self.show, methods=["GET"]),
            Route("/{bank}/control", self.set, methods=["POST"]),
        ]

    async def show(self, request: Request) -> Response:
        brand = brand_of(request)
        if is_from_foreign_page(request, self._desk.settings):
            return pages.notice(brand, "This page opens from its own address only.", 403)
        done = "The faults are set." if "set" in request.query_params else ""
        return await self._page(brand, _as_text(self._desk.trouble.faults(brand.name)), done=done)

    async def set(self, request: Request) -> Response:
        brand = brand_of(request)
        if not is_from_own_page(request, self._desk.settings):
            return pages.notice(brand, _NOT_FROM_HERE, 403)
        try:
            form = await form_of(request)
            if form.keys() - {"action", *_NAMES}:
                raise BadRequest
        except Refusal as refusal:
            return pages.notice(brand, refusal.sentence, refusal.status_code)
        try:
            faults = NONE if form.get("action") == "clear" else _read(form)
        except ValidationError as error:
            return await self._page(brand, form, wrong=_wrong_fields(error), status_code=422)
        await self._desk.trouble.replace(brand.name, faults)
        return RedirectResponse(f"/{brand.name}/control?set", 303)

    async def _page(
        self,
        brand: Brand,
        typed: Mapping[str, str],
        *,
        done: str = "",
        wrong: tuple[str, ...] = (),
        status_code: int = 200,
    ) -> Response:
        books = self._desk.books
        paid_in = await books.read(partial(payments.newest, bank=brand.name, count=_LISTED))
        paid_out = await books.read(partial(payouts.newest, bank=brand.name, count=_LISTED))
        return pages.control(
            brand,
            status_code,
            groups=GROUPS,
            typed=typed,
            done=done,
            wrong=[field for field in _FIELDS if field.name in wrong],
            tables=[
                ("Last payments", [_payment_row(payment) for payment in paid_in]),
                ("Last payouts", [_payout_row(payout) for payout in paid_out]),
            ],
        )


def _read(form: Mapping[str, str]) -> Faults:
    """A field left empty is as in a bank that works. Raises ValidationError."""
    asked: dict[str, object] = {field.name: False for field in _FIELDS if field.kind == "switch"}
    for name, text in form.items():
        if name == "action" or not text.strip():
            continue
        asked[name] = True if asked.get(name) is False and text == "on" else _number(text.strip())
    latency = [asked.pop(name, 0) for name in _LATENCY]
    return Faults.model_validate(asked | {"latency_ms": latency})


def _number(text: str) -> object:
    """The number that is written there; other text as it is, for Faults to refuse."""
    return json.loads(text) if _JSON_NUMBER.fullmatch(text) else text


def _as_text(faults: Faults) -> dict[str, str]:
    values = faults.model_dump()
    values |= dict(zip(_LATENCY, values.pop("latency_ms"), strict=True))
    shown = {name: json.dumps(value).removesuffix(".0") for name, value in values.items()}
    return shown | {name: "on" if value else "" for name, value in values.items() if isinstance(value, bool)}


def _wrong_fields(error: ValidationError) -> tuple[str, ...]:
    """The names in the form; what belongs to no field, or to both latencies, is said of the latencies."""
    wrong: list[str] = []
    for fault in error.errors(include_url=False, include_context=False, include_input=False):
        match fault["loc"]:
            case ("latency_ms", int(place)):
                wrong.append(_LATENCY[place])
            case (str(name),):
                wrong.append(name)
            case _:
                wrong.extend(_LATENCY)
    return tuple(wrong)


def _payment_row(payment: Payment) -> Row:
    return Row(
        at=_time(payment.created_at_ms),
        reference=payment.merchant_reference,
        more=payment.bank_reference or "",
        amount=format_rupees(payment.amount_paise),
        status=payment.status,
    )


def _payout_row(payout: Payout) -> Row:
    return Row(
        at=_time(payout.created_at_ms),
        reference=payout.reference if payout.number == 1 else f"{payout.reference} ({payout.number})",
        more=f"{payout.account_number} {payout.ifsc} {payout.utr or ''}".rstrip(),
        amount=format_rupees(payout.amount_paise),
        status=payout.status,
    )


def _time(at_ms: int) -> str:
    return f"{datetime.fromtimestamp(at_ms / 1000, _KOLKATA):%d %b %H:%M:%S}"
