"""The wallet's page in a real browser: how soon it paints, has data, and shows what the bank has just told us.

A load: /transfer on a first visit, with twenty rows of history, in turns with a page of one word from the same
process (/healthz), in headless Chromium, each with an empty cache; /dashboard with its charts and /transactions too.
A webhook: signed and sent as the bank does, until the new balance is painted (a MutationObserver, then the frame
that shows it) in two tabs of the browser; the other tabs are websockets that open the page and take in its updates.
A transfer: from the press on *Confirm* until the result is painted at the sender and the balance at the receiver.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
import statistics
import sys
import time
import uuid
from collections import Counter
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import httpx
from playwright.sync_api import Browser, Page, sync_playwright

from bank_api.signing import sign
from bench.browser import clock_ahead, first_paint, first_tab, listen, painted_at
from bench.pages import put_pages_into
from bench.people import give
from bench.scratch import product_process, scratch_database
from bench.sends import Ends, sends
from bench.tabs import Tabs, open_tabs
from money.rupees import Paise, format_rupees
from runtime.dev_secrets import fill_in, read
from shared_db.connection import Database
from shared_db.ids import new_id
from shared_db.models import OnRamp, User
from shared_db.people import open_wallet
from shared_db.verify import verify
from tests.browser import LAUNCH_ARGUMENTS, install_if_needed
from wallet.browser_sessions import BrowserSessions
from wallet.passwords import Verified

_APP = "user_app"
_TABS = 50
_IN_BROWSER = 2
_AMOUNT_PAISE = Paise(50_000)
_GIFT_PAISE = Paise(10_000)
_PAGES = ("/transfer", "/dashboard", "/transactions")
_PAUSE_SECONDS = (0.15, 0.3)
_ONE_OWNER, _DIFFERENT_OWNERS = "one owner", "different owners"


@dataclass(frozen=True)
class _Person:
    id: uuid.UUID
    cookie: str


@dataclass(frozen=True)
class _Payment:
    owner: int
    """Which of the people."""
    token: str


@dataclass(frozen=True)
class _Cell:
    shape: str
    """`one owner`: all tabs are one person's; `different owners`: each is somebody else's."""
    tabs: int
    payments: list[_Payment]


@dataclass
class _House:
    """Running: both processes, a browser, and people who are signed in."""

    url: str
    webhooks: httpx.Client
    secret: str
    browser: Browser
    people: list[_Person]
    paise: Counter[int]
    """What each of the people has by now."""


def main(quick: bool) -> dict[str, object]:  # noqa: FBT001 # the signature every benchmark has
    """Medians of a first visit and of the cell with 50 tabs of different owners; then all cells."""
    chromium = install_if_needed()
    loads, webhooks = (3, 16) if quick else (21, 150)
    with scratch_database() as (folder, server):
        put_pages_into(folder, _APP)
        people, cells = asyncio.run(_prepare(server.url, webhooks))
        give(server.url, [person.id for person in people], _GIFT_PAISE)
        if quick:
            cells = cells[:2]
        secret = read(fill_in(folder))["HDFC_WEBHOOK_SECRETS"]
        given = {"PUBLIC_USER_URL": "", "REDIS_URL": "", "HDFC_WEBHOOK_SECRETS": secret}
        with (
            product_process(_APP, folder=folder, url=server.url, settings=given) as port,
            product_process("webhook_server", folder=folder, url=server.url, settings=given) as webhook_port,
            httpx.Client(base_url=f"http://127.0.0.1:{webhook_port}", timeout=20) as client,
            sync_playwright() as playwright,
            playwright.chromium.launch(executable_path=chromium, args=LAUNCH_ARGUMENTS) as browser,
        ):
            paise = Counter(dict.fromkeys(range(len(people)), int(_GIFT_PAISE)))
            house = _House(f"http://localhost:{port}", client, secret, browser, people, paise)
            first_visits = {path: _first_visits(house, path, loads) for path in _PAGES}
            lived = [_live(house, cell) for cell in cells]
            sent = _sends(house, 6 if quick else 60)
        checked = verify(server.url)
        assert checked["ok"], checked
    headline = {name: value for name, value in lived[0].items() if name not in {"shape", "webhooks"}}
    visits = [{"shape": f"first visit of {path}", **row} for path, row in first_visits.items()]
    cells_done = [*visits, *lived, {"shape": "sends", **sent}]
    painted = {name: value for name, value in sent.items() if name.endswith("_ms")}
    return {**first_visits["/transfer"], **headline, **painted, "cells": cells_done}


async def _prepare(url: str, webhooks: int) -> tuple[list[_Person], list[_Cell]]:
    """People who are signed in, and payments that their banks have not spoken of yet."""
    database = Database(url)
    try:
        people = [await _person(database) for _ in range(_TABS)]
        two_of_them = [0, 1] * (webhooks // 2)
        cells = [
            _Cell(shape, tabs, [await _payment(database, people, owner) for owner in owners])
            for shape, tabs, owners in (
                (_DIFFERENT_OWNERS, _TABS, two_of_them),
                (_ONE_OWNER, _TABS, [0] * webhooks),
                (_DIFFERENT_OWNERS, _IN_BROWSER, two_of_them),
            )
        ]
    finally:
        await database.close()
    return people, cells


async def _person(database: Database) -> _Person:
    one = new_id()
    user = User(
        id=one, email=f"{one}@bench.example", first_name="Bench", last_name="Person", password_hash="none"
    )
    async with database.transaction() as session:
        await open_wallet(session, user)
    begun = await BrowserSessions(database, _APP).begin(Verified(one, user.password_hash))
    return _Person(one, f"{_APP}_session={begun.token}")


async def _payment(database: Database, people: Sequence[_Person], owner: int) -> _Payment:
    now = datetime.now(UTC)
    row = OnRamp(
        id=new_id(),
        user_id=people[owner].id,
        bank="hdfc",
        amount_paise=_AMOUNT_PAISE,
        status="pending",
        token=f"pay_{uuid.uuid4().hex}",
        correlation_id="bench",
        created_at=now,
        expires_at=now + timedelta(minutes=15),
        next_enquiry_at=now + timedelta(hours=1),
    )
    assert row.token
    async with database.transaction() as session:
        session.add(row)
    return _Payment(owner, row.token)


# ------------------------------------------------------------------------------------ first visits


def _first_visits(house: _House, path: str, count: int) -> dict[str, object]:
    with _tab(house, 0) as page:
        received = listen(page)
        page.goto(f"{house.url}{path}", wait_until="networkidle")
        page.wait_for_timeout(500)
    paints, waits, words = [], [], []
    for _ in range(count):
        with _tab(house, 0) as page:
            page.goto(f"{house.url}/healthz")
            words.append(first_paint(page))
        with _tab(house, 0) as page:
            page.goto(f"{house.url}{path}")
            waits.append(painted_at(page))
            paints.append(first_paint(page))
    paint, word = statistics.median(paints), statistics.median(words)
    row = {
        "first_contentful_paint_ms": round(paint, 1),
        "time_to_data_ms": round(statistics.median(waits), 1),
        "bytes": received.total(),
        "one_word_paint_ms": round(word, 1),
        "paint_ratio": round(paint / word, 2),
        "loads": count,
    }
    _say(path, row)
    return row


def _tab(house: _House, owner: int) -> AbstractContextManager[Page]:
    return first_tab(house.browser, house.url, house.people[owner].cookie)


# ------------------------------------------------------------------------------- from webhook to paint


def _live(house: _House, cell: _Cell) -> dict[str, object]:
    owners = [0] * cell.tabs if cell.shape == _ONE_OWNER else list(range(cell.tabs))
    painted: list[float] = []
    answered: list[float] = []
    sent: dict[str, float] = {}
    elsewhere = [house.people[owner].cookie for owner in owners[_IN_BROWSER:]]
    with open_tabs(house.url, elsewhere) as others, contextlib.ExitStack() as stack:
        pages = [(owner, stack.enter_context(_tab(house, owner))) for owner in owners[:_IN_BROWSER]]
        clocks = [_opened(page, house.url) for _, page in pages]
        for payment in cell.payments:
            time.sleep(random.uniform(*_PAUSE_SECONDS))
            at, answered_at = _send(house, payment)
            answered.append(answered_at - at)
            house.paise[payment.owner] += _AMOUNT_PAISE
            text = format_rupees(Paise(house.paise[payment.owner]))
            sent[text] = at
            painted += [
                painted_at(page, text) / 1000 - clock - at
                for (owner, page), clock in zip(pages, clocks, strict=True)
                if owner == payment.owner
            ]
    row: dict[str, object] = {
        "webhook_to_paint_ms": _milliseconds(painted, 0.5),
        "webhook_to_paint_p99_ms": _milliseconds(painted, 0.99),
        "webhook_answer_ms": _milliseconds(answered, 0.5),
        "paint_to_answer_ratio": round(statistics.median(painted) / statistics.median(answered), 2),
        "tabs": cell.tabs,
        "webhooks": len(cell.payments),
    }
    if cell.shape == _ONE_OWNER:
        row["last_tab_told_ms"] = _milliseconds(_last_told(others, sent), 0.5)
    _say(cell.shape, row)
    return {"shape": cell.shape, **row}


def _opened(page: Page, url: str) -> float:
    """Open the page until its balance stands; by how many seconds its clock is ahead of ours."""
    page.goto(f"{url}/transfer")
    painted_at(page)
    return clock_ahead(page)


def _send(house: _House, payment: _Payment) -> tuple[float, float]:
    """The bank's word that this was paid; when it left, and when it was answered."""
    event = {
        "type": "payment.succeeded",
        "timestamp": "2026-11-21T10:00:00Z",
        "data": {
            "token": payment.token,
            "user_identifier": str(house.people[payment.owner].id),
            "amount_paise": _AMOUNT_PAISE,
            "bank_reference": f"BENCH{payment.token[-11:]}",
        },
    }
    body = json.dumps(event).encode()
    now = time.time()
    headers = sign(house.secret, event_id=f"evt_{payment.token}", timestamp=int(now), body=body)
    answer = house.webhooks.post("/webhooks/hdfc", content=body, headers=headers)
    assert answer.json() == {"status": "captured"}, answer.text
    return now, time.time()


def _sends(house: _House, count: int) -> dict[str, object]:
    """From the first of the people to the second, while the others look on."""
    sender, receiver, *others = house.people
    ends = Ends(sender.cookie, receiver.cookie, receiver.id, house.paise[1])
    row = sends(house.browser, house.url, ends, [one.cookie for one in others], count)
    _say("sends", row)
    return row


def _last_told(others: Tabs, sent: dict[str, float]) -> list[float]:
    """For each webhook, how long until the last of the tabs was told."""
    told = [dict(shown) for shown in others.shown]
    assert all(list(sent)[-1] in one for one in told), "every tab is told the last balance"
    return [
        max(one[text] for one in told) - at for text, at in sent.items() if all(text in one for one in told)
    ]


def _milliseconds(seconds: list[float], share: float) -> float:
    ordered = sorted(seconds)
    return round(ordered[min(len(ordered) - 1, int(len(ordered) * share))] * 1000, 1)


def _say(shape: str, row: dict[str, object]) -> None:
    print(f"{shape:<17}", "  ".join(f"{name} {value}" for name, value in row.items()), file=sys.stderr)
