"""Every page of the wallet, in every state a person can meet, is for everybody: seen or read out, by day and by night,
on a phone and on a desktop, with a finger, a keyboard, or eyes that want nothing to move."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import axe_playwright_python
import pytest
from playwright.sync_api import Page, expect

from tests.e2e.dashboard_scenes import DASHBOARD_SCENES
from tests.e2e.history_scenes import HISTORY_SCENES
from tests.e2e.paying_scenes import PAYING_SCENES
from tests.e2e.refund_scenes import REFUND_SCENES
from tests.e2e.scenes import SCENES, Scene, Stage
from tests.e2e.sending_scenes import SENDING_SCENES
from tests.e2e.settling_scenes import SETTLING_SCENES
from tests.e2e.shop_scenes import SHOP_SCENES

_EVERY = (
    SCENES
    | SENDING_SCENES
    | PAYING_SCENES
    | DASHBOARD_SCENES
    | HISTORY_SCENES
    | SHOP_SCENES
    | SETTLING_SCENES
    | REFUND_SCENES
)
PHONE, SMALL_PHONE, TABLET, DESKTOP = (390, 844), (320, 640), (1024, 768), (1280, 800)
_AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text()
_RULES: dict[str, object] = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    "rules": {"target-size": {"enabled": True}},
    "resultTypes": ["violations"],
}
_RULES_OF_COLOUR: dict[str, object] = {
    "runOnly": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]},
    "resultTypes": ["violations"],
}
_SMALLEST_PIXELS = 44
_MOST_STOPS = 60
FIELDS = (
    "Email", "Password", "First name", "Last name", "Phone", "Amount", "Note", "To", "Account number", "IFSC", "Search",
    "Bank",
)  # fmt: skip
BUTTONS = (
    "Sign up", "Log in", "Log out", "Add money", "Withdraw", "Send money", "Pay", "Confirm", "Download CSV",
)  # fmt: skip
VALUES = ("balance", "locked", "status", "income-today", "income-month")

# What is too small for a finger. A link within a sentence is as high as its line.
_TOO_SMALL = """smallest =>
  [...document.querySelectorAll("a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex='0']")]
    .filter(one => one.checkVisibility({ visibilityProperty: true }) && getComputedStyle(one).display !== "inline")
    .map(one => [one.textContent.trim() || one.name, one.getBoundingClientRect()])
    .filter(([, { width, height }]) => Math.min(width, height) < smallest - 0.01)
    .map(([name, { width, height }]) => `${name}: ${width} x ${height}`)
