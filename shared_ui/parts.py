"""The small pieces that screens are made of. They take what they show as arguments and know no app's State."""

from __future__ import annotations

from typing import Literal

import reflex as rx

from shared_ui.elements import PlainLink
from shared_ui.icons import icon

Outcome = Literal["done", "waiting", "refused"]

_OUTCOMES: dict[Outcome, tuple[str, str]] = {
    "done": ("Done", "bg-good-soft text-good"),
    "waiting": ("On its way", "bg-waiting-soft text-waiting"),
    "refused": ("Not done", "bg-bad-soft text-bad"),
}
CARD = "rounded-card border border-line bg-raised shadow-soft"


def card(*content: rx.Component, class_name: str = "") -> rx.Component:
    return rx.el.div(*content, class_name=f"{CARD} p-4 wide:p-6 {class_name}")


def status_chip(outcome: Outcome) -> rx.Component:
    """One of the three true results, by sign, word and colour."""
    word, colours = _OUTCOMES[outcome]
    return rx.el.span(
        icon(outcome, "size-4"),
        word,
        class_name=f"inline-flex items-center gap-1 rounded-chip py-1 pl-2 pr-3 text-note font-medium {colours}",
    )


def money_row(who: str, when: str, amount: str, outcome: Outcome) -> rx.Component:
    """Who, when, how much with its sign, and how it stands."""
    colour = "text-good" if amount.startswith("+") and outcome == "done" else "text-ink"
    return rx.el.li(
        _initial(who),
        rx.el.div(
            rx.el.p(who, class_name="truncate font-medium"),
            rx.el.p(when, class_name="text-note text-quiet"),
            class_name="min-w-0 grow",
        ),
        rx.el.div(
            rx.el.p(amount, class_name=f"font-strong {colour}"),
            rx.el.div(status_chip(outcome), class_name="mt-1"),
            class_name="shrink-0 text-right",
        ),
        class_name="flex items-center gap-3 py-3",
    )


def point(sign: str, title: str, text: str) -> rx.Component:
    """One thing worth knowing: a drawing, a heading and a sentence or two."""
    return card(
        rx.el.span(
            icon(sign),
            class_name="grid size-hit shrink-0 place-items-center rounded-card bg-accent-soft text-accent",
        ),
        rx.el.div(
            rx.el.h3(title, class_name="text-title font-strong"),
            rx.el.p(text, class_name="mt-1 text-quiet tablet:mt-2"),
        ),
        class_name="flex gap-4 tablet:flex-col",
    )


def points(*cards: rx.Component, columns: Literal[3, 4]) -> rx.Component:
    wide = {3: "wide:grid-cols-3", 4: "wide:grid-cols-4"}[columns]
    return rx.el.div(*cards, class_name=f"grid gap-4 tablet:grid-cols-2 {wide}")


def main_link(label: str, href: str) -> rx.Component:
    """The one thing to press on this screen."""
    return PlainLink.create(
        label,
        href=href,
        class_name="inline-flex min-h-hit items-center rounded-card bg-accent px-6 py-3 font-strong text-accent-ink "
        "shadow-soft transition-opacity hover:opacity-90",
    )


def _initial(name: str) -> rx.Component:
    return rx.el.span(
        name[:1],
        class_name="grid size-hit shrink-0 place-items-center rounded-chip bg-accent-soft font-strong text-accent",
        custom_attrs={"aria-hidden": "true"},
    )
