"""The page at an address where there is none."""

from __future__ import annotations

import reflex as rx

from shared_ui.parts import main_link
from shared_ui.shell import opening, public_page


def not_found(name: str) -> rx.Component:
    return public_page(
        opening(
            rx.el.div(
                rx.el.p("Page not found", class_name="text-label font-strong text-accent"),
                rx.el.h1("There is no page at this address", class_name="mt-2 text-heading font-strong"),
                rx.el.p(
                    "The address may be mistyped, or the page may have moved. Nothing happened to your money.",
                    class_name="mb-6 mt-4 max-w-words text-quiet",
                ),
                main_link("Go to the start page", "/"),
            ),
        ),
        name=name,
    )
