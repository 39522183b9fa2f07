"""Open a wallet: five fields, one of them optional."""

from __future__ import annotations

import reflex as rx

from shared_ui.elements import PlainLink
from shared_ui.fields import password_field, submit_button, text_field
from shared_ui.frame import form_page
from shared_ui.in_browser import NativeForm
from shared_ui.turned_back import LINK, TurnedBack, form_problem, problem_at


def signup() -> rx.Component:
    return form_page(
        "Open your wallet",
        "It is empty, free, and yours in a minute.",
        form_problem(),
        NativeForm.create(
            rx.el.div(
                text_field(
                    "First name",
                    "first_name",
                    value=TurnedBack.first_name,
                    problem=problem_at("first_name"),
                    autocomplete="given-name",
                    max_length=50,
                ),
                text_field(
                    "Last name",
                    "last_name",
                    value=TurnedBack.last_name,
                    problem=problem_at("last_name"),
                    autocomplete="family-name",
                    max_length=50,
                ),
                class_name="grid gap-4 tablet:grid-cols-2",
            ),
            text_field(
                "Email",
                "email",
                kind="email",
                value=TurnedBack.email,
                problem=problem_at("email"),
                autocomplete="username",
                input_mode="email",
            ),
            text_field(
                "Phone",
                "phone",
                kind="tel",
                value=TurnedBack.phone,
                problem=problem_at("phone"),
                hint="Friends find you by it once you have verified it.",
                autocomplete="tel",
                input_mode="tel",
                is_required=False,
                max_length=20,
            ),
            password_field(
                hint="At least 8 characters.", problem=problem_at("password"), autocomplete="new-password"
            ),
            submit_button("Sign up"),
            action="/auth/signup",
            method="post",
            class_name="flex flex-col gap-4",
        ),
        PlainLink.create("Have a wallet already? Log in", href="/login", class_name=LINK),
        name="Batua",
    )
