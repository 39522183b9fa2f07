"""To Google or GitHub and back: for somebody who logs in, opens a shop, or connects another way into theirs."""

from __future__ import annotations

import html
from collections.abc import Awaitable, Callable

from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from merchant_app.providers import ENTRIES, ready_issuers, redirect_uri, the_providers
from money.errors import Refusal, SignedOut, VisitOver
from shared_ui.forms import Answer, Form, arrival_route, for_caller, form_route, go, let_in
from shared_ui.local_path import local_path
from shared_ui.services import the_door, the_services
from wallet import connect_provider, visit_provider
from wallet.caller import Caller
from wallet.open_shop import open_vouched_shop
from wallet.providers.provider import Answer as Brought
from wallet.providers.provider import Provider, Vouched
from wallet.sign_in_by_provider import LIFE, receive, sign_in_by_provider
from wallet.visit_provider import CameBack

WAY, NEWCOMER = "way", "newcomer"
_AWAY = """<!doctype html>
<html lang="en-IN"><meta charset="utf-8"><meta name="color-scheme" content="light dark">
<meta name="viewport" content="width=device-width"><meta http-equiv="refresh" content="0;url={address}">
<title>To {title}</title><p><a href="{address}">Go on to {title}</a></p></html>
"""
"""Not a redirect: a browser would hold the next pages, which may be anybody's, against our rule for forms."""


def provider_forms() -> list[Route]:
    """Below `/auth/`."""
    return [
        form_route("/auth/open-shop", _open_shop, door=the_door, page="/open-shop", kept=_NEW_SHOP),
        *(route for entry in ENTRIES for route in _routes(entry.key)),
    ]


_NEW_SHOP = ("email", "name", "handle")


def _routes(key: str) -> list[Route]:
    def of_provider(answer: Callable[[Form, Provider], Awaitable[Response]]) -> Answer:
        return lambda form: answer(form, the_providers()[key])

    def of_caller(answer: Callable[[Form, Caller, Provider], Awaitable[Response]]) -> Answer:
        return for_caller(lambda form, caller: answer(form, caller, the_providers()[key]))

    below = f"/auth/{key}"
    settings = {"door": the_door, "page": "/settings", "part": "ways"}
    return [
        form_route(f"{below}/begin", of_provider(_begin), door=the_door, page="/login"),
        form_route(f"{below}/connect", of_caller(_connect), **settings),
        form_route(f"{below}/disconnect", of_caller(_disconnect), **settings),
        arrival_route(f"{below}/callback", of_provider(_come_back), door=the_door, page="/login"),
    ]


async def _begin(form: Form, provider: Provider) -> Response:
    return await _send_off(form, provider, next_page=local_path(form.next_page, form.door.home))


async def _connect(form: Form, caller: Caller, provider: Provider) -> Response:
    await connect_provider.must_be_fresh(the_services().database, caller)
    return await _send_off(form, provider, next_page="/settings", caller=caller)


async def _disconnect(form: Form, caller: Caller, provider: Provider) -> Response:
    await connect_provider.disconnect(
        the_services().database, caller, provider.issuer, ready_issuers=ready_issuers()
    )
    form.door.changed(caller.owner_id)
    return go("/settings?done=disconnected&part=ways")


async def _send_off(
    form: Form, provider: Provider, *, next_page: str, caller: Caller | None = None
) -> Response:
    the = the_services()
    sent = await visit_provider.send_off(
        the.database,
        the.throttle,
        provider,
        redirect_uri=redirect_uri(provider.key),
        next_page=next_page,
        address=form.address,
        caller=caller,
    )
    page = _AWAY.format(address=html.escape(sent.address), title=provider.title)
    response = HTMLResponse(page, headers={"Cache-Control": "no-store"})
    seconds = round(visit_provider.LIFE.total_seconds())
    response.headers.append("Set-Cookie", form.door.short_cookie(WAY, sent.token, seconds))
    return response


async def _come_back(form: Form, provider: Provider) -> Response:
    try:
        response = await _let_back_in(form, provider)
    except Refusal as refusal:
        if not await _is_signed_in(form):
            raise
        # They stand before their settings, not before the login, which they would not get to see.
        response = go(f"/settings?why={type(refusal).__name__}&part=ways")
    response.headers.append("Set-Cookie", form.door.short_cookie(WAY, "", 0))
    return response


async def _let_back_in(form: Form, provider: Provider) -> Response:
    the = the_services()
    visit, vouched = await visit_provider.welcome_back(
        the.database,
        the.throttle,
        provider,
        CameBack(form.cookie(WAY), form["state"], Brought(form["code"], form["iss"]), form["error"]),
        redirect_uri=redirect_uri(provider.key),
        address=form.address,
    )
    if visit.session_id is None:
        return await _log_in(form, vouched, local_path(visit.next_page, form.door.home))
    caller = await form.door.sessions.caller(form.token)
    if caller.session_id != visit.session_id:
        raise VisitOver
    await connect_provider.connect(the.database, caller, vouched)
    form.door.changed(caller.owner_id)
    return go("/settings?done=connected&part=ways")


async def _log_in(form: Form, vouched: Vouched, next_page: str) -> Response:
    database = the_services().database
    who = await sign_in_by_provider(database, vouched)
    if who:
        return await let_in(form, who, next_page)
    response = go("/open-shop")
    token = await receive(database, vouched)
    response.headers.append(
        "Set-Cookie", form.door.short_cookie(NEWCOMER, token, round(LIFE.total_seconds()))
    )
    return response


async def _open_shop(form: Form) -> Response:
    the = the_services()
    await the.throttle.sign_up(form.address)
    who = await open_vouched_shop(
        the.database, form.cookie(NEWCOMER), email=form["email"], name=form["name"], handle=form["handle"]
    )
    response = await let_in(form, who, form.door.home)
    response.headers.append("Set-Cookie", form.door.short_cookie(NEWCOMER, "", 0))
    return response


async def _is_signed_in(form: Form) -> bool:
    try:
        await form.door.sessions.caller(form.token)
    except SignedOut:
        return False
    return True
