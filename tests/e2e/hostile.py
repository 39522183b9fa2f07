"""Every handler of a web app, and whatever an attacker would say to it."""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys
from typing import Any, NamedTuple

from tests.e2e.stack import ROOT
from tests.e2e.tab import Someone

REFUSED = "That could not be done. Nothing has happened."

# Every handler that Reflex would call, its own ones too, with whom it is for and the names of its parameters.
_LIST = """
import inspect, json, reflex as rx, {app}.{app}
from reflex_base.registry import RegistrationContext
from shared_ui.guard import MARK
print(json.dumps({{
    name: [getattr(one.handler.fn, MARK, ""), list(inspect.signature(one.handler.fn).parameters)[1:]]
    for name, one in RegistrationContext.get().event_handlers.items()
}}))
"""


class Handler(NamedTuple):
    whom: str
    """`signed_in`, `anybody`, or empty where it is Reflex's own."""
    parameters: list[str]


def handlers_of(app: str) -> dict[str, Handler]:
    """By full name."""
    quiet = {"REFLEX_TELEMETRY_ENABLED": "false", "REFLEX_CHECK_LATEST_VERSION": "false"}
    done = subprocess.run(
        [sys.executable, "-c", _LIST.format(app=app)],
        cwd=ROOT,
        env={**os.environ, **quiet, "WALLET_APP": app},
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    return {name: Handler(*one) for name, one in json.loads(done.stdout.splitlines()[-1]).items()}


def _nested(depth: int) -> list[Any]:
    found: list[Any] = []
    for _ in range(depth):
        found = [found]
    return found


HOSTILE: list[Any] = [None, True, 0, -1, 1.5, math.nan, 10**400, [], {}, ["hdfc"], {"amount": 10**400}]
HOSTILE += [{"$ne": None}, _nested(500), {"amount": "1", "bank": "hdfc", "user_id": "another"}]
HOSTILE += [{"amount": "1", "bank": "sbi"}, {"amount": 1, "bank": "hdfc"}, {"phone": None}, {"contact": "x"}]
HOSTILE += [{"amount": "-1", "bank": "hdfc"}, {"amount": "x" * 50_000, "bank": "hdfc"}, {"amount": "\ud800"}]


def hostile_payloads(parameters: list[str], victim: Someone) -> list[dict[str, Any]]:
    """More arguments than there are, other ones, and none."""
    owner = str(victim.owner_id)
    extra = [{"self": 1}, {"caller": {"user_id": owner}}, {"_caller": owner}, {"user_id": owner}]
    extra += [{"is_admin": True, "__class__": 1}, {"state": {}, "payload": {}}]
    whole = dict.fromkeys(parameters, "1")
    return [
        *({**whole, **one} for one in extra),
        *(dict.fromkeys(parameters, value) for value in HOSTILE if parameters),
        *([{}] if parameters else []),
    ]
