"""What a signed-in browser may download: GETs below `/files/` on the app's own port."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from pydantic import ValidationError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.types import ASGIApp

from money.errors import NotFound, Refusal, SignedOut, StatementTooLong, TooManyTries
from runtime.batcher import Busy, Unavailable
from shared_db.connection import CONNECTION_ERRORS
from shared_ui.services import the_services
from user_app.history_csv import csv_of
from user_app.history_filter import Filter, FilterForm, wanted_of
from user_app.own_data import everything_of
from user_app.papers import receipt_file, statement_file
from wallet.caller import Caller

_NEVER_KEPT = {"Cache-Control": "no-store"}
_PDF = "application/pdf"

Work = Callable[[Caller, Request], Awaitable[Response]]


def files() -> ASGIApp:
    """Everything below `/files/`."""
    return Starlette(
        routes=[
            Route("/files/transactions.csv", _for_owner(_transactions), methods=["GET"]),
            Route("/files/receipt.pdf", _for_owner(_receipt), methods=["GET"]),
            Route("/files/statement.pdf", _for_owner(_statement), methods=["GET"]),
            Route("/files/my-data.json", _for_owner(_my_data, page="/settings"), methods=["GET"]),
        ]
    )


async def _transactions(caller: Caller, request: Request) -> Response:
    """The rows that the address chooses, as `/transactions` does."""
    chosen = Filter(**FilterForm.model_validate(dict(request.query_params)).model_dump())
    wanted_of(chosen)
    return StreamingResponse(
        csv_of(caller, chosen),
        media_type="text/csv; charset=utf-8",
        headers=_saved_as("batua-transactions.csv"),
    )


async def _receipt(caller: Caller, request: Request) -> Response:
    paper, name = await receipt_file(caller, request.query_params.get("id", ""))
    return Response(paper, media_type=_PDF, headers=_saved_as(name))


async def _statement(caller: Caller, request: Request) -> Response:
    paper, name = await statement_file(caller, request.query_params.get("month", ""))
    return Response(paper, media_type=_PDF, headers=_saved_as(name))


async def _my_data(caller: Caller, _request: Request) -> Response:
    """All that is kept of whoever is signed in."""
    the = the_services()
    await the.throttle.everything(str(caller.owner_id))
    return StreamingResponse(
        everything_of(the.database, caller),
        media_type="application/json",
        headers=_saved_as("batua-my-data.json"),
    )


def _for_owner(work: Work, *, page: str = "/transactions") -> Callable[[Request], Awaitable[Response]]:
    """Whose browser it is, and the answer to whatever they may not have. A stranger logs in and goes on to `page`."""

    async def answer(request: Request) -> Response:
        the = the_services()
        try:
            caller = await the.door.caller(request.headers.get("cookie", ""))
            await the.throttle.event(str(caller.owner_id))
            return await work(caller, request)
        except SignedOut:
            return RedirectResponse(f"/login?next={page}", 303, _NEVER_KEPT)
        except TooManyTries as error:
            again = {"Retry-After": str(error.retry_after_seconds)}
            return PlainTextResponse(error.sentence, 429, _NEVER_KEPT | again)
        except NotFound as error:
            return PlainTextResponse(error.sentence, 404, _NEVER_KEPT)
        except StatementTooLong as error:
            return PlainTextResponse(error.sentence, 422, _NEVER_KEPT)
        except (Refusal, ValidationError):
            return PlainTextResponse("There is no such part of your history.", 422, _NEVER_KEPT)
        except (Busy, Unavailable, *CONNECTION_ERRORS):
            return PlainTextResponse(
                "We cannot do this just now. Please try again in a moment.", 503, _NEVER_KEPT
            )

    return answer


def _saved_as(name: str) -> dict[str, str]:
    return _NEVER_KEPT | {"Content-Disposition": f'attachment; filename="{name}"'}
