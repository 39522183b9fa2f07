"""The history and a receipt in the states that a person can meet them in."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.e2e.scenes import Scene, Stage

_SIGNED_IN = ("Log out",)
_HISTORY = (*_SIGNED_IN, "Search", "Download CSV")


def _empty(stage: Stage) -> Page:
    # The newcomer of the other scenes has met a bank that was away, and that is told here.
    page = stage.signed_up().tab("/transactions")
    expect(page.get_by_text("Nothing here")).to_be_visible()
    return page


def _full(stage: Stage) -> Page:
    page = stage.rich.tab("/transactions")
    expect(page.get_by_test_id("transaction").first).to_be_visible()
    return page


def _unfolded(part: str) -> Callable[[Stage], Page]:
    """On a phone."""

    def open_it(stage: Stage) -> Page:
        page = _full(stage)
        page.set_viewport_size({"width": 390, "height": 844})
        fold = page.get_by_role("button", name=part)
        fold.click()
        expect(fold).to_have_attribute("aria-expanded", "true")
        return page

    return open_it


def _chosen(stage: Stage) -> Page:
    page = _full(stage)
    page.get_by_label("Type").select_option("on_ramp")
    page.get_by_label("Status").select_option("refused")
    page.get_by_role("button", name="Show", exact=True).click()
    expect(page.get_by_text("2 chosen")).to_be_attached()
    return page


def _receipt(status: str) -> Callable[[Stage], Page]:
    def open_it(stage: Stage) -> Page:
        page = stage.rich.tab(f"/transactions/{stage.attempt(status)}")
        expect(page.get_by_test_id("status")).to_be_visible()
        return page

    return open_it


HISTORY_SCENES = {
    "history, nothing yet": Scene(_empty, _HISTORY),
    "history": Scene(_full, _HISTORY),
    "history, filter unfolded": Scene(_unfolded("Filter"), _HISTORY),
    "history, files unfolded": Scene(_unfolded("CSV or PDF"), _HISTORY),
    "history, some of it": Scene(_chosen, _HISTORY),
    "receipt done": Scene(_receipt("success"), (*_SIGNED_IN, "status")),
    "receipt refused": Scene(_receipt("failure"), (*_SIGNED_IN, "status")),
}
