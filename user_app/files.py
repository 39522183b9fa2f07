"""What a signed-in browser may download: GETs below `/files/` on the app's own port."""

from __future__ import annotations

import csv
import io
from collections.abc import AsyncIterator

from pydantic import ValidationError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.types import ASGIApp

from money.errors import Refusal, SignedOut, TooManyTries
from money.rupees import decimal_rupees
from money.times import iso_in_kolkata
from runtime.batcher import Busy, Unavailable
from runtime.logs import logger
from shared_db.connection import CONNECTION_ERRORS, with_retries
from shared_db.history import Place
from shared_db.history_rows import Happened
from shared_db.history_search import search
from user_app.history_filter import Filter, FilterForm, wanted_of
from user_app.history_words import kind_of, standing_of, who_of
from user_app.own_data import everything_of
from user_app.services import the_services
from wallet.caller import Caller

log = logger(__name__)
_AT_ONCE = 500
_COLUMNS = ("Time", "What", "With", "Note", "Amount", "Balance after", "Status", "Bank reference", "Id")
# A spreadsheet takes a text that begins so for a formula, and would run it.
_FORMULAS = ("=", "+", "-", "@", "\t", "\r", "\n", "|", "%")
_AWAY = "We cannot do this just now. Please try again in a moment."
_NEVER_KEPT = {"Cache-Control": "no-store"}


def files() -> ASGIApp:
    """Everything below `/files/`."""
    return Starlette(
        routes=[
            Route("/files/transactions.csv", _transactions, methods=["GET"]),
            Route("/files/my-data.json", _my_data, methods=["GET"]),
        ]
    )


async def _my_data(request: Request) -> Response:
    """All that is kept of whoever is signed in."""
    the = the_services()
    try:
        caller = await the.door.caller(request.headers.get("cookie", ""))
        await the.throttle.everything(str(caller.user_id))
    except SignedOut:
        return RedirectResponse("/login?next=/settings", 303, _NEVER_KEPT)
    except TooManyTries as refusal:
        wait = {"Retry-After": str(refusal.retry_after_seconds)}
        return PlainTextResponse(refusal.sentence, 429, _NEVER_KEPT | wait)
    except (Busy, Unavailable, *CONNECTION_ERRORS):
        return PlainTextResponse(_AWAY, 503, _NEVER_KEPT)
    return StreamingResponse(
        everything_of(the.database, caller),
        media_type="application/json",
        headers=_NEVER_KEPT | {"Content-Disposition": 'attachment; filename="batua-my-data.json"'},
    )


async def _transactions(request: Request) -> Response:
    """The rows that the address chooses, as `/transactions` does, the newest first."""
    the = the_services()
    try:
        caller = await the.door.caller(request.headers.get("cookie", ""))
        await the.throttle.event(str(caller.user_id))
        chosen = Filter(**FilterForm.model_validate(dict(request.query_params)).model_dump())
        wanted_of(chosen)
    except SignedOut:
        return RedirectResponse("/login?next=/transactions", 303, _NEVER_KEPT)
    except (Refusal, ValidationError):
        return PlainTextResponse("There is no such part of your history.", 422, _NEVER_KEPT)
    except (Busy, Unavailable, *CONNECTION_ERRORS):
        return PlainTextResponse(_AWAY, 503, _NEVER_KEPT)
    return StreamingResponse(
        _written(caller, chosen),
        media_type="text/csv; charset=utf-8",
        headers=_NEVER_KEPT | {"Content-Disposition": 'attachment; filename="batua-transactions.csv"'},
    )


async def _written(caller: Caller, chosen: Filter) -> AsyncIterator[str]:
    # Spreadsheets read UTF-8 only where the file says so by its first character.
    yield "\ufeff" + _sheet([_COLUMNS])
    wanted, sought = wanted_of(chosen)
    place: Place | None = Place()
    while place is not None:
        begin = place
        page = await with_retries(
            the_services().database,
            lambda connection, begin=begin: search(
                connection, caller.user_id, wanted=wanted, sought=sought, begin=begin, most=_AT_ONCE
            ),
        )
        yield _sheet([_cells(one) for one in page.rows])
        place = page.next


def _cells(one: Happened) -> tuple[str, ...]:
    after = "" if one.balance_after_paise is None else decimal_rupees(one.balance_after_paise)
    texts = (kind_of(one), who_of(one), one.note or "")
    return (
        iso_in_kolkata(one.at),
        *map(_harmless, texts),
        decimal_rupees(one.amount_paise),
        after,
        standing_of(one),
        _harmless(one.reference or ""),
        str(one.id),
    )


def _harmless(text: str) -> str:
    return f"'{text}" if text.startswith(_FORMULAS) else text


def _sheet(rows: list[tuple[str, ...]]) -> str:
    sheet = io.StringIO()
    csv.writer(sheet, lineterminator="\r\n").writerows(rows)
    return sheet.getvalue()
