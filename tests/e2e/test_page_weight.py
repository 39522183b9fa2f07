"""What a first visit to each page costs: the bytes that a browser receives which has never been here."""

from __future__ import annotations

import sys
import time

import pytest
from playwright.sync_api import Browser, BrowserContext, Request

from bench.browser import listen
from tests.e2e.scenes import Stage
from tests.e2e.shop_scenes import large_shop
from tests.e2e.wallet_page import PATIENCE_MILLISECONDS

MOST_BYTES = 180_000
"""Of a page without charts, compressed as it travels, heads of answers and the websocket's frames included."""
MOST_BYTES_WITH_CHARTS = 200_000
"""Sixty bars and thirty rows of figures come over the websocket, as text that is not compressed."""
_PUBLIC = ("/", "/signup", "/login", "/reset", "/new-password", "/nothing-here")
_PRIVATE = (
    "/dashboard",
    "/transfer",
    "/p2ptransfer",
    "/transactions",
    "/on-ramp",
    "/withdrawal",
    "/settings",
)
_DRAWS_CHARTS = "data-chosen"


_OF_A_SHOP = (
    "/",
    "/signup",
    "/login",
    "/dashboard",
    "/counter",
    "/transactions",
    "/withdraw",
    "/settlements",
    "/qr",
    "/settings",
)
_DRAWS_CHARTS_OF = {"/dashboard"}


@pytest.mark.parametrize("path", [*_PUBLIC, *_PRIVATE])
def test_a_first_visit_costs_little(
    stage: Stage, browser: Browser, path: str, capsys: pytest.CaptureFixture[str]
) -> None:
    visitor = stage.stranger
    if path in _PRIVATE:
        visitor = stage.saver if path == "/withdrawal" else stage.rich
    query = {
        "/on-ramp": lambda: f"?id={stage.attempt('success')}",
        "/withdrawal": lambda: f"?id={stage.withdrawals['paid']}",
    }.get(path, str)()

    _visit(browser, visitor.context, stage.stack.user_url, path, query, capsys)


@pytest.mark.parametrize("path", _OF_A_SHOP)
def test_a_shops_first_visit_costs_little(
    stage: Stage, browser: Browser, path: str, capsys: pytest.CaptureFixture[str]
) -> None:
    visitor = stage.stranger if path in _PUBLIC else large_shop(stage)

    _visit(browser, visitor.context, stage.stack.merchant_url, path, "", capsys)


def _visit(
    browser: Browser,
    known: BrowserContext,
    url: str,
    path: str,
    query: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """With the cookies of somebody and a browser that has never been here."""
    context = browser.new_context(storage_state=known.storage_state())
    page = context.new_page()
    received = listen(page)
    scripts: list[str] = []
    page.on("requestfinished", lambda request: scripts.append(_script_of(request)))

    page.goto(url + path + query, wait_until="networkidle")
    until = time.monotonic() + PATIENCE_MILLISECONDS / 1000
    while not received["Frames"] and time.monotonic() < until:
        page.wait_for_timeout(100)
    page.wait_for_timeout(500)

    assert page.url == url + path + query
    with capsys.disabled():
        sys.stdout.write(f"\n{path:<15}{received.total():>8,} bytes {dict(received)} ")
    assert received["Script"] > 0
    assert received["Frames"] > 0
    assert received.total() <= (MOST_BYTES_WITH_CHARTS if path in _DRAWS_CHARTS_OF else MOST_BYTES)
    assert not any("recharts" in script for script in scripts)
    # What draws charts travels to the page that has some, and to no other.
    assert any(_DRAWS_CHARTS in script for script in scripts) is (path in _DRAWS_CHARTS_OF)
    context.close()


def _script_of(request: Request) -> str:
    """Of a script its text, of anything else nothing."""
    answer = request.response() if request.resource_type == "script" else None
    return answer.text() if answer and answer.ok else ""
