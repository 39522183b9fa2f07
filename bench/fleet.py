"""Live balance on two web processes over one: how much later is a tab told what its owner has?

Two houses side by side in one run, in turns: one user_app and one webhook server, without Redis and without a proxy;
and two of each behind the real proxy with Redis, as production has it. A webhook is signed and sent as the bank does;
the tabs are websockets of two people, spread over the processes, and take in what they are told.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
import re
import time
import uuid
from collections.abc import Generator, Sequence
from typing import NamedTuple

import httpx
import psutil
import psycopg

from bank_api.signing import sign
from bench.figures import median_ratio, medians, percentile, say
from bench.pages import put_pages_into
from bench.people import cookies_of, give, open_wallets
from bench.scratch import product_process, scratch_database, scratch_fleet
from bench.tab_costs import cost_of_tabs
from bench.tabs import Tabs, open_tabs
from money.rupees import Paise, format_rupees
from runtime.dev_secrets import fill_in, read
from shared_db.ids import new_id
from shared_db.verify import verify

_APP = "user_app"
_TABS_EACH = 10
_AMOUNT_PAISE = 500_00
_GIFT_PAISE = Paise(100_00)
_PAUSE_SECONDS = (0.15, 0.3)
_NEW_ON_RAMP = """
INSERT INTO on_ramps (id, user_id, bank, amount_paise, status, token, correlation_id, version, created_at, expires_at,
                      next_enquiry_at)
