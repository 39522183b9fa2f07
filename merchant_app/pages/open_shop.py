"""The second step for who came by Google or GitHub without a shop yet: three fields, filled in where known."""

from __future__ import annotations

import reflex as rx

from merchant_app.frame import NAME
from merchant_app.provider_forms import NEWCOMER
from merchant_app.providers import the_providers
from shared_ui.door import read_cookie
from shared_ui.elements import PlainLink
from shared_ui.fields import submit_button, text_field
from shared_ui.frame import form_page
from shared_ui.guarded import guard
from shared_ui.in_browser import NativeForm
from shared_ui.services import the_door, the_services
from shared_ui.turned_back import LINK, TurnedBack, form_problem, problem_at
from wallet.open_shop import free_handle
from wallet.sign_in_by_provider import newcomer


class NewShop(rx.State):
    is_known: bool = False
    """Whether it has been looked who this is."""
    by: str = ""
    """`asha@example.com at Google`; empty: nobody waits here."""
    name: str = ""
    handle: str = ""
    email: str = ""

    @guard.anybody
    async def open(self) -> None:
        database = the_services().database
        token = read_cookie(self.router.headers.cookie, the_door().name_of(NEWCOMER))
        waiting = await newcomer(database, token)
        self.by = ""
        if waiting:
            titles = {one.issuer: one.title for one in the_providers().values()}
            self.by = f"{waiting.shown_as} at {titles.get(waiting.issuer, waiting.issuer)}"
            self.name, self.email = waiting.name, waiting.email
            self.handle = await free_handle(database, waiting.name)
        self.is_known = True


def _typed(before: str, known: str) -> rx.Var[str]:
    """What was typed before the form was turned back, else what the provider says."""
    return rx.cond(TurnedBack.problem == "", known, before)


def _form() -> rx.Component:
    return NativeForm.create(
        text_field(
            "Business name",
            "name",
            value=_typed(TurnedBack.name, NewShop.name),
            problem=problem_at("name"),
            hint="As your customers know it.",
            autocomplete="organization",
            max_length=50,
        ),
        text_field(
            "Handle",
            "handle",
            value=_typed(TurnedBack.handle, NewShop.handle),
            problem=problem_at("handle"),
            hint="Your address for customers: 3 to 30 small letters and digits. It stays for good.",
            max_length=30,
        ),
        text_field(
            "Email",
            "email",
            kind="email",
            value=_typed(TurnedBack.email, NewShop.email),
            problem=problem_at("email"),
            autocomplete="email",
            input_mode="email",
        ),
        submit_button("Sign up"),
        action="/auth/open-shop",
        method="post",
        class_name="flex flex-col gap-4",
    )


def open_shop() -> rx.Component:
    return form_page(
        "Open your shop",
        "One step more. You need no password: you log in the way you have just come.",
        form_problem(),
        rx.cond(
            NewShop.is_known,
            rx.cond(
                NewShop.by != "",
                rx.fragment(
                    rx.el.p(
                        "You are ",
                        rx.el.span(NewShop.by, class_name="font-medium text-ink"),
                        ".",
                        class_name="text-quiet [overflow-wrap:anywhere]",
                    ),
                    _form(),
                ),
                rx.el.p("Nobody waits here any more. Please begin again.", class_name="text-quiet"),
            ),
        ),
        PlainLink.create("Begin again", href="/signup", class_name=LINK),
        name=NAME,
    )
