"""A shop's QR code as pictures, to whoever is signed in to it: GETs below `/code/` on the app's own port."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from merchant_app.qr_code import address_of, png_of, svg_of
from money.errors import NotAnAmount, SignedOut, TooManyTries
from money.rupees import parse_rupees
from runtime.batcher import Busy, Unavailable
from shared_db.connection import CONNECTION_ERRORS, with_retries
from shared_db.shop_screens import shop_owner
from shared_ui.services import the_services

CODE = "/code/"
_NEVER_KEPT = {"Cache-Control": "no-store"}


def code_files() -> ASGIApp:
    """Everything below `/code/`."""
    return Starlette(
        routes=[
            Route("/code/qr.svg", _Picture(svg_of, "svg", "image/svg+xml").answer, methods=["GET"]),
            Route("/code/qr.png", _Picture(png_of, "png", "image/png").answer, methods=["GET"]),
        ]
    )


class _Picture:
    """One kind of picture of the code of whoever is signed in."""

    def __init__(self, draw: Callable[[str], bytes], ending: str, media_type: str) -> None:
        self._draw = draw
        self._ending = ending
        self._media_type = media_type

    async def answer(self, request: Request) -> Response:
        """`?amount=` in rupees makes a code that suggests it."""
        the = the_services()
        try:
            caller = await the.door.caller(request.headers.get("cookie", ""))
            await the.throttle.event(str(caller.owner_id))
            given = request.query_params.get("amount", "")
            amount = parse_rupees(given) if given else None
            shop = await with_retries(
                the.database, lambda connection: shop_owner(connection, caller.owner_id)
            )
        except SignedOut:
            return RedirectResponse("/login?next=/qr", 303, _NEVER_KEPT)
        except NotAnAmount as refusal:
            return PlainTextResponse(refusal.sentence, 422, _NEVER_KEPT)
        except TooManyTries as refusal:
            again = {"Retry-After": str(refusal.retry_after_seconds)}
            return PlainTextResponse(refusal.sentence, 429, _NEVER_KEPT | again)
        except (Busy, Unavailable, *CONNECTION_ERRORS):
            return PlainTextResponse(
                "We cannot do this just now. Please try again in a moment.", 503, _NEVER_KEPT
            )
        address = address_of(the.settings.user_url, shop.handle, amount)
        picture = await asyncio.to_thread(self._draw, address)
        name = f'attachment; filename="batua-{shop.handle}.{self._ending}"'
        return Response(
            picture, media_type=self._media_type, headers=_NEVER_KEPT | {"Content-Disposition": name}
        )
