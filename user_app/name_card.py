"""One's own first and last name, on /settings."""

from __future__ import annotations

import reflex as rx

from money.errors import FirstNameRefused, LastNameRefused
from shared_db.connection import with_retries
from shared_db.screens import owner
from shared_ui.fields import quiet_button, text_field
from shared_ui.guard import FormData
from shared_ui.guarded import guard
from shared_ui.parts import card
from shared_ui.said import Said
from shared_ui.services import the_services
from shared_ui.texts import Text
from user_app.wallet_state import Wallet
from wallet.caller import Caller
from wallet.update_profile import update_profile

_LONGEST = 50


class NameForm(FormData):
    first_name: str
    last_name: str


class Name(rx.State):
    first_name: str = ""
    last_name: str = ""
    problem_at: str = ""
    problem: str = ""

    async def _repaint(self, caller: Caller) -> None:
        database = the_services().database
        found = await with_retries(database, lambda connection: owner(connection, caller.owner_id))
        self.first_name, self.last_name = found.first_name, found.last_name

    @guard.signed_in
    async def change(self, caller: Caller, form_data: NameForm) -> None:
        self.problem_at = ""
        the = the_services()
        try:
            await update_profile(
                the.database, caller, first_name=form_data.first_name, last_name=form_data.last_name
            )
        except (FirstNameRefused, LastNameRefused) as refusal:
            self.problem_at = "first_name" if isinstance(refusal, FirstNameRefused) else "last_name"
            self.problem = refusal.sentence
            return
        the.door.changed(caller.owner_id)
        for part in (Name, Wallet):
            await (await self.get_state(part))._repaint(caller)
        (await self.get_state(Said))._say("Your name is changed.")


def _problem(field: str) -> Text:
    return rx.cond(Name.problem_at == field, Name.problem, "")


def name_card() -> rx.Component:
    return card(
        rx.el.form(
            text_field(
                "First name",
                "first_name",
                value=Name.first_name,
                problem=_problem("first_name"),
                autocomplete="given-name",
                max_length=_LONGEST,
            ),
            text_field(
                "Last name",
                "last_name",
                value=Name.last_name,
                problem=_problem("last_name"),
                hint="Your friends and shops see it when you pay them.",
                autocomplete="family-name",
                max_length=_LONGEST,
            ),
            quiet_button("Change name"),
            on_submit=Name.change,
            no_validate=True,
            class_name="flex flex-col gap-3",
        ),
        title="Name",
    )
