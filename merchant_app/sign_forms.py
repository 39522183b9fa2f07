"""The forms of signing in and out, as the browser sends them."""

from __future__ import annotations

from starlette.applications import Starlette
from starlette.responses import Response
from starlette.types import ASGIApp

from merchant_app.provider_forms import provider_forms
from merchant_app.settings_forms import settings_forms
from shared_ui.forms import Form, form_route, go, let_in
from shared_ui.local_path import local_path
from shared_ui.services import the_door, the_services
from wallet.open_shop import open_shop
from wallet.sign_in_to_shop import sign_in_to_shop


async def _log_in(form: Form) -> Response:
    the = the_services()
    who = await sign_in_to_shop(
        the.database, the.throttle, email=form["email"], password=form["password"], address=form.address
    )
    return await let_in(form, who, local_path(form.next_page, the.door.home))


async def _sign_up(form: Form) -> Response:
    the = the_services()
    await the.throttle.sign_up(form.address)
    who = await open_shop(
        the.database,
        email=form["email"],
        name=form["name"],
        handle=form["handle"],
        password=form["password"],
    )
    return await let_in(form, who, the.door.home)


async def _log_out(form: Form) -> Response:
    the = the_services()
    owner = await the.door.sessions.end(form.token)
    if owner:
        # Its other open pages learn of it.
        the.door.changed(owner)
    response = go("/")
    response.headers.append("Set-Cookie", the.door.session_cookie(""))
    return response


def sign_forms() -> ASGIApp:
    """Everything below `/auth/`."""
    forms = Starlette(
        routes=[
            form_route("/auth/login", _log_in, door=the_door, page="/login", kept=("email",)),
            form_route(
                "/auth/signup", _sign_up, door=the_door, page="/signup", kept=("email", "name", "handle")
            ),
            form_route("/auth/logout", _log_out, door=the_door, page="/login"),
            *settings_forms(),
            *provider_forms(),
        ]
    )
    # A redirect would take the password along, to wherever the Host header says.
    forms.router.redirect_slashes = False
    return forms
