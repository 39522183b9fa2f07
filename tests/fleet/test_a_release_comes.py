"""A release comes while people use the one before: pages of both are served by processes of both."""

from __future__ import annotations

from collections.abc import Callable, Generator

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.e2e.fleet_stack import FleetStack
from tests.e2e.wallet_page import PATIENCE_MILLISECONDS, Visitor, balance
from tests.fleet.next_release import Release

Visitors = Callable[..., Visitor]
_PAGES = ("/transfer", "/transactions", "/settings", "/dashboard")


@pytest.fixture
def half_way(house: FleetStack, release: Release) -> Generator[None]:
    """Two processes of each release serve people."""
    coming = [house.fleet.add("user_app", code=release.code, folder=release.folder) for _ in range(2)]
    house.fleet.wait_until_ready(coming)
    yield
    house.fleet.remove(coming)


def test_every_page_of_either_release_works_while_both_serve(
    house: FleetStack, visitors: Visitors, half_way: None
) -> None:
    asha = visitors()
    asha.sign_up_elsewhere()
    shown = set[str]()
    for number in range(16):
        page = asha.tab(_PAGES[number % len(_PAGES)])
        _works(page)
        shown |= _scripts(page)
        page.close()

    asha.may_complain_of("Failed to load resource")
    assert asha.complaints == []
    assert len(_manifests(shown)) == 2, "both releases were seen"


def test_a_page_of_the_release_before_leads_on_when_only_the_next_one_is_left(
    house: FleetStack, visitors: Visitors, release: Release
) -> None:
    asha = visitors()
    asha.sign_up_elsewhere()
    page = asha.tab("/transfer")
    _works(page)

    house.fleet.roll("user_app", code=release.code, folder=release.folder)
    _works(page)
    page.get_by_role("link", name="History", exact=True).first.click()
    page.wait_for_url("**/transactions", timeout=PATIENCE_MILLISECONDS)
    _works(page)
    house.fleet.roll("user_app")


def test_a_file_that_no_release_has_is_not_there(house: FleetStack) -> None:
    for name in ("nothing-of-ours.js", "..%2f..%2fsecrets.env", "x" * 200 + ".js"):
        assert httpx.get(f"{house.user_url}/assets/{name}").status_code == 404


def _works(page: Page) -> None:
    """It shows what only its websocket brings."""
    expect(page.get_by_role("main")).to_be_visible(timeout=PATIENCE_MILLISECONDS)
    expect(page.get_by_text("Connecting again")).to_have_count(0, timeout=PATIENCE_MILLISECONDS)
    if page.url.endswith("/transfer"):
        expect(balance(page)).to_have_text("₹0.00", timeout=PATIENCE_MILLISECONDS)
    else:
        expect(page.get_by_role("heading", level=1)).to_be_visible(timeout=PATIENCE_MILLISECONDS)


def _scripts(page: Page) -> set[str]:
    return set(
        page.evaluate("[...document.querySelectorAll('link[rel=modulepreload]')].map(one => one.href)")
    )


def _manifests(scripts: set[str]) -> set[str]:
    return {one.rpartition("/")[2] for one in scripts if "/manifest" in one}
