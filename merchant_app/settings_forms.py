"""The form of /settings that asks for a password, as the browser sends it."""

from __future__ import annotations

from starlette.responses import Response
from starlette.routing import Route

from shared_ui.forms import Form, for_caller, form_route, go
from shared_ui.services import the_door, the_services
from wallet.caller import Caller
from wallet.change_shop import change_shop_password


async def _change_password(form: Form, caller: Caller) -> Response:
    the = the_services()
    await change_shop_password(
        the.database,
        the.throttle,
        caller,
        current=form["password"],
        chosen=form["new_password"],
        address=form.address,
    )
    # The other sessions have ended; those pages learn of it.
    the.door.changed(caller.owner_id)
    return go("/settings?done=password")


def settings_forms() -> list[Route]:
    """Below `/auth/`, for whoever is signed in."""
    return [
        form_route(
            "/auth/change-password",
            for_caller(_change_password),
            door=the_door,
            page="/settings",
            part="password",
        )
    ]
