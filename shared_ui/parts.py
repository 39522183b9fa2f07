"""The small pieces that screens are made of. They take what they show as arguments and know no app's State."""

from __future__ import annotations

from typing import Literal

import reflex as rx

from shared_ui.elements import PlainLink
from shared_ui.icons import icon
from shared_ui.texts import Text, given

Outcome = Literal["done", "waiting", "refused"]

_WORDS: dict[Outcome, str] = {"done": "Done", "waiting": "On its way", "refused": "Not done"}
OUTCOME_COLOURS: dict[Outcome, str] = {
    "done": "bg-good-soft text-good",
    "waiting": "bg-waiting-soft text-waiting",
    "refused": "bg-bad-soft text-bad",
}
CARD = "rounded-card border border-line bg-raised shadow-soft"
MAIN = (
    "inline-flex min-h-hit items-center justify-center rounded-card bg-accent px-6 py-3 font-strong text-accent-ink "
    "shadow-soft transition-opacity hover:opacity-90"
)
SECOND = (
    "inline-flex min-h-hit items-center justify-center rounded-card border border-edge px-6 py-3 font-strong "
    "transition-colors hover:bg-accent-soft"
)
# Amounts longer than so many characters are at full size only from a certain width of their place.
_NARROW_SIZES = (
    (9, "text-heading @min-[290px]:text-amount"),
    (11, "text-heading @min-[370px]:text-amount"),
    (13, "text-heading @min-[420px]:text-amount"),
)


def card(*content: rx.Component, title: Text = "", class_name: str = "") -> rx.Component:
    """With a `title` it is a part of the page under its own heading."""
    heading = given(title, rx.el.h2(title, class_name="mb-3 text-title font-strong"))
    return rx.el.div(heading, *content, class_name=f"{CARD} p-4 wide:p-6 {class_name}")


def status_chip(outcome: Outcome) -> rx.Component:
    """One of the three true results, by sign, word and colour."""
    return _chip(outcome, _WORDS[outcome])


def outcome_chip(outcome: Text, word: Text = "", *, test_id: str = "") -> rx.Component:
    """The same, chosen in the browser; `word` says it more exactly."""
    return rx.el.span(
        rx.match(
            outcome,
            *((known, _chip(known, word if _is_said(word) else _WORDS[known])) for known in _WORDS),
            rx.fragment(),
        ),
        custom_attrs={"data-testid": test_id} if test_id else {},
        class_name="inline-flex",
    )


def money_row(who: str, when: str, amount: str, outcome: Outcome) -> rx.Component:
    """Who, when, how much with its sign, and how it stands."""
    colour = "text-good" if amount.startswith("+") and outcome == "done" else "text-ink"
    return rx.el.li(
        initials(who[:1]),
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


def facts(*pairs: tuple[str, Text], class_name: str = "") -> rx.Component:
    """Names and their values, line by line. What has no value is left out."""
    return rx.el.dl(
        *(given(value, _fact(name, value)) for name, value in pairs),
        class_name=f"w-full divide-y divide-line border-y border-line text-label empty:hidden {class_name}",
    )


def main_link(label: str, href: Text) -> rx.Component:
    """The one thing to press on this screen."""
    return _link(label, href, MAIN)


def second_link(label: Text, href: Text) -> rx.Component:
    """Another thing one may press."""
    return _link(label, href, SECOND)


def size_of(amount: Text) -> Text:
    """As large as an amount of this length gets without breaking. It must stand in a `@container`."""
    length = rx.Var.create(amount).to(str).length()
    size = rx.Var.create("text-amount")
    for longer_than, class_name in _NARROW_SIZES:
        size = rx.cond(length > longer_than, rx.Var.create(class_name), size)
    return size


def initials(letters: Text, class_name: str = "bg-accent-soft text-accent") -> rx.Component:
    """Stands for a person's face. The name is written beside it."""
    return rx.el.span(
        letters,
        class_name=f"grid size-hit shrink-0 place-items-center rounded-chip font-strong {class_name}",
        custom_attrs={"aria-hidden": "true"},
    )


def _chip(outcome: Outcome, word: Text) -> rx.Component:
    return rx.el.span(
        icon(outcome, "size-4"),
        word,
        class_name="inline-flex items-center gap-1 whitespace-nowrap rounded-chip py-1 pl-2 pr-3 text-note "
        f"font-medium {OUTCOME_COLOURS[outcome]}",
    )


def _fact(name: str, value: Text) -> rx.Component:
    return rx.el.div(
        rx.el.dt(name, class_name="shrink-0 text-quiet"),
        rx.el.dd(value, class_name="text-right font-medium [overflow-wrap:anywhere]"),
        class_name="flex justify-between gap-4 py-2",
    )


def _link(label: Text, href: Text, class_name: str) -> rx.Component:
    """To another page of the app without loading it anew; anywhere else, the first page included, by the browser."""
    is_page = isinstance(href, str) and href.startswith("/") and href != "/"
    create = rx.el.a if is_page else PlainLink.create
    return create(label, href=href, class_name=class_name)


def _is_said(word: Text) -> bool:
    return not isinstance(word, str) or bool(word)
