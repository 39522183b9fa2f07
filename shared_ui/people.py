"""People to choose from: a field in which one finds them, and their rows."""

from __future__ import annotations

from dataclasses import dataclass

import reflex as rx
from reflex.event import EventType

from shared_ui.icons import icon
from shared_ui.labelled import BOX, bound, labelled
from shared_ui.parts import initials
from shared_ui.texts import Text

_TYPING_PAUSE_MILLISECONDS = 250


@dataclass(frozen=True)
class PersonRow:
    """All of it as it is read."""

    id: str = ""
    name: str = ""
    contact: str = ""
    """Masked."""
    initials: str = ""
    href: str = ""


def finding_field(
    label: str, name: str, *, hint: Text, problem: Text, on_typed: EventType[str], max_length: int = 100
) -> rx.Component:
    """What is typed is looked for after a short pause."""
    field_id = f"field-{name}"
    field = rx.el.input(
        type="text",
        name=name,
        auto_complete="off",
        max_length=max_length,
        on_change=_after_a_pause(on_typed),
        custom_attrs={
            "inputMode": "search",
            "enterKeyHint": "search",
            "autoCapitalize": "none",
            "spellCheck": "false",
            **bound(field_id, hint=hint, problem=problem),
        },
        class_name=BOX,
    )
    return labelled(field, label=label, field_id=field_id, hint=hint, problem=problem)


def person_rows(people: list[PersonRow] | rx.Var[list[PersonRow]]) -> rx.Component:
    """Each leads to where `href` says."""
    return rx.el.ul(rx.foreach(people, _linked), class_name="divide-y divide-line")


def person_row(person: PersonRow) -> rx.Component:
    """Who it is, to look at."""
    return rx.el.div(_who(person), class_name="flex min-w-0 items-center gap-3")


def _linked(person: PersonRow) -> rx.Component:
    return rx.el.li(
        rx.el.a(
            _who(person),
            icon("next", "size-5 text-quiet"),
            href=person.href,
            class_name="-mx-2 flex min-h-16 items-center gap-3 rounded-card px-2 py-2 transition-colors "
            "hover:bg-accent-soft",
        ),
        key=person.id,
    )


def _who(person: PersonRow) -> rx.Component:
    return rx.fragment(
        initials(rx.cond(person.initials != "", person.initials, person.name[:1])),
        rx.el.div(
            rx.el.p(person.name, class_name="font-medium [overflow-wrap:anywhere]"),
            rx.el.p(person.contact, class_name="text-label text-quiet [overflow-wrap:anywhere]"),
            class_name="min-w-0 grow",
        ),
    )


def _after_a_pause(on_typed: EventType[str]) -> EventType[str]:
    return on_typed.debounce(_TYPING_PAUSE_MILLISECONDS)  # pyright: ignore[reportAttributeAccessIssue] # a handler's own
