"""Choose a new password with the code from the email."""

from __future__ import annotations

import reflex as rx

from shared_ui.elements import PlainLink
from shared_ui.fields import code_field, password_field, submit_button, text_field
from shared_ui.frame import form_page
from shared_ui.in_browser import NativeForm
from shared_ui.turned_back import LINK, TurnedBack, form_problem, problem_at


def new_password() -> rx.Component:
    return form_page(
        "Choose a new password",
        "It logs you out everywhere else.",
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
            code_field("Code", "code", hint="Six digits, from the email.", problem=problem_at("code")),
            password_field(
                hint="At least 8 characters.", problem=problem_at("password"), autocomplete="new-password"
            ),
            submit_button("Save new password"),
            action="/auth/new-password",
            method="post",
            class_name="flex flex-col gap-4",
        ),
        PlainLink.create("Send me another code", href="/reset", class_name=LINK),
        name="Batua",
    )
