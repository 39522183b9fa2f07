"""Log in to a shop."""

from __future__ import annotations

import reflex as rx

from merchant_app.frame import NAME
from merchant_app.ways_in import ways_in
from shared_ui.elements import PlainLink
from shared_ui.fields import password_field, submit_button, text_field
from shared_ui.frame import form_page
from shared_ui.in_browser import NativeForm
from shared_ui.turned_back import LINK, TurnedBack, form_problem


def login() -> rx.Component:
    return form_page(
        "Log in to your shop",
        "Your income is as you left it.",
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
        ways_in(),
        PlainLink.create("New here? Open a shop", href="/signup", class_name=LINK),
        name=NAME,
    )
