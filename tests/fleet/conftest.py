"""Two of each behind the proxy, started once for all of these stories."""

from __future__ import annotations

from collections.abc import Callable, Generator

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.browser import LAUNCH_ARGUMENTS, chromium_path
from tests.e2e.fleet_stack import FleetStack, running_fleet_stack
from tests.e2e.wallet_page import Visitor


@pytest.fixture(scope="session")
def house(tmp_path_factory: pytest.TempPathFactory) -> Generator[FleetStack]:
    with running_fleet_stack(tmp_path_factory.mktemp("fleet") / "data") as running:
        yield running


@pytest.fixture(scope="session")
def browser() -> Generator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path(), args=LAUNCH_ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def visitors(house: FleetStack, browser: Browser) -> Generator[Callable[..., Visitor]]:
    """Makes visitors; what their browsers complain of is judged by the story."""
    made: list[Visitor] = []

    def visitor(first_name: str = "Asha") -> Visitor:
        made.append(Visitor(house, browser, first_name))
        return made[-1]

    yield visitor
    for one in made:
        one.leave()
