"""One house for all stories: started once, as `make up` does, on free ports and in a folder of its own."""

from __future__ import annotations

from collections.abc import Callable, Generator
from functools import partial

import pytest
from playwright.sync_api import Browser

from tests.e2e.fleet_stack import running_fleet_stack
from tests.e2e.page_builds import furnish
from tests.e2e.scenes import Stage
from tests.e2e.stack import Stack, running_stack
from tests.e2e.wallet_page import Visitor, patient_browser

_TOLD_AGAIN = 2


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--fleet", action="store_true", help="two of each behind the proxy, with a Redis")
    parser.addoption(
        "--weather", action="store_true", help="of those, one is killed or replaced all the time"
    )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("--weather"):
        # Whoever's form was under way in a process that was killed reads what to do, and begins once more.
        for item in items:
            item.add_marker(pytest.mark.flaky(reruns=_TOLD_AGAIN))


@pytest.fixture(scope="session")
def stack(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, worker_id: str
) -> Generator[Stack]:
    weather = bool(request.config.getoption("--weather"))
    fleet = partial(running_fleet_stack, weather=weather)
    running = fleet if weather or request.config.getoption("--fleet") else running_stack
    run = tmp_path_factory.getbasetemp()
    data = tmp_path_factory.mktemp("house") / "data"
    # Each worker of a run has a folder of its own below the run's.
    furnish(data, workshop=(run if worker_id == "master" else run.parent) / "pages")
    with running(data) as house:
        yield house


@pytest.fixture(autouse=True)
def _the_postman_is_well(stack: Stack) -> Generator[None]:
    stack.postman.mood = "carry"
    yield
    stack.postman.mood = "carry"


@pytest.fixture(scope="session")
def browser() -> Generator[Browser]:
    with patient_browser() as browser:
        yield browser


@pytest.fixture
def visitors(stack: Stack, browser: Browser) -> Generator[Callable[..., Visitor]]:
    """Makes visitors; at the end no browser of theirs may have complained about anything."""
    made: list[Visitor] = []

    def visitor(first_name: str = "Asha", *, email: str = "") -> Visitor:
        made.append(Visitor(stack, browser, first_name, email=email))
        return made[-1]

    yield visitor
    for one in made:
        one.leave()
    assert [(one.first_name, one.complaints) for one in made if one.complaints] == []


@pytest.fixture(scope="module")
def stage(stack: Stack, browser: Browser) -> Generator[Stage]:
    """The people of the scenes, each with a browser of their own."""
    stage = Stage(stack, browser)
    yield stage
    stage.close()
