"""Two of each behind the proxy, started once for all of these stories."""

from __future__ import annotations

from collections.abc import Callable, Generator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.e2e.fleet_stack import FleetStack, running_fleet_stack
from tests.e2e.page_builds import furnish
from tests.e2e.wallet_page import Visitor, patient_browser
from tests.fleet.next_release import Release, next_release


@pytest.fixture(scope="session")
def workshop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the pages of this run are built."""
    return tmp_path_factory.getbasetemp() / "pages"


@pytest.fixture(scope="session")
def house(tmp_path_factory: pytest.TempPathFactory, workshop: Path) -> Generator[FleetStack]:
    data = tmp_path_factory.mktemp("fleet") / "data"
    furnish(data, workshop=workshop)
    with running_fleet_stack(data) as running:
        yield running


@pytest.fixture(scope="session")
def release(house: FleetStack, tmp_path_factory: pytest.TempPathFactory) -> Release:
    """The one that comes after this."""
    return next_release(tmp_path_factory.mktemp("next"), secrets=house.folder / "secrets.env")


@pytest.fixture(scope="session")
def browser() -> Generator[Browser]:
    with patient_browser() as browser:
        yield browser


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
