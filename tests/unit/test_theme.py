"""The colours can be read, in both apps, by day and by night, and no look of others comes along."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from shared_ui.theme import DARK, LIGHT, MERCHANT, USER, Colours, stylesheet

ENOUGH_FOR_TEXT = 4.5  # WCAG 2.2 AA
ENOUGH_FOR_AN_EDGE = 3
SCHEMES = {
    "user, light": LIGHT | USER.light,
    "user, dark": DARK | USER.dark,
    "merchant, light": LIGHT | MERCHANT.light,
    "merchant, dark": DARK | MERCHANT.dark,
}
ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("colours", SCHEMES.values(), ids=SCHEMES.keys())
def test_every_text_stands_out_from_what_it_stands_on(colours: Colours):
    on_pages = [
        (ink, page)
        for ink in ("ink", "quiet", "accent", "good", "waiting", "bad")
        for page in ("surface", "raised")
    ]
    on_chips = [(sign, f"{sign}-soft") for sign in ("good", "waiting", "bad", "accent")]
    on_hero = [(ink, hero) for ink in ("hero-ink", "hero-quiet") for hero in ("hero", "hero-glow")]
    on_buttons = [
        ("accent-ink", "accent"),
        ("bad-ink", "bad"),
        ("ink", "accent-soft"),
        ("quiet", "accent-soft"),
    ]
    pairs = [*on_pages, *on_chips, *on_hero, *on_buttons, ("surface", "ink")]

    too_faint = [pair for pair in pairs if contrast(colours[pair[0]], colours[pair[1]]) < ENOUGH_FOR_TEXT]

    assert too_faint == []


@pytest.mark.parametrize("colours", SCHEMES.values(), ids=SCHEMES.keys())
def test_the_edge_of_a_field_can_be_seen(colours: Colours):
    pairs = [
        ("edge", "raised"),
        ("edge", "surface"),
        ("bad", "raised"),
        ("accent", "raised"),
        ("accent", "surface"),
    ]

    too_faint = [pair for pair in pairs if contrast(colours[pair[0]], colours[pair[1]]) < ENOUGH_FOR_AN_EDGE]

    assert too_faint == []


def test_day_and_night_name_the_same_colours():
    assert LIGHT.keys() == DARK.keys()
    assert USER.light.keys() == USER.dark.keys() == MERCHANT.light.keys() == MERCHANT.dark.keys()


def test_what_the_stylesheet_uses_it_also_defines():
    css = stylesheet(USER)

    assert set(re.findall(r"var\(--([\w-]+)\)", css)) <= set(re.findall(r"--([\w-]+):", css))


@pytest.mark.parametrize(("file", "accent"), [("batua.svg", USER), ("batua-merchant.svg", MERCHANT)])
def test_the_icon_in_the_tab_has_the_colour_of_its_app(file: str, accent):
    assert accent.light["accent"] in (ROOT / "assets" / file).read_text()


def test_the_pages_load_no_ready_made_look():
    packages = json.loads((ROOT / "reflex.lock" / "package.json").read_text())

    assert "@radix-ui/themes" not in packages["dependencies"]


def contrast(one: str, other: str) -> float:
    bright, dim = sorted((luminance(one), luminance(other)), reverse=True)
    return (bright + 0.05) / (dim + 0.05)


def luminance(colour: str) -> float:
    channels = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
