"""What a signed-in browser may download: GETs below `/files/` on the app's own port."""

from __future__ import annotations

from collections.abc import AsyncIterable, Awaitable, Callable

from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response, StreamingResponse

from money.errors import NotFound, Refusal, SignedOut, StatementTooLong, TooManyTries
from runtime.batcher import Busy, Unavailable
from shared_db.connection import CONNECTION_ERRORS
from shared_ui.history_csv import csv_of
from shared_ui.history_filter import Filter, FilterForm, wanted_of
from shared_ui.history_words import HistoryWords
from shared_ui.services import the_services
from wallet.caller import Caller

_NEVER_KEPT = {"Cache-Control": "no-store"}

Work = Callable[[Caller, Request], Awaitable[Response]]


def for_owner(work: Work, *, page: str = "/transactions") -> Callable[[Request], Awaitable[Response]]:
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


def transactions_file(words: HistoryWords) -> Work:
    """The rows that the address chooses, as the page `/transactions` does."""

    async def work(caller: Caller, request: Request) -> Response:
        chosen = Filter(**FilterForm.model_validate(dict(request.query_params)).model_dump())
        wanted_of(chosen)
        return csv_file(csv_of(caller, chosen, words), "batua-transactions.csv")

    return work


def csv_file(lines: AsyncIterable[str], name: str) -> Response:
    """Sent while it is written."""
    return StreamingResponse(lines, media_type="text/csv; charset=utf-8", headers=_saved_as(name))


def pdf_file(paper: bytes, name: str) -> Response:
    return Response(paper, media_type="application/pdf", headers=_saved_as(name))


def json_file(chunks: AsyncIterable[str], name: str) -> Response:
    """Sent while it is written."""
    return StreamingResponse(chunks, media_type="application/json", headers=_saved_as(name))


def _saved_as(name: str) -> dict[str, str]:
    return _NEVER_KEPT | {"Content-Disposition": f'attachment; filename="{name}"'}
