"""Log in with email and password."""

from __future__ import annotations

import reflex as rx

from shared_ui.elements import PlainLink
from shared_ui.fields import password_field, submit_button, text_field
from shared_ui.frame import form_page
from shared_ui.in_browser import NativeForm
from shared_ui.turned_back import LINK, TurnedBack, form_problem


def login() -> rx.Component:
    return form_page(
        "Log in",
        "Your wallet is as you left it.",
        form_problem(),
        NativeForm.create(
            rx.el.input(type="hidden", name="next", value=TurnedBack.next_page, read_only=True),
            text_field(
                "Email",
                "email",
                kind="email",
                value=TurnedBack.email,
                autocomplete="username",
                input_mode="email",
            ),
            password_field(),
            submit_button("Log in"),
            action="/auth/login",
            method="post",
            class_name="flex flex-col gap-4",
        ),
        PlainLink.create("Forgot it? Get a code by email", href="/reset", class_name=LINK),
        PlainLink.create("New here? Open a wallet", href="/signup", class_name=LINK),
        name="Batua",
    )
