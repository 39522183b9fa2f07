"""The forms of signing in and out, as the browser sends them."""

from __future__ import annotations

from starlette.applications import Starlette
from starlette.responses import Response
from starlette.types import ASGIApp

from shared_ui.forms import Form, form_route, go, keeping, let_in
from shared_ui.local_path import local_path
from shared_ui.services import the_door, the_services
from user_app.settings_forms import settings_forms
from wallet import reset_password
from wallet.sign_in import sign_in
from wallet.sign_up import SHORTEST_ON_PAGES, clean_password, sign_up


async def _log_in(form: Form) -> Response:
    the = the_services()
    who = await sign_in(
        the.database, the.throttle, email=form["email"], password=form["password"], address=form.address
    )
    return await let_in(form, who, local_path(form.next_page, the.door.home))


async def _sign_up(form: Form) -> Response:
    the = the_services()
    await the.throttle.sign_up(form.address)
    who = await sign_up(
        the.database,
        email=form["email"],
        first_name=form["first_name"],
        last_name=form["last_name"],
        password=clean_password(form["password"], shortest=SHORTEST_ON_PAGES),
        phone=form["phone"] or None,
    )
    return await let_in(form, who, the.door.home)


async def _log_out(form: Form) -> Response:
    the = the_services()
    owner = await the.door.sessions.end(form.token)
    if owner:
        # Their other open pages learn of it.
        the.door.changed(owner)
    response = go("/")
    response.headers.append("Set-Cookie", the.door.session_cookie(""))
    return response


async def _ask_for_code(form: Form) -> Response:
    the = the_services()
    await reset_password.ask(
        the.database,
        the.sender,
        the.throttle,
        the.codes,
        the.background,
        email=form["email"],
        address=form.address,
    )
    return keeping(go("/new-password?sent=1"), the.door, {"email": form["email"]})


async def _choose_password(form: Form) -> Response:
    the = the_services()
    owner = await reset_password.reset(
        the.database,
        the.throttle,
        the.codes,
        email=form["email"],
        code=form["code"],
        password=form["password"],
        address=form.address,
    )
    # Every session of theirs has ended; their open pages learn of it.
    the.door.changed(owner)
    return keeping(go("/login?changed=1"), the.door, {"email": form["email"]})


def sign_forms() -> ASGIApp:
    """Everything below `/auth/`."""
    forms = Starlette(
        routes=[
            form_route("/auth/login", _log_in, door=the_door, page="/login", kept=("email",)),
            form_route(
                "/auth/signup",
                _sign_up,
                door=the_door,
                page="/signup",
                kept=("email", "first_name", "last_name", "phone"),
            ),
            form_route("/auth/reset", _ask_for_code, door=the_door, page="/reset", kept=("email",)),
            form_route(
                "/auth/new-password", _choose_password, door=the_door, page="/new-password", kept=("email",)
            ),
            form_route("/auth/logout", _log_out, door=the_door, page="/login"),
            *settings_forms(),
        ]
    )
    # A redirect would take the password along, to wherever the Host header says.
    forms.router.redirect_slashes = False
    return forms
