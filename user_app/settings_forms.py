"""The forms of /settings that ask for a password, as the browser sends them."""

from __future__ import annotations

from starlette.responses import Response
from starlette.routing import Route

from shared_ui.forms import Form, for_caller, form_route, go
from shared_ui.services import the_door, the_services
from wallet.caller import Caller
from wallet.change_password import change_password
from wallet.close_wallet import close_wallet
from wallet.freeze_wallet import unfreeze


async def _change_password(form: Form, caller: Caller) -> Response:
    the = the_services()
    await change_password(
        the.database,
        the.throttle,
        caller,
        current=form["password"],
        chosen=form["new_password"],
        address=form.address,
    )
    # Their other sessions have ended; those pages learn of it.
    the.door.changed(caller.owner_id)
    return go("/settings?done=password")


async def _unfreeze(form: Form, caller: Caller) -> Response:
    the = the_services()
    await unfreeze(the.database, the.throttle, caller, password=form["password"], address=form.address)
    the.door.changed(caller.owner_id)
    return go("/settings?done=freeze")


async def _close(form: Form, caller: Caller) -> Response:
    the = the_services()
    await close_wallet(the.database, the.throttle, caller, password=form["password"], address=form.address)
    the.door.changed(caller.owner_id)
    response = go("/login?closed=1")
    response.headers.append("Set-Cookie", the.door.session_cookie(""))
    return response


def settings_forms() -> list[Route]:
    """Below `/auth/`, each for whoever is signed in."""
    return [
        form_route(f"/auth/{path}", for_caller(answer), door=the_door, page="/settings", part=part)
        for path, answer, part in (
            ("change-password", _change_password, "password"),
            ("unfreeze", _unfreeze, "freeze"),
            ("close-wallet", _close, "close"),
        )
    ]
