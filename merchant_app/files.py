"""What a merchant may download: GETs below `/files/`."""

from __future__ import annotations

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp

from merchant_app.history_words import WORDS
from merchant_app.settlement_csv import csv_of_settlement, own_settlement
from shared_db.connection import Connection
from shared_db.shop_screens import shop_owner
from shared_ui.downloads import csv_file, for_owner, pdf_file, transactions_file
from shared_ui.statement_file import statement_file
from shared_ui.statement_paper import Holder
from wallet.caller import Caller


def files() -> ASGIApp:
    """Everything below `/files/`."""
    return Starlette(
        routes=[
            Route("/files/transactions.csv", for_owner(transactions_file(WORDS)), methods=["GET"]),
            Route("/files/statement.pdf", for_owner(_statement), methods=["GET"]),
            Route("/files/settlement.csv", for_owner(_settlement, page="/settlements"), methods=["GET"]),
        ]
    )


async def _settlement(caller: Caller, request: Request) -> Response:
    one = await own_settlement(caller, request.query_params.get("id", ""))
    return csv_file(csv_of_settlement(caller, one), f"batua-settlement-{one.day}.csv")


async def _statement(caller: Caller, request: Request) -> Response:
    async def holder_of(connection: Connection) -> Holder:
        shop = await shop_owner(connection, caller.owner_id)
        return Holder(shop.name, f"Handle {shop.handle}")

    month = request.query_params.get("month", "")
    return pdf_file(*await statement_file(caller, month, holder_of=holder_of, words=WORDS))
