"""Another password, on /settings. The browser sends it: no password ever becomes an event."""

from __future__ import annotations

import reflex as rx

from shared_ui.fields import password_field, quiet_button
from shared_ui.in_browser import NativeForm
from shared_ui.parts import card
from user_app.secured import problem_at, what_came


def password_card() -> rx.Component:
    return card(
        what_came("password"),
        NativeForm.create(
            password_field("Current password", problem=problem_at("password", "password")),
            password_field(
                "New password",
                "new_password",
                hint="At least 8 characters. It logs you out everywhere else.",
                problem=problem_at("password", "new_password"),
                autocomplete="new-password",
            ),
            quiet_button("Change password"),
            action="/auth/change-password",
            method="post",
            class_name="flex flex-col gap-3",
        ),
        title="Password",
    )
