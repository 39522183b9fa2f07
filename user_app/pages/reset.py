"""Forgot the password: ask for a code by email."""

from __future__ import annotations

import reflex as rx

from shared_ui.elements import PlainLink
from shared_ui.fields import submit_button, text_field
from shared_ui.frame import form_page
from shared_ui.in_browser import NativeForm
from shared_ui.turned_back import LINK, TurnedBack, form_problem, problem_at


def reset() -> rx.Component:
    return form_page(
        "Get a code by email",
        "With it you choose a new password. Until then the old one stays as it is.",
        form_problem(),
        NativeForm.create(
            text_field(
                "Email",
                "email",
                kind="email",
                value=TurnedBack.email,
                problem=problem_at("email"),
                autocomplete="username",
                input_mode="email",
            ),
            submit_button("Send code"),
            action="/auth/reset",
            method="post",
            class_name="flex flex-col gap-4",
        ),
        PlainLink.create("I have a code already", href="/new-password", class_name=LINK),
        PlainLink.create("Back to the login", href="/login", class_name=LINK),
        name="Batua",
    )
