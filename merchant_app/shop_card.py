"""One's own shop as customers know it, and how its owner is known, on /settings."""

from __future__ import annotations

import reflex as rx

from merchant_app.shop_state import Shop
from money.errors import ShopNameRefused
from shared_db.connection import with_retries
from shared_db.shop_screens import shop_owner
from shared_ui.fields import quiet_button, text_field
from shared_ui.guard import FormData
from shared_ui.guarded import guard
from shared_ui.parts import card
from shared_ui.said import Said
from shared_ui.services import the_services
from shared_ui.texts import Text
from wallet.caller import Caller
from wallet.change_shop import rename_shop


class NameForm(FormData):
    name: str


class OwnShop(rx.State):
    name: str = ""
    email: str = ""
    has_password: bool = True
    problem: str = ""

    async def _repaint(self, caller: Caller) -> None:
        database = the_services().database
        found = await with_retries(database, lambda connection: shop_owner(connection, caller.owner_id))
        self.name, self.email, self.has_password = found.name, found.email, found.has_password

    @guard.signed_in
    async def rename(self, caller: Caller, form_data: NameForm) -> None:
        self.problem = ""
        the = the_services()
        try:
            await rename_shop(the.database, caller, name=form_data.name)
        except ShopNameRefused as refusal:
            self.problem = refusal.sentence
            return
        the.door.changed(caller.owner_id)
        for part in (OwnShop, Shop):
            await (await self.get_state(part))._repaint(caller)
        (await self.get_state(Said))._say("Your shop has its new name.")


def shop_card() -> rx.Component:
    return card(
        rx.el.form(
            text_field(
                "Business name",
                "name",
                value=OwnShop.name,
                problem=OwnShop.problem,
                hint="As your customers know it.",
                autocomplete="organization",
                max_length=50,
            ),
            quiet_button("Change name"),
            on_submit=OwnShop.rename,
            no_validate=True,
            class_name="flex flex-col gap-3",
        ),
        rx.el.dl(
            _known("Handle", Shop.handle, "Your address for customers. It stays for good."),
            _known(
                "Email",
                OwnShop.email,
                rx.cond(
                    OwnShop.has_password,
                    "With it and your password you log in.",
                    "You log in by Google or GitHub.",
                ),
            ),
            class_name="mt-4 flex flex-col gap-3 border-t border-line pt-4",
        ),
        title="Your shop",
    )


def _known(what: str, value: Text, why: Text) -> rx.Component:
    return rx.el.div(
        rx.el.dt(what, class_name="text-label text-quiet"),
        rx.el.dd(
            rx.el.p(value, class_name="font-medium [overflow-wrap:anywhere]"),
            rx.el.p(why, class_name="text-note text-quiet"),
        ),
    )
