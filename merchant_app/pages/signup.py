"""Open a shop: four fields."""

from __future__ import annotations

import reflex as rx

from merchant_app.frame import NAME
from merchant_app.ways_in import ways_in
from shared_ui.elements import PlainLink
from shared_ui.fields import password_field, submit_button, text_field
from shared_ui.frame import form_page
from shared_ui.in_browser import NativeForm
from shared_ui.turned_back import LINK, TurnedBack, form_problem, problem_at


def signup() -> rx.Component:
    return form_page(
        "Open your shop",
        "Free, and ready to be paid in a minute.",
        form_problem(),
        NativeForm.create(
            text_field(
                "Business name",
                "name",
                value=TurnedBack.name,
                problem=problem_at("name"),
                hint="As your customers know it.",
                autocomplete="organization",
                max_length=50,
            ),
            text_field(
                "Handle",
                "handle",
                value=TurnedBack.handle,
                problem=problem_at("handle"),
                hint="Your address for customers: 3 to 30 small letters and digits. It stays for good.",
                autocomplete="off",
                max_length=30,
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
            password_field(
                hint="At least 8 characters.", problem=problem_at("password"), autocomplete="new-password"
            ),
            submit_button("Sign up"),
            action="/auth/signup",
            method="post",
            class_name="flex flex-col gap-4",
        ),
        ways_in(),
        PlainLink.create("Have a shop already? Log in", href="/login", class_name=LINK),
        name=NAME,
    )
