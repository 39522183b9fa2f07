"""Fields in which one chooses instead of typing: from a list, or a day."""

from __future__ import annotations

from dataclasses import dataclass

import reflex as rx

from shared_ui.icons import icon
from shared_ui.labelled import BOX, bound, labelled
from shared_ui.texts import Text


def select_field(
    label: str,
    name: str,
    choices: list[tuple[str, str]],
    *,
    value: Text = "",
    note: Text = "",
    problem: Text = "",
    field_id: str = "",
) -> rx.Component:
    """`choices` are pairs of what is sent and what is read; the first is chosen unless `value` says another."""
    field_id = field_id or f"field-{name}"
    field = rx.el.div(
        rx.el.select(
            *(rx.el.option(read, value=sent) for sent, read in choices),
            name=name,
            default_value=value,
            custom_attrs=bound(field_id, hint=note, problem=problem),
            class_name=f"{BOX} appearance-none pr-12",
        ),
        icon("down", "pointer-events-none absolute right-3 top-3 size-6 text-quiet"),
        class_name="relative",
    )
    return labelled(field, label=label, field_id=field_id, hint=note, problem=problem)


@dataclass(frozen=True)
class Choice:
    """What is sent, and what is read."""

    sent: str
    read: str


def select_of(
    label: str,
    name: str,
    choices: rx.Var[list[Choice]] | list[Choice],
    *,
    value: Text = "",
    field_id: str = "",
) -> rx.Component:
    """The same with choices that a page learns when it is opened."""
    field_id = field_id or f"field-{name}"
    field = rx.el.div(
        rx.el.select(
            rx.foreach(choices, lambda one: rx.el.option(one.read, value=one.sent)),
            name=name,
            default_value=value,
            custom_attrs=bound(field_id, hint="", problem=""),
            class_name=f"{BOX} appearance-none pr-12",
        ),
        icon("down", "pointer-events-none absolute right-3 top-3 size-6 text-quiet"),
        class_name="relative",
    )
    return labelled(field, label=label, field_id=field_id, hint="", problem="")


def day_field(label: str, name: str, *, value: Text = "", problem: Text = "") -> rx.Component:
    """A day by the browser's own calendar; it sends `2026-11-20`, or nothing."""
    field_id = f"field-{name}"
    field = rx.el.input(
        type="date",
        name=name,
        default_value=value,
        custom_attrs=bound(field_id, hint="", problem=problem),
        # The ring stays while the keyboard is at the day, the month, the year or the calendar within.
        class_name=f"{BOX} outline-offset-2 outline-accent focus-within:outline-2",
    )
    return labelled(field, label=label, field_id=field_id, hint="", problem=problem)
