"""Nobody reaches a State but through the guard: every handler of ours is found in Reflex's own registry."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from tests.e2e.stack import ROOT

# Imports the app as the process does, and prints every handler of ours with its guard. A planted one shows that an
# unguarded handler would be found.
_LIST = """
import json, reflex as rx
from reflex_base.registry import RegistrationContext
import {app}.{app}
class Forgotten(rx.State):
    def forgot_to_guard(self): ...
from shared_ui.guard import MARK
found = {{
    name: getattr(one.handler.fn, MARK, None)
    for name, one in RegistrationContext.get().event_handlers.items()
    if not one.handler.fn.__module__.startswith("reflex")
}}
print(json.dumps(found))
"""
ANYBODY_MAY = {
    "user_app": {"turned_back.open", "paying.open", "paying.come_back"},
    "merchant_app": {"turned_back.open", "ways_in.open", "new_shop.open"},
}


@pytest.mark.parametrize("app", ["user_app", "merchant_app"])
def test_every_handler_goes_through_the_guard(app: str) -> None:
    found = handlers(app)

    unguarded = {name for name, guard in found.items() if guard is None}
    assert unguarded == {"forgotten.forgot_to_guard"}


@pytest.mark.parametrize("app", ["user_app", "merchant_app"])
def test_what_a_stranger_may_ask_is_a_short_list(app: str) -> None:
    found = handlers(app)

    assert {name for name, guard in found.items() if guard == "anybody"} == ANYBODY_MAY[app]


def handlers(app: str) -> dict[str, str | None]:
    """`state.handler` and what guards it."""
    done = subprocess.run(
        [sys.executable, "-c", _LIST.format(app=app)],
        cwd=ROOT,
        env={**_environment(), "WALLET_APP": app},
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    found: dict[str, str | None] = json.loads(done.stdout.splitlines()[-1])
    return {name.rpartition("____")[2]: guard for name, guard in found.items()}


def _environment() -> dict[str, str]:
    return {**os.environ, "REFLEX_TELEMETRY_ENABLED": "false", "REFLEX_CHECK_LATEST_VERSION": "false"}
