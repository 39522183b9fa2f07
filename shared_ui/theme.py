"""The only home of what Batua looks like: type, colours, space, radius, shadow and motion.

Pages use these tokens as Tailwind classes (`text-body`, `bg-raised`, `rounded-card`). Space is Tailwind's own
4-pixel step, of which we use 1, 2, 3, 4, 6, 8 and 12 (4 to 48 px), and `hit` (44 px) for what a finger presses.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Unpack

from reflex.plugins import TailwindV4Plugin
from reflex.plugins.base import CommonContext, Plugin, PreCompileContext
from reflex.plugins.shared_tailwind import TailwindConfig

Colours = dict[str, str]

LIGHT: Colours = {
    "surface": "#f6f6fa",
    "raised": "#ffffff",
    "line": "#e1e2ec",
    "edge": "#85889e",
    "ink": "#14162a",
    "quiet": "#565970",
    "good": "#0a6537",
    "good-soft": "#e2f4e9",
    "waiting": "#824600",
    "waiting-soft": "#fdf0d9",
    "bad": "#a31b20",
    "bad-soft": "#fce8e7",
    "bad-ink": "#ffffff",
}
DARK: Colours = {
    "surface": "#0d0e17",
    "raised": "#171925",
    "line": "#2d3043",
    "edge": "#6c7090",
    "ink": "#ecedf6",
    "quiet": "#a6a9c0",
    "good": "#74d8a0",
    "good-soft": "#132f20",
    "waiting": "#f0b85c",
    "waiting-soft": "#352713",
    "bad": "#ffa19c",
    "bad-soft": "#3a191b",
    "bad-ink": "#2b0c0d",
}


@dataclass(frozen=True)
class Accent:
    """The one colour in which the apps differ, so that nobody mistakes one for the other."""

    light: Colours
    dark: Colours


# `hero` is the card on which the balance stands, with the light in its corner and its own two inks.
USER = Accent(
    light={
        "accent": "#352f9c",
        "accent-ink": "#ffffff",
        "accent-soft": "#ebebfa",
        "hero": "#2c2785",
        "hero-glow": "#4941b5",
        "hero-ink": "#ffffff",
        "hero-quiet": "#c9c8f2",
    },
    dark={
        "accent": "#adb3ff",
        "accent-ink": "#14153c",
        "accent-soft": "#24274b",
        "hero": "#20234a",
        "hero-glow": "#333874",
        "hero-ink": "#ecedf6",
        "hero-quiet": "#b3b7d8",
    },
)
MERCHANT = Accent(
    light={
        "accent": "#0b5f59",
        "accent-ink": "#ffffff",
        "accent-soft": "#dcf0ed",
        "hero": "#0a5550",
        "hero-glow": "#0d635d",
        "hero-ink": "#ffffff",
        "hero-quiet": "#bfe3df",
    },
    dark={
        "accent": "#66d5c8",
        "accent-ink": "#04211e",
        "accent-soft": "#13332f",
        "hero": "#0f322f",
        "hero-glow": "#1a4b46",
        "hero-ink": "#ecf6f5",
        "hero-quiet": "#a9cfca",
    },
)

# Sizes of type in rem with their line heights: 12, 14, 16, 20, 28 and 44 pixels.
_TYPE = {
    "note": ("0.75rem", "1rem"),
    "label": ("0.875rem", "1.25rem"),
    "body": ("1rem", "1.5rem"),
    "title": ("1.25rem", "1.75rem"),
    "heading": ("1.75rem", "2.25rem"),
    "amount": ("2.75rem", "3rem"),
}
_FONT = 'system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "Helvetica Neue", Arial, sans-serif'
_SHADOW_LIGHT = "0 1px 2px rgb(20 22 42 / 0.06), 0 8px 24px rgb(20 22 42 / 0.07)"
_SHADOW_DARK = "0 1px 2px rgb(0 0 0 / 0.5), 0 8px 24px rgb(0 0 0 / 0.35)"
_MOTION_MILLISECONDS = 150
_TOAST_SECONDS = 6
_COLOUR_NAMES = (*LIGHT, *USER.light)

TAILWIND: TailwindConfig = {
    "darkMode": "class",
    "theme": {
        "screens": {"tablet": "640px", "wide": "1024px"},
        "colors": {"transparent": "transparent", "current": "currentColor"}
        | {name: f"var(--{name})" for name in _COLOUR_NAMES},
        "fontSize": {name: [size, {"lineHeight": height}] for name, (size, height) in _TYPE.items()},
        "fontWeight": {"normal": "400", "medium": "500", "strong": "600"},
        "borderRadius": {"card": "12px", "chip": "999px"},
        "boxShadow": {"soft": "var(--shadow)"},
        "transitionDuration": {"DEFAULT": f"{_MOTION_MILLISECONDS}ms"},
        "extend": {
            "spacing": {"hit": "44px"},
            "maxWidth": {"page": "1080px", "words": "36rem", "form": "28rem"},
        },
    },
}


class ThemePlugin(Plugin):
    """Writes the tokens of one app as a stylesheet into its build."""

    def __init__(self, accent: Accent) -> None:
        self._accent = accent

    def get_stylesheet_paths(self, **_context: Unpack[CommonContext]) -> list[str]:
        return ["./theme.css"]

    def pre_compile(self, **context: Unpack[PreCompileContext]) -> None:
        context["add_save_task"](lambda: ("styles/theme.css", stylesheet(self._accent)))


def plugins(accent: Accent) -> list[Plugin]:
    """What Reflex needs to build pages in this look."""
    return [TailwindV4Plugin(TAILWIND), ThemePlugin(accent)]


def stylesheet(accent: Accent) -> str:
    """The tokens as CSS variables, and the few rules that hold for every page."""
    return f"""\
