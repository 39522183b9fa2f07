"""The three true results of asking for money to move: done, on its way, not done. There is no fourth.

Show them through `result`, which tells a screen reader when one of them comes.
"""

from __future__ import annotations

from dataclasses import dataclass

import reflex as rx

from shared_ui.icons import icon
from shared_ui.in_browser import FOCUS, Focused
from shared_ui.parts import OUTCOME_COLOURS, Outcome, facts, size_of
from shared_ui.texts import Text, given

SAFE = (
    "Your bank has not answered yet. Your money is safe: it is on hold and will either arrive or come back. "
    "Do not pay again; this page updates by itself."
)
NOTHING_LEFT = "Nothing left your wallet."


def result(
    outcome: Text,
    *,
    done: rx.Component | None = None,
    on_its_way: rx.Component | None = None,
    not_done: rx.Component | None = None,
    otherwise: rx.Component | None = None,
) -> rx.Component:
    """The one that `outcome` names (`done`, `waiting`, `refused`), else `otherwise`."""
    nothing = rx.fragment()
    return rx.el.div(
        rx.match(
            outcome,
            ("done", done or nothing),
            ("waiting", on_its_way or nothing),
            ("refused", not_done or nothing),
            otherwise or nothing,
        ),
        role="status",
        aria_atomic="false",
    )


def done(
    title: Text,
    *,
    amount: Text,
    who: Text = "",
    when: Text = "",
    reference: Text = "",
    sentences: tuple[Text, ...] = (),
    actions: tuple[rx.Component, ...] = (),
    details: rx.Component | None = None,
) -> rx.Component:
    """A tick, how much, to whom, when, the reference."""
    return _screen("done", _Facts(title, amount, who, when, reference), sentences, actions, details)


def on_its_way(
    title: Text,
    *,
    amount: Text,
    who: Text = "",
    when: Text = "",
    reference: Text = "",
    sentences: tuple[Text, ...] = (SAFE,),
    actions: tuple[rx.Component, ...] = (),
    details: rx.Component | None = None,
) -> rx.Component:
    """Not known yet. `details` has the steps so far; the sentences say what happens next and by when."""
    return _screen("waiting", _Facts(title, amount, who, when, reference), sentences, actions, details)


def not_done(
    title: Text,
    *,
    amount: Text,
    who: Text = "",
    when: Text = "",
    reference: Text = "",
    sentences: tuple[Text, ...] = (NOTHING_LEFT,),
    actions: tuple[rx.Component, ...] = (),
    details: rx.Component | None = None,
) -> rx.Component:
    """Refused: that nothing left, or what came back; the reason in plain words; what to do now."""
    return _screen("refused", _Facts(title, amount, who, when, reference), sentences, actions, details)


@dataclass(frozen=True)
class _Facts:
    title: Text
    amount: Text
    who: Text
    when: Text
    reference: Text


def _screen(
    outcome: Outcome,
    told: _Facts,
    sentences: tuple[Text, ...],
    actions: tuple[rx.Component, ...],
    details: rx.Component | None,
) -> rx.Component:
    return rx.el.div(
        rx.el.span(
            icon(outcome, "size-8"),
            class_name=f"grid size-16 place-items-center rounded-chip {OUTCOME_COLOURS[outcome]}",
        ),
        Focused.create(
            told.title,
            tab_index=-1,
            custom_attrs={"ref": FOCUS},
            class_name="mt-2 text-title font-strong outline-none",
        ),
        rx.el.p(told.amount, class_name=["font-strong", size_of(told.amount)]),
        given(told.who, rx.el.p(told.who, class_name="max-w-full font-medium [overflow-wrap:anywhere]")),
        *(given(one, rx.el.p(one, class_name="max-w-form text-quiet")) for one in sentences),
        facts(("Time", told.when), ("Reference", told.reference), class_name="mt-2 max-w-form"),
        rx.el.div(details, class_name="mt-4 w-full max-w-form text-left") if details else rx.fragment(),
        rx.el.div(*actions, class_name="mt-4 flex w-full max-w-form flex-col gap-2 empty:hidden"),
        class_name="@container flex flex-col items-center gap-2 py-4 text-center",
    )
