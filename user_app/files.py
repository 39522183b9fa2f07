"""What a person may download of their wallet: GETs below `/files/`."""

from __future__ import annotations

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp

from shared_ui.downloads import for_owner, json_file, pdf_file, transactions_file
from shared_ui.services import the_services
from user_app.history_words import WORDS
from user_app.own_data import everything_of
from user_app.papers import own_statement, receipt_file
from wallet.caller import Caller


def files() -> ASGIApp:
    """Everything below `/files/`."""
    return Starlette(
        routes=[
            Route("/files/transactions.csv", for_owner(transactions_file(WORDS)), methods=["GET"]),
            Route("/files/receipt.pdf", for_owner(_receipt), methods=["GET"]),
            Route("/files/statement.pdf", for_owner(_statement), methods=["GET"]),
            Route("/files/my-data.json", for_owner(_my_data, page="/settings"), methods=["GET"]),
        ]
    )


async def _receipt(caller: Caller, request: Request) -> Response:
    return pdf_file(*await receipt_file(caller, request.query_params.get("id", "")))


async def _statement(caller: Caller, request: Request) -> Response:
    return pdf_file(*await own_statement(caller, request.query_params.get("month", "")))


async def _my_data(caller: Caller, _request: Request) -> Response:
    """All that is kept of whoever is signed in."""
    the = the_services()
    await the.throttle.everything(str(caller.owner_id))
    return json_file(everything_of(the.database, caller), "batua-my-data.json")