"""
# Where the keyboard is, whether a ring of two pixels says so, and whether anything covers all of it.
_FOCUS = """() => {
  const one = document.activeElement;
  if (!one || one === document.body) return null;
  let hasRing = false;
  for (let at = one; at !== document.body; at = at.parentElement) {
    const { outlineStyle, outlineWidth } = getComputedStyle(at);
    hasRing ||= outlineStyle !== "none" && parseFloat(outlineWidth) >= 2;
  }
  const { left, right, top, bottom } = one.getBoundingClientRect();
  const isSeen = [[left + right, top + bottom], [2 * left + 8, 2 * top + 8], [2 * right - 8, 2 * bottom - 8]]
    .map(([x, y]) => document.elementFromPoint(x / 2, y / 2))
    .some(at => at && (one.contains(at) || at.contains(one)));
  const name = `${one.tagName} ${one.textContent.trim() || one.name || one.id}`.slice(0, 60);
  return [name, hasRing, isSeen];
}"""
_TO_THE_START = """() => {
  document.body.tabIndex = -1;
  document.body.focus();
  document.body.removeAttribute("tabindex");
}"""
_MOVING = """() => {
  const moving = document.getAnimations().filter(one => one.effect.getComputedTiming().activeDuration > 0);
  const changing = [...document.querySelectorAll("*")].filter(one =>
    getComputedStyle(one).transitionDuration.split(",").some(time => parseFloat(time) > 0));
  return [...moving.map(one => one.animationName), ...changing.map(one => one.className)];
}"""


@dataclass(frozen=True)
class Seen:
    """A page in one of its states, open for all tests of this file in turn."""

    page: Page
    scene: Scene

    def at(self, size: tuple[int, int]) -> Page:
        self.page.set_viewport_size({"width": size[0], "height": size[1]})
        return self.page


@pytest.fixture(scope="module", params=_EVERY.values(), ids=list(_EVERY))
def seen(request: pytest.FixtureRequest, stage: Stage) -> Generator[Seen]:
    page = request.param.open(stage)
    page.emulate_media(reduced_motion="reduce")
    page.evaluate(_AXE)
    yield Seen(page, request.param)
    page.close()


@pytest.mark.parametrize("size", [PHONE, DESKTOP], ids=["phone", "desktop"])
def test_axe_finds_nothing(seen: Seen, size: tuple[int, int]) -> None:
    page = seen.at(size)

    _at(page, "light")
    assert _complaints(page, _RULES) == []
    # By night nothing else is there, in other colours.
    _at(page, "dark")
    assert _complaints(page, _RULES_OF_COLOUR) == []


def _at(page: Page, scheme: Literal["light", "dark"]) -> None:
    page.emulate_media(color_scheme=scheme)
    expect(page.locator("html")).to_have_class(re.compile(rf"\b{scheme}\b"))


def _complaints(page: Page, rules: dict[str, object]) -> list[tuple[str, str, list[str]]]:
    found = page.evaluate("rules => axe.run(document, rules)", rules)
    return [
        (one["id"], one["help"], [node["html"][:200] for node in one["nodes"]]) for one in found["violations"]
    ]


@pytest.mark.parametrize(
    "size", [SMALL_PHONE, PHONE, TABLET, DESKTOP], ids=["small phone", "phone", "tablet", "desktop"]
)
def test_nothing_is_wider_than_the_screen(seen: Seen, size: tuple[int, int]) -> None:
    page = seen.at(size)

    assert page.evaluate("document.documentElement.scrollWidth") <= size[0]


@pytest.mark.parametrize("size", [SMALL_PHONE, PHONE, DESKTOP], ids=["small phone", "phone", "desktop"])
def test_whatever_can_be_pressed_is_large_enough_for_a_finger(seen: Seen, size: tuple[int, int]) -> None:
    page = seen.at(size)

    assert page.evaluate(_TOO_SMALL, _SMALLEST_PIXELS) == []


def test_each_name_of_the_contract_is_there_once_in_its_form(seen: Seen) -> None:
    # Whether it is seen or folded away: so at one size as at any other.
    page = seen.page

    found = {
        **{name: page.get_by_label(name, exact=True).count() for name in FIELDS},
        **{name: page.get_by_role("button", name=name, include_hidden=True).count() for name in BUTTONS},
        **{name: page.get_by_test_id(name).count() for name in VALUES},
    }

    assert {name: count for name, count in found.items() if count} == Counter(seen.scene.names)
    within_forms = [
        (name, form.inner_text())
        for form in page.locator("form").all()
        for name in found
        if name in FIELDS and found[name] > 1 and form.get_by_label(name, exact=True).count() > 1
    ]
    assert within_forms == []


@pytest.mark.parametrize("size", [PHONE, DESKTOP], ids=["phone", "desktop"])
def test_the_keyboard_is_seen_wherever_it_is(seen: Seen, size: tuple[int, int]) -> None:
    page = seen.at(size)
    page.evaluate(_TO_THE_START)

    stops: list[tuple[str, bool, bool]] = []
    for number in range(_MOST_STOPS):
        page.keyboard.press("Tab")
        stop = page.evaluate(_FOCUS)
        if stop is None:
            # Whoever has tabbed out of the page before needs one more to come back in.
            if number == 0:
                continue
            break
        stops.append(tuple(stop))

    assert stops
    assert [name for name, has_ring, _ in stops if not has_ring] == []
    assert [name for name, _, is_seen in stops if not is_seen] == []


def test_nothing_moves_for_who_wants_it_still(seen: Seen) -> None:
    assert seen.page.evaluate(_MOVING) == []
