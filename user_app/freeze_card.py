"""Freezing one's wallet, on /settings: a press and one look more. Unfreezing asks for the password."""

from __future__ import annotations

import reflex as rx

from money.times import ist
from shared_db.connection import with_retries
from shared_db.screens import owner
from shared_ui.fields import quiet_button, submit_button
from shared_ui.guarded import guard
from shared_ui.parts import card, outcome_chip
from shared_ui.secured import look_once_more, password_form, what_came
from shared_ui.services import the_services
from user_app.wallet_state import Wallet
from wallet.caller import Caller
from wallet.freeze_wallet import freeze


class Freezing(rx.State):
    since: str = ""
    """Empty: it is not frozen."""
    is_reviewed: bool = False

    async def _repaint(self, caller: Caller) -> None:
        database = the_services().database
        found = await with_retries(database, lambda connection: owner(connection, caller.owner_id))
        self.since = f"Frozen since {ist(found.frozen_at)}" if found.frozen_at else ""

    @guard.signed_in
    async def look(self, _caller: Caller) -> None:
        self.is_reviewed = True

    @guard.signed_in
    async def change(self, _caller: Caller) -> None:
        self.is_reviewed = False

    @guard.signed_in
    async def confirm(self, caller: Caller) -> None:
        if not self.is_reviewed:
            return
        self.is_reviewed = False
        the = the_services()
        await freeze(the.database, caller)
        the.door.changed(caller.owner_id)
        for part in (Freezing, Wallet):
            await (await self.get_state(part))._repaint(caller)


def freeze_card() -> rx.Component:
    return rx.el.div(
        card(
            what_came("freeze"),
            rx.cond(
                Freezing.since != "", _frozen(), rx.cond(Freezing.is_reviewed, _look_once_more(), _offer())
            ),
            title="Freeze your wallet",
        ),
        id="freeze",
        class_name="scroll-mt-24",
    )


def _offer() -> rx.Component:
    return rx.el.div(
        rx.el.p(
            "Lost your phone, or something looks wrong? Freeze it: money still comes in, and none goes out.",
            class_name="text-quiet",
        ),
        quiet_button("Freeze my wallet", on_click=Freezing.look),
        class_name="flex flex-col gap-3",
    )


def _look_once_more() -> rx.Component:
    return look_once_more(
        "Freeze it now?",
        "You can send and withdraw nothing until you unfreeze it with your password.",
        "Withdrawals in the queue wait. One that has left for your bank goes on.",
        "Whatever others send you, and what you add, arrives.",
        form=rx.el.form(
            submit_button("Confirm, freeze my wallet"),
            quiet_button("Not now", on_click=Freezing.change),
            on_submit=Freezing.confirm,
            class_name="flex flex-col gap-2",
        ),
    )


def _frozen() -> rx.Component:
    return rx.el.div(
        rx.el.div(outcome_chip("waiting", Freezing.since)),
        rx.el.p("Money still comes in, and none goes out.", class_name="text-quiet"),
        password_form("freeze", submit_button("Unfreeze my wallet"), action="/auth/unfreeze"),
        class_name="flex flex-col gap-3",
    )
