"""Another password, on /settings, or the first one. The browser sends it: no password ever becomes an event."""

from __future__ import annotations

import reflex as rx

from shared_ui.fields import password_field, quiet_button
from shared_ui.in_browser import NativeForm
from shared_ui.parts import card
from shared_ui.secured import problem_at, what_came
from shared_ui.texts import Truth


def password_card(*, has_password: Truth = True) -> rx.Component:
    return card(
        what_came("password"),
        rx.cond(has_password, _form(_current(), "Change password"), _form(_none_yet(), "Set password")),
        title="Password",
    )


def _form(first: rx.Component, button: str) -> rx.Component:
    return NativeForm.create(
        first,
        password_field(
            "New password",
            "new_password",
            hint="At least 8 characters. It logs you out everywhere else.",
            problem=problem_at("password", "new_password"),
            autocomplete="new-password",
        ),
        quiet_button(button),
        action="/auth/change-password",
        method="post",
        class_name="flex flex-col gap-3",
    )


def _current() -> rx.Component:
    return password_field("Current password", problem=problem_at("password", "password"))


def _none_yet() -> rx.Component:
    return rx.el.p("There is none yet. With one you can log in by email, too.", class_name="text-quiet")
