"""One place where a refusal becomes an answer."""

from __future__ import annotations

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from money.errors import (
    AmountAboveLimit,
    BankNotReachable,
    DayLimitReached,
    InvalidAccount,
    KeyInUse,
    NotAnAmount,
    NotEnoughMoney,
    NotFound,
    OutgoingStopped,
    Refusal,
    ShopNotFound,
    SignedOut,
    TooLateToCancel,
    TooManyTries,
    WalletClosed,
    WalletFrozen,
)
from money.rupees import format_rupees
from runtime.logs import logger
from user_app.api.services import bearer, signed_in

log = logger(__name__)

# The older public API answered so, and its clients expect these very codes and texts.
_OLDER_REFUSALS = {
    "sign_up": "Email already taken / Incorrect inputs",
    "sign_in": "Error while logging in",
    "update_profile": "Error while updating information",
}
# In the order in which they are looked for.
_TRANSFER_REFUSALS: dict[type[Refusal], str] = {
    NotAnAmount: "Invalid amount",
    InvalidAccount: "Invalid account",
    AmountAboveLimit: "Limit exceeded",
    DayLimitReached: "Limit exceeded",
    WalletFrozen: "Wallet is frozen",
    NotEnoughMoney: "Insufficient balance",
}
_TRANSFER = "transfer"
PROBLEM = "application/problem+json"
_OPEN_ROUTES = {"sign_up", "sign_in", "find_people"}
_OLDER_ROUTES = {*_OLDER_REFUSALS, "find_people", "balance", _TRANSFER}
OLDER_REFUSED = 411


async def refusal(request: Request, error: Exception) -> JSONResponse:
    """The contract's answer to a refusal raised anywhere below."""
    assert isinstance(error, Refusal)
    return refused(_route_name(request), error)


def refused(name: str, error: Refusal) -> JSONResponse:
    """The same, on the route of this name."""
    if isinstance(error, TooManyTries):
        headers = {"Retry-After": str(error.retry_after_seconds)}
        if name in _OLDER_ROUTES:
            return JSONResponse({"message": error.sentence}, 429, headers)
        return problem(429, error.sentence, headers)
    if isinstance(error, SignedOut):
        return JSONResponse({}, 403) if name in _OLDER_ROUTES else problem(401, error.sentence)
    if name in _OLDER_REFUSALS:
        return JSONResponse({"message": _OLDER_REFUSALS[name]}, OLDER_REFUSED)
    if name == _TRANSFER and type(error) in _TRANSFER_REFUSALS:
        return JSONResponse({"message": _TRANSFER_REFUSALS[type(error)]}, 400)
    return problem(_STATUS.get(type(error), 422), _detail(error))


def _detail(error: Refusal) -> str:
    if isinstance(error, AmountAboveLimit):
        return f"{error.sentence} At most {format_rupees(error.limit_paise)}."
    return error.sentence


async def malformed(request: Request, error: Exception) -> JSONResponse:
    """A body or a parameter that is not what the route takes."""
    assert isinstance(error, RequestValidationError)
    stranger = await _refuse_stranger(request)
    if stranger:
        return stranger
    name = _route_name(request)
    if name in _OLDER_REFUSALS:
        return JSONResponse({"message": _OLDER_REFUSALS[name]}, OLDER_REFUSED)
    if any(fault["loc"][0] == "header" for fault in error.errors()):
        return problem(422, "An Idempotency-Key has 1 to 255 characters.")
    if name == _TRANSFER:
        return JSONResponse({"message": _TRANSFER_REFUSALS[NotAnAmount]}, 400)
    at_amount = any(fault["loc"][-1:] == ("amount",) for fault in error.errors())
    sentence = NotAnAmount().sentence if at_amount else "The request is not what this route takes."
    return problem(422, sentence)


async def too_large(request: Request, _error: Exception) -> JSONResponse:
    """A body above 64 KiB."""
    stranger = await _refuse_stranger(request)
    if stranger:
        return stranger
    name = _route_name(request)
    if name in _OLDER_REFUSALS:
        return JSONResponse({"message": _OLDER_REFUSALS[name]}, OLDER_REFUSED)
    if name == _TRANSFER:
        return JSONResponse({"message": _TRANSFER_REFUSALS[NotAnAmount]}, 400)
    return problem(413, "The request is too large.")


async def busy(_request: Request, _error: Exception) -> JSONResponse:
    """Our own fault: too much at once, or the database is away."""
    return problem(503, "We cannot do this just now. Please try again in a moment.", {"Retry-After": "1"})


async def _refuse_stranger(request: Request) -> JSONResponse | None:
    """Who may not call a route is told that first, whatever the body is: FastAPI reads the body before the token."""
    if _route_name(request) in _OPEN_ROUTES:
        return None
    try:
        await signed_in(request.app.state.services, await bearer(request))
    except SignedOut as error:
        return await refusal(request, error)
    return None


async def http_error(_request: Request, error: Exception) -> JSONResponse:
    """An unknown address or method."""
    assert isinstance(error, HTTPException)
    return problem(error.status_code, str(error.detail), dict(error.headers or {}))


async def unexpected(_request: Request, error: Exception) -> JSONResponse:
    """A bug of ours: logged in full, told in general."""
    log.error("unexpected error", exc_info=error)
    return problem(500, "Something went wrong on our side.")


def problem(status: int, detail: str, headers: dict[str, str] | None = None) -> JSONResponse:
    """RFC 9457."""
    body = {
        "type": "about:blank",
        "title": TITLES.get(status, "Refused"),
        "status": status,
        "detail": detail,
    }
    return JSONResponse(body, status, headers, media_type=PROBLEM)


_STATUS: dict[type[Refusal], int] = {
    NotFound: 404,
    ShopNotFound: 404,
    KeyInUse: 409,
    TooLateToCancel: 409,
    WalletClosed: 409,
    BankNotReachable: 503,
    OutgoingStopped: 503,
}
TITLES = {
    401: "Not signed in",
    403: "Not allowed",
    404: "Not found",
    409: "Conflict",
    413: "Too large",
    422: "Not acceptable",
    429: "Too many requests",
    503: "Not available just now",
}


def is_older(request: Request) -> bool:
    """Whether clients of the older API call this route, too."""
    return _route_name(request) in _OLDER_ROUTES


def _route_name(request: Request) -> str:
    return getattr(request.scope.get("route"), "name", "")
