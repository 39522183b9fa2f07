"""What every counter of the bank works with, and how it reads what is handed in."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import parse_qsl

from starlette.exceptions import HTTPException
from starlette.requests import Request

from bank_api.messages import AnyMessage, NotAMessage, read
from dummy_bank.books import Books
from dummy_bank.brands import BRANDS, Brand
from dummy_bank.customers import WrongTries
from dummy_bank.later import Later
from dummy_bank.outbox import Outbox
from dummy_bank.refusals import BadRequest, NotOurMerchant, TooLarge
from dummy_bank.settings import Settings, origin_of
from dummy_bank.trouble import Trouble

_LONGEST_BODY_BYTES = 16 * 1024
_MOST_FIELDS = 40
_TICKET_SECONDS = 300


class Tickets:
    """Proof that a customer has just logged in for one payment: signed, bound to both, good for five minutes.

    It stands in the page's form, so it is the proof against forged requests as well. The key lives as long
    as the process: after a restart the customer logs in again.
    """

    def __init__(self) -> None:
        self._key = secrets.token_bytes(32)

    def issue(self, bank: str, token: str, customer_id: str, *, now: float) -> str:
        until = str(int(now) + _TICKET_SECONDS)
        named = base64.urlsafe_b64encode(customer_id.encode()).decode()
        return f"{named}.{until}.{self._mac(bank, token, customer_id, until)}"

    def customer(self, ticket: str, bank: str, token: str, *, now: float) -> str | None:
        """Who logged in; None for every ticket that is not ours, not for this payment, or too old."""
        named, _, rest = ticket.partition(".")
        until, _, mac = rest.partition(".")
        try:
            customer_id = base64.urlsafe_b64decode(named).decode()
        except (ValueError, binascii.Error):
            return None
        right = self._mac(bank, token, customer_id, until)
        if not hmac.compare_digest(mac.encode(), right.encode()):
            return None
        return customer_id if now < int(until) else None

    def _mac(self, *parts: str) -> str:
        # Each part's length goes in as well, so that no two lists of parts read alike.
        content = b"".join(len(part.encode()).to_bytes(4) + part.encode() for part in parts)
        return hmac.new(self._key, content, hashlib.sha256).hexdigest()


@dataclass(frozen=True, slots=True)
class Desk:
    settings: Settings
    books: Books
    outbox: Outbox
    later: Later
    trouble: Trouble
    clock: Callable[[], float]
    tickets: Tickets = field(default_factory=Tickets)
    wrong_tries: WrongTries = field(default_factory=WrongTries)

    def now_ms(self) -> int:
        return int(self.clock() * 1000)


def brand_of(request: Request) -> Brand:
    """The bank that the address names. Raises a 404."""
    brand = BRANDS.get(request.path_params["bank"])
    if brand is None:
        raise HTTPException(404)
    return brand


def admitted(request: Request, settings: Settings) -> Brand:
    """The bank that the address names, for a merchant who has its key. Raises a 404 or NotOurMerchant."""
    brand = brand_of(request)
    key = settings.api_key(brand.name)
    given = request.headers.get("authorization", "")
    if not key or not hmac.compare_digest(given.encode(), f"Bearer {key}".encode()):
        raise NotOurMerchant
    return brand


async def message_of(message: type[AnyMessage], request: Request) -> AnyMessage:
    """The body as this message. Raises TooLarge or BadRequest."""
    try:
        return read(message, await body_of(request))
    except NotAMessage:
        raise BadRequest from None


async def body_of(request: Request) -> bytes:
    """The body, of which no more is read than we accept. Raises TooLarge."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > _LONGEST_BODY_BYTES:
            raise TooLarge
    return body


async def form_of(request: Request) -> dict[str, str]:
    """The fields of a form as browsers send it without files. Raises TooLarge or BadRequest."""
    body = await body_of(request)
    try:
        return dict(parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=_MOST_FIELDS))
    except ValueError:
        raise BadRequest from None


def is_from_own_page(request: Request, settings: Settings) -> bool:
    """Did one of our own pages send this? Browsers say so on every POST; a request that says nothing did not."""
    said = request.headers.get("origin") or request.headers.get("referer") or ""
    return origin_of(said) in settings.own_origins and not _is_from_elsewhere(request)


def is_from_foreign_page(request: Request, settings: Settings) -> bool:
    """Did a page that is not ours send this? Programs, which say nothing, did not."""
    origin = request.headers.get("origin")
    return _is_from_elsewhere(request) or (
        origin is not None and origin_of(origin) not in settings.own_origins
    )


def _is_from_elsewhere(request: Request) -> bool:
    return request.headers.get("sec-fetch-site", "none") not in {"same-origin", "none"}
