"""Rows of money and the steps of a payment, for lists that the page's State holds."""

from __future__ import annotations

from dataclasses import dataclass

import reflex as rx

from shared_ui.icons import icon
from shared_ui.parts import OUTCOME_COLOURS, Outcome, initials, outcome_chip

_LETTERS = 2


@dataclass(frozen=True)
class MoneyRow:
    """All of it as it is read. `amount` has its sign; an empty `href` makes no link."""

    id: str
    who: str
    when: str
    amount: str
    outcome: str
    """`done`, `waiting` or `refused`."""
    note: str = ""
    href: str = ""
    initials: str = ""
    balance_after: str = ""


@dataclass(frozen=True)
class TimelineStep:
    title: str
    when: str
    outcome: str
    """`done`, `waiting`, `refused`, `tried` for what came to nothing yet, or `next` for what has not happened."""
    note: str = ""


def initials_of(name: str) -> str:
    """The first letters of the first and the last word."""
    words = [word for word in name.split() if word[0].isalnum()]
    chosen = words if len(words) < _LETTERS else [words[0], words[-1]]
    return "".join(word[0].upper() for word in chosen)


def transactions(rows: list[MoneyRow] | rx.Var[list[MoneyRow]]) -> rx.Component:
    """The newest first, as the list has them."""
    return rx.el.ul(rx.foreach(rows, transaction_row), class_name="divide-y divide-line")


def transaction_row(row: MoneyRow) -> rx.Component:
    content = _row_content(row)
    layout = "flex items-center gap-3 py-3"
    return rx.el.li(
        rx.cond(
            row.href != "",
            rx.el.a(
                content,
                href=row.href,
                class_name=f"{layout} -mx-2 rounded-card px-2 transition-colors hover:bg-accent-soft",
            ),
            rx.el.div(content, class_name=layout),
        ),
        key=row.id,
        custom_attrs={"data-testid": "transaction"},
    )


def timeline(steps: list[TimelineStep] | rx.Var[list[TimelineStep]]) -> rx.Component:
    """What has happened, when, and what comes next."""
    return rx.el.ol(rx.foreach(steps, _step), class_name="flex flex-col")


def _row_content(row: MoneyRow) -> rx.Component:
    """Three lines: who and how much, the note, when and how it stands."""
    is_received = row.amount.startswith("+") & (row.outcome == "done")
    colour = rx.match(row.outcome, ("refused", "text-quiet"), rx.cond(is_received, "text-good", "text-ink"))
    return rx.fragment(
        initials(rx.cond(row.initials != "", row.initials, row.who[:1])),
        rx.el.div(
            rx.el.div(
                rx.el.p(row.who, class_name="min-w-20 flex-1 truncate font-medium"),
                rx.el.p(row.amount, class_name=["ml-auto font-strong", colour]),
                class_name="flex flex-wrap gap-x-3",
            ),
            _if_said(row.note, "text-label text-quiet"),
            rx.el.div(
                rx.el.p(row.when, class_name="text-note text-quiet"),
                rx.cond(
                    row.outcome == "done",
                    _if_said(row.balance_after, "hidden text-note text-quiet tablet:block"),
                    rx.el.div(outcome_chip(row.outcome), class_name="ml-auto"),
                ),
                class_name="mt-1 flex flex-wrap items-center justify-between gap-x-3 gap-y-1",
            ),
            class_name="min-w-0 grow",
        ),
    )


def _if_said(text: str, class_name: str) -> rx.Component:
    return rx.cond(text != "", rx.el.p(text, class_name=class_name), rx.fragment())


def _step(step: TimelineStep) -> rx.Component:
    return rx.el.li(
        rx.match(
            step.outcome,
            ("done", _dot("done", "Done: ")),
            ("waiting", _dot("waiting", "Now: ")),
            ("refused", _dot("refused", "Not done: ")),
            ("tried", _dot("waiting", "Tried: ")),
            rx.el.span(
                rx.el.span("Next: ", class_name="sr-only"),
                class_name="size-6 shrink-0 rounded-chip border-2 border-dashed border-edge bg-raised",
            ),
        ),
        rx.el.div(
            rx.el.p(step.title, class_name="font-medium"),
            _if_said(step.when, "text-note text-quiet"),
            _if_said(step.note, "text-label text-quiet"),
            class_name="min-w-0 pb-4 [overflow-wrap:anywhere]",
        ),
        class_name="relative flex gap-3 before:absolute before:bottom-0 before:left-[11px] before:top-6 before:w-[2px] "
        "before:bg-line last:before:hidden",
    )


def _dot(outcome: Outcome, word: str) -> rx.Component:
    return rx.el.span(
        icon(outcome, "size-4"),
        rx.el.span(word, class_name="sr-only"),
        class_name=f"grid size-6 shrink-0 place-items-center rounded-chip {OUTCOME_COLOURS[outcome]}",
    )
