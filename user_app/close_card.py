"""Closing one's wallet for good, on /settings: what still keeps it open, then one look more and the password."""

from __future__ import annotations

import reflex as rx

from shared_db.connection import with_retries
from shared_db.wallets import obstacles
from shared_ui.fields import danger_button, quiet_button
from shared_ui.guarded import guard
from shared_ui.in_browser import DownloadForm
from shared_ui.parts import card
from shared_ui.secured import Secured, look_once_more, password_form, what_came
from shared_ui.services import the_services
from wallet.caller import Caller
from wallet.close_wallet import REFUSALS


class Closing(rx.State):
    obstacles: list[str] = []
    """What keeps it open, each in its sentence."""
    is_reviewed: bool = False

    async def _repaint(self, caller: Caller) -> None:
        database = the_services().database
        found = await with_retries(database, lambda connection: obstacles(connection, caller.owner_id))
        self.obstacles = [REFUSALS[one]().sentence for one in found]

    async def _begin(self) -> None:
        """As it was sent back: whoever mistyped the password goes on from there."""
        self.is_reviewed = (await self.get_state(Secured)).part == "close"

    @guard.signed_in
    async def look(self, caller: Caller) -> None:
        await self._repaint(caller)
        self.is_reviewed = True

    @guard.signed_in
    async def change(self, _caller: Caller) -> None:
        self.is_reviewed = False


def your_data_card() -> rx.Component:
    return card(
        rx.el.p(
            "Your profile, sessions, saved accounts and everything that happened to your money, as one file.",
            class_name="mb-3 text-quiet",
        ),
        DownloadForm.create(quiet_button("Download all my data"), action="/files/my-data.json", method="get"),
        title="Your data",
    )


def close_card() -> rx.Component:
    return card(
        what_came("close"),
        rx.cond(Closing.obstacles, _not_yet(), rx.cond(Closing.is_reviewed, _look_once_more(), _offer())),
        title="Close your wallet",
    )


def _not_yet() -> rx.Component:
    return rx.fragment(
        rx.el.p(
            "You can close it once nothing is in it and nothing on its way.", class_name="mb-2 text-quiet"
        ),
        rx.el.ul(
            rx.foreach(Closing.obstacles, lambda one: rx.el.li(one, key=one)),
            class_name="flex list-disc flex-col gap-2 pl-5 text-label font-medium",
        ),
    )


def _offer() -> rx.Component:
    return rx.el.div(
        rx.el.p("For good. There is no money in it, so none can be lost.", class_name="text-quiet"),
        quiet_button("Close my wallet", on_click=Closing.look),
        class_name="flex flex-col gap-3",
    )


def _look_once_more() -> rx.Component:
    return look_once_more(
        "Close it for good?",
        "You are logged out everywhere and cannot log in again.",
        "Nobody can find you here or send you money. What a bank still brings goes back to it.",
        "Your email stays taken: it cannot open another wallet.",
        "Download all your data first. Afterwards you cannot.",
        form=password_form(
            "close",
            danger_button("Confirm, close my wallet"),
            quiet_button("Keep it", on_click=Closing.change),
            action="/auth/close-wallet",
        ),
    )
