"""The buttons that lead to Google and GitHub, under the forms of logging in and opening a shop."""

from __future__ import annotations

import reflex as rx

from merchant_app.providers import ENTRIES, Entry, the_providers
from shared_ui.fields import quiet_button
from shared_ui.guarded import guard
from shared_ui.in_browser import NativeForm
from shared_ui.turned_back import TurnedBack


class WaysIn(rx.State):
    """Pages are built without settings, so which providers are set up is read when somebody comes."""

    is_known: bool = False
    ready: list[str] = []

    @guard.anybody
    async def open(self) -> None:
        self.ready = [key for key, one in the_providers().items() if one.is_ready]
        self.is_known = True


def ways_in() -> rx.Component:
    return rx.el.div(
        rx.el.p(
            "or",
            class_name="flex items-center gap-3 text-label text-quiet before:h-px before:grow before:bg-line "
            "after:h-px after:grow after:bg-line",
        ),
        *(_way(entry) for entry in ENTRIES),
        class_name="flex flex-col gap-3",
    )


def _way(entry: Entry) -> rx.Component:
    is_ready = rx.Var.create(WaysIn.ready).to(list).contains(entry.key)
    return NativeForm.create(
        rx.el.input(type="hidden", name="next", value=TurnedBack.next_page, read_only=True),
        quiet_button(f"Continue with {entry.title}", is_off=~is_ready),
        rx.cond(
            WaysIn.is_known & ~is_ready,
            rx.el.p(
                f"Logging in with {entry.title} is not configured here.",
                class_name="mt-1 text-label text-quiet",
            ),
        ),
        action=f"/auth/{entry.key}/begin",
        method="post",
    )
