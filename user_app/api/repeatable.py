"""Requests that move money may be sent again under an `Idempotency-Key`: docs/contract.md, section 3."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated

from fastapi import Header, Request
from fastapi.responses import Response
from pydantic import BaseModel

from money.errors import (
    BankNotReachable,
    InputRefused,
    KeyUsedForAnother,
    NotAnAmount,
    OutgoingStopped,
    Refusal,
    SignedOut,
    TooManyTries,
)
from user_app.api.answers import PROBLEM, is_older, refusal
from user_app.api.bodies import Body
from user_app.services import Services
from wallet import idempotency
from wallet.caller import Caller

IdempotencyKey = Annotated[str | None, Header(alias="Idempotency-Key", min_length=1, max_length=255)]
_NEVER_KEPT = (
    SignedOut,
    TooManyTries,
    BankNotReachable,
    OutgoingStopped,
    NotAnAmount,
    InputRefused,
    KeyUsedForAnother,
)
_FIRST_REFUSAL = 400

Work = Callable[[str | None], Awaitable[BaseModel]]
"""Takes the reference to post under, None for one of its own."""


async def repeatable(
    request: Request,
    the: Services,
    caller: Caller,
    key: str | None,
    *,
    body: Body,
    work: Work,
    status: int = 200,
) -> Response:
    """The answer of `work`, or the one it gave before under this key."""
    if key is None:
        return _json(await work(None), status)

    async def answer(reference: str) -> idempotency.Answer:
        try:
            done = await work(reference)
        except _NEVER_KEPT:
            raise
        except Refusal as refused:
            said = await refusal(request, refused)
            return idempotency.Answer(said.status_code, bytes(said.body).decode(), is_final=True)
        return idempotency.Answer(status, done.model_dump_json(by_alias=True), is_final=True)

    answered = await idempotency.once(
        the.database,
        user_id=caller.owner_id,
        route=request.scope["route"].name,
        key=key,
        body=body.model_dump_json(),
        work=answer,
    )
    is_problem = answered.status >= _FIRST_REFUSAL and not is_older(request)
    return Response(
        answered.body,
        answered.status,
        {"Idempotency-Replayed": "true"} if answered.is_replayed else {},
        PROBLEM if is_problem else "application/json",
    )


def _json(answer: BaseModel, status: int) -> Response:
    return Response(answer.model_dump_json(by_alias=True), status, media_type="application/json")