VALUES (%s, %s, 'hdfc', %s, 'pending', %s, 'bench', 0, now(), now() + interval '15 minutes', now() + interval '1 hour')
"""


class _House(NamedTuple):
    """One that runs: where its pages and its webhook door are, and two people with a browser each."""

    url: str
    webhook_url: str
    database_url: str
    secret: str
    owners: Sequence[uuid.UUID]
    cookies: Sequence[str]
    pids: Sequence[int]
    """Of its user_apps."""
    inside: Sequence[str]
    """The address of each of them, past the proxy."""
    redis_url: str | None


def main(quick: bool) -> dict[str, object]:  # noqa: FBT001 # the signature every benchmark has
    """Medians over the rounds; `live_ratio` is two of each over one of each, round by round."""
    rounds, webhooks = (1, 16) if quick else (6, 30)
    with _one_of_each() as one, _two_of_each() as two:
        has = {one.database_url: [int(_GIFT_PAISE)] * 2, two.database_url: [int(_GIFT_PAISE)] * 2}
        found: dict[str, list[dict[str, float]]] = {"one of each": [], "two of each": []}
        for number in range(rounds):
            houses = [("one of each", one), ("two of each", two)]
            for shape, house in houses if number % 2 == 0 else reversed(houses):
                found[shape].append(_measure(house, has[house.database_url], webhooks))
                say(shape, found[shape][-1])
        tabs = {"one of each": _tabs(one, quick), "two of each": _tabs(two, quick)}
        for house in (one, two):
            checked = verify(house.database_url)
            assert checked["ok"], checked
    middle = {shape: medians(rows) for shape, rows in found.items()}
    return {
        "live_ratio": median_ratio(found["two of each"], found["one of each"], "webhook_to_tab_ms"),
        "one_webhook_to_tab_ms": middle["one of each"]["webhook_to_tab_ms"],
        "two_webhook_to_tab_ms": middle["two of each"]["webhook_to_tab_ms"],
        "tab_kb_in_memory": tabs["one of each"]["tab_kb"],
        "tab_kb_with_redis": tabs["two of each"]["tab_kb"],
        "tab_kb_in_redis": tabs["two of each"]["tab_redis_kb"],
        "cells": [
            {"shape": shape, "processes": 1 if shape == "one of each" else 2, **row, **tabs[shape]}
            for shape, row in middle.items()
        ],
    }


@contextlib.contextmanager
def _one_of_each() -> Generator[_House]:
    with scratch_database() as (folder, server):
        put_pages_into(folder, _APP)
        secret = read(fill_in(folder))["HDFC_WEBHOOK_SECRETS"]
        given = {"PUBLIC_USER_URL": "", "REDIS_URL": "", "HDFC_WEBHOOK_SECRETS": secret}
        with (
            product_process(_APP, folder=folder, url=server.url, settings=given) as port,
            product_process("webhook_server", folder=folder, url=server.url, settings=given) as hooks,
        ):
            url, hooks_url = f"http://localhost:{port}", f"http://127.0.0.1:{hooks}"
            yield _house(url, hooks_url, server.url, secret, [_listener(port)], [url], None)


@contextlib.contextmanager
def _two_of_each() -> Generator[_House]:
    with scratch_fleet() as fleet:
        secret = fleet.secrets["HDFC_WEBHOOK_SECRETS"]
        members = fleet.members(_APP)
        pids, inside = [one.pid for one in members], [one.url for one in members]
        yield _house(
            fleet.user_url, fleet.webhook_url, fleet.database_url, secret, pids, inside, fleet.redis_url
        )


def _listener(port: int) -> int:
    """The pid of our child that listens there."""
    return next(
        child.pid
        for child in psutil.Process().children()
        if any(
            one.laddr.port == port for one in child.net_connections("tcp") if one.status == psutil.CONN_LISTEN
        )
    )


def _house(
    url: str,
    webhook_url: str,
    database_url: str,
    secret: str,
    pids: Sequence[int],
    inside: Sequence[str],
    redis_url: str | None,
) -> _House:
    owners = [new_id(), new_id()]
    open_wallets(database_url, owners)
    give(database_url, owners, _GIFT_PAISE)
    cookies = asyncio.run(cookies_of(database_url, _APP, owners))
    return _House(url, webhook_url, database_url, secret, owners, cookies, pids, inside, redis_url)


def _tabs(house: _House, quick: bool) -> dict[str, float]:  # noqa: FBT001 # as `main` has it
    cookies = list(house.cookies) * (20 if quick else 100)
    row = cost_of_tabs(house.pids, house.url, cookies, house.redis_url)
    say("tabs", row)
    return row


def _measure(house: _House, has: list[int], webhooks: int) -> dict[str, float]:
    """So many webhooks for the two in turns; `has` is what each has by now, in paise."""
    told_at: list[dict[str, float]] = [{}, {}]
    with (
        open_tabs(house.url, list(house.cookies) * _TABS_EACH) as tabs,
        httpx.Client(base_url=house.webhook_url, timeout=20) as bank,
    ):
        assert all(_open_pages(one) for one in house.inside), "tabs hang on every process"
        for number in range(webhooks):
            time.sleep(random.uniform(*_PAUSE_SECONDS))
            owner = number % 2
            sent_at = _send(house, bank, house.owners[owner])
            has[owner] += _AMOUNT_PAISE
            told_at[owner][format_rupees(Paise(has[owner]))] = sent_at
        time.sleep(1)
    waits, last = _waits(tabs, told_at)
    return {
        "webhook_to_tab_ms": percentile(waits, 0.5),
        "webhook_to_tab_p95_ms": percentile(waits, 0.95),
        "last_tab_ms": percentile(last, 0.5),
        "tabs": len(tabs.shown),
        "webhooks": webhooks,
    }


def _open_pages(address: str) -> int:
    [found] = re.findall(r"^batua_open_pages (\d+)", httpx.get(f"{address}/metrics").text, re.MULTILINE)
    return int(found)


def _waits(tabs: Tabs, sent: Sequence[dict[str, float]]) -> tuple[list[float], list[float]]:
    """For each webhook and tab of its owner how long until it was told, and until the last of them was."""
    waits: list[float] = []
    last: list[float] = []
    for owner, texts in enumerate(sent):
        shown = [dict(one) for one in tabs.shown[owner::2]]
        for text, at in texts.items():
            missing = sum(text not in one for one in shown)
            assert not missing, f"{missing} of {len(shown)} tabs were never told {text}"
            taken = [(one[text] - at) * 1000 for one in shown]
            waits += taken
            last.append(max(taken))
    return waits, last


def _send(house: _House, bank: httpx.Client, owner: uuid.UUID) -> float:
    """The bank's word that this owner has paid; when it left."""
    token = f"pay_{uuid.uuid4().hex}"
    with psycopg.connect(house.database_url, autocommit=True) as connection:
        connection.execute(_NEW_ON_RAMP, (new_id(), owner, _AMOUNT_PAISE, token))
    event = {
        "type": "payment.succeeded",
        "timestamp": "2026-11-21T10:00:00Z",
        "data": {
            "token": token,
            "user_identifier": str(owner),
            "amount_paise": _AMOUNT_PAISE,
            "bank_reference": f"BENCH{token[-11:]}",
        },
    }
    body = json.dumps(event).encode()
    now = time.time()
    headers = sign(house.secret, event_id=f"evt_{token}", timestamp=int(now), body=body)
    answer = bank.post("/webhooks/hdfc", content=body, headers=headers)
    assert answer.json() == {"status": "captured"}, answer.text
    return now
