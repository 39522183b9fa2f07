"""What parts are told: a text or a truth that is known now, or one that the page's State will know later."""

from __future__ import annotations

import reflex as rx

Text = str | rx.Var[str]
Truth = bool | rx.Var[bool]


def given(text: Text, shown: rx.Component) -> rx.Component:
    """`shown` where there is a text, nothing where it is empty."""
    if isinstance(text, str):
        return shown if text else rx.fragment()
    return rx.cond(text != "", shown, rx.fragment())


def either(truth: Truth, yes: str, no: str) -> Text:
    """One of two fixed texts."""
    if isinstance(truth, bool):
        return yes if truth else no
    return rx.cond(truth, yes, no)


def is_given(text: Text) -> Truth:
    return bool(text) if isinstance(text, str) else text != ""
