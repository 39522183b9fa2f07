"""One house for all stories: started once, as `make up` does, on free ports and in a folder of its own."""

from __future__ import annotations

from collections.abc import Generator

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.browser import LAUNCH_ARGUMENTS, chromium_path
from tests.e2e.stack import Stack, running_stack


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Generator[Stack]:
    with running_stack(tmp_path_factory.mktemp("house") / "data") as running:
        yield running


@pytest.fixture(autouse=True)
def _the_postman_is_well(stack: Stack) -> Generator[None]:
    stack.postman.mood = "carry"
    yield
    stack.postman.mood = "carry"


@pytest.fixture(scope="session")
def browser() -> Generator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path(), args=LAUNCH_ARGUMENTS)
        yield browser
        browser.close()