:root {{ color-scheme: light; {_variables(LIGHT | accent.light)} --shadow: {_SHADOW_LIGHT}; }}
.dark {{ color-scheme: dark; {_variables(DARK | accent.dark)} --shadow: {_SHADOW_DARK}; }}
@layer base {{
  html {{
    background: var(--surface); -webkit-text-size-adjust: 100%; scroll-behavior: smooth; scroll-padding-top: 5rem;
    scroll-padding-bottom: calc(var(--bar) + 5rem);
  }}
  body {{
    background: var(--surface); color: var(--ink);
    padding-inline: env(safe-area-inset-left) env(safe-area-inset-right);
    font-family: {_FONT}; font-size: 1rem; line-height: 1.5; font-variant-numeric: tabular-nums;
  }}
  h1, h2, h3 {{ text-wrap: balance; letter-spacing: -0.011em; }}
  p {{ text-wrap: pretty; }}
  :focus-visible, input[type="date"]:focus-within {{ outline: 2px solid var(--accent); outline-offset: 2px; }}
  ::selection {{ background: var(--accent-soft); }}
  button, select, a, label {{ touch-action: manipulation; }}
  button:not(:disabled) {{ cursor: pointer; }}
  /* How much of the screen's bottom a page's own bar takes. */
  :root {{ --bar: 0px; }}
  .columns > * {{ grid-column: 1 / -1; }}
}}
@media (width < 1024px) {{
  :root:has(.bottom-bar) {{ --bar: 65px; }}
  .framed {{ padding-bottom: calc(var(--bar) + env(safe-area-inset-bottom)); }}
}}
@media (width < 1024px) and (height < 480px) {{
  /* The keyboard is there, or the phone lies on its side: the room belongs to the form, the bars move to the ends. */
  :root:has(.bottom-bar) {{ --bar: 0px; }}
  .framed {{ position: relative; padding-bottom: calc(65px + env(safe-area-inset-bottom)); }}
  .framed > header {{ position: static; }}
  .framed .bottom-bar {{ position: absolute; }}
}}
@media (width < 640px) and (pointer: coarse) {{
  form:focus-within .action-bar {{ position: sticky; bottom: var(--bar); z-index: 5; }}
}}
.arriving {{ animation: arriving {_MOTION_MILLISECONDS}ms ease-out; }}
@keyframes arriving {{ from {{ opacity: 0; transform: scale(0.96); }} }}
.fade-later {{ animation: fade-later {_MOTION_MILLISECONDS}ms {_TOAST_SECONDS}s forwards; }}
@keyframes fade-later {{ to {{ opacity: 0; visibility: hidden; }} }}
@media print {{
  /* On paper there is the thing itself: no bars, no buttons, ink on white. */
  .framed > header, .framed [role="status"]:empty, .fade-later {{ display: none; }}
  .framed {{ display: block; padding: 0; }}
  html, body {{ background: #fff; color: #000; }}
}}
@media (prefers-reduced-motion: reduce) {{
  *, ::before, ::after {{
    animation-duration: 0s !important; animation-iteration-count: 1 !important;
    transition-duration: 0s !important; scroll-behavior: auto !important;
  }}
}}
"""


def _variables(colours: Colours) -> str:
    return " ".join(f"--{name}: {value};" for name, value in colours.items())
