"""`/api/v1/account/transactions`: everything that happened to the caller's money, newest first, page by page."""

from __future__ import annotations

import base64
import binascii
import uuid
from datetime import date
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BeforeValidator

from money.activity import Activity
from money.errors import InputRefused
from shared_db.connection import with_retries
from shared_db.history import FIRST_DAY, LAST_DAY, Page, Place, Wanted, page_of
from user_app.api.bodies import JsonRoute
from user_app.api.documented import problems
from user_app.api.services import SignedIn, TheServices
from user_app.api.shapes import TransactionsAnswer


def _with_lines(given: object) -> object:
    """`on-ramp` is the same as `on_ramp`: the addresses of this API write it so."""
    return given.replace("-", "_") if isinstance(given, str) else given


router = APIRouter(prefix="/api/v1/account", route_class=JsonRoute, tags=["account"])
_USUAL, _MOST = 20, 100
_LONGEST_CURSOR = 80
Limit = Annotated[int, Query(ge=1, le=_MOST)]
Type = Annotated[Activity | None, BeforeValidator(_with_lines), Query(alias="type")]
Cursor = Annotated[str | None, Query(max_length=_LONGEST_CURSOR)]


@router.get("/transactions", responses=problems(401, 422))
async def transactions(
    the: TheServices,
    caller: SignedIn,
    limit: Limit = _USUAL,
    cursor: Cursor = None,
    activity: Type = None,
    first_day: Annotated[date | None, Query(alias="from")] = None,
    last_day: Annotated[date | None, Query(alias="to")] = None,
) -> TransactionsAnswer:
    wanted = Wanted(
        frozenset({activity} if activity else Activity),
        max(first_day or FIRST_DAY, FIRST_DAY),
        min(last_day or LAST_DAY, LAST_DAY),
    )
    begin = _read(cursor) if cursor else Place()

    page: Page = await with_retries(
        the.database,
        lambda connection: page_of(connection, caller.owner_id, wanted=wanted, begin=begin, most=limit),
    )
    return TransactionsAnswer.of(page.rows, _written(page.next) if page.next else None)


def _written(place: Place) -> str:
    """Opaque to callers. Whoever makes one up reads their own history from elsewhere."""
    return base64.urlsafe_b64encode(place.number.to_bytes(8) + place.attempt.bytes).decode()


def _read(cursor: str) -> Place:
    try:
        found = base64.b64decode(cursor, altchars=b"-_", validate=True)
        number, attempt = int.from_bytes(found[:8]), uuid.UUID(bytes=found[8:])
    except (ValueError, binascii.Error) as error:
        raise InputRefused from error
    if number >= 2**63:
        raise InputRefused
    return Place(number, attempt)
