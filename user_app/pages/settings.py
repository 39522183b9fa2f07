"""One's own settings: contacts and their codes here, every other card in a module of its own."""

from __future__ import annotations

from typing import Literal

import reflex as rx

from money.errors import Refusal
from shared_db.connection import with_retries
from shared_db.screens import owner
from shared_ui.bank_accounts_card import bank_accounts_card
from shared_ui.fields import code_field, quiet_button, submit_button, text_field
from shared_ui.frame import columns
from shared_ui.guard import FormData
from shared_ui.guarded import guard
from shared_ui.parts import card, outcome_chip
from shared_ui.password_card import password_card
from shared_ui.said import Said, is_back
from shared_ui.secured import Secured
from shared_ui.services import the_services
from shared_ui.sessions_card import Sessions, sessions_card
from shared_ui.texts import Text, Truth
from user_app.bank_accounts_card import BankAccounts
from user_app.close_card import Closing, close_card, your_data_card
from user_app.frame import wallet_page
from user_app.freeze_card import Freezing, freeze_card
from user_app.name_card import Name, name_card
from user_app.wallet_state import show, show_first
from wallet import verify_contact
from wallet.caller import Caller
from wallet.verify_contact import Contact

ContactName = Literal["email", "phone"]


class CodeForm(FormData):
    contact: ContactName
    code: str


class PhoneForm(FormData):
    phone: str


class Contacts(rx.State):
    email: str = ""
    phone: str = ""
    is_email_verified: bool = False
    is_phone_verified: bool = False
    waits_for: str = ""
    """The contact whose code is asked for."""
    problem_at: str = ""
    problem: str = ""

    async def _repaint(self, caller: Caller) -> None:
        database = the_services().database
        found = await with_retries(database, lambda connection: owner(connection, caller.owner_id))
        self.email, self.phone = found.email, found.phone or ""
        self.is_email_verified = found.email_verified_at is not None
        self.is_phone_verified = found.phone_verified_at is not None

    def _refuse(self, at: str, refusal: Refusal) -> None:
        self.problem_at, self.problem = at, refusal.sentence

    @guard.signed_in
    async def open(self, caller: Caller) -> None:
        if not await is_back(self):
            self.waits_for, self.problem_at, self.problem = "", "", ""
            (await self.get_state(Secured))._read()
            await (await self.get_state(Closing))._begin()
            (await self.get_state(Freezing)).is_reviewed = False
            (await self.get_state(Name)).problem_at = ""
        await show_first(self, caller, *_PARTS)

    @guard.signed_in
    async def come_back(self, caller: Caller) -> None:
        await show(self, caller, *_PARTS)

    @guard.signed_in
    async def send_code(self, caller: Caller, contact: ContactName) -> None:
        self.problem_at = ""
        the = the_services()
        try:
            await verify_contact.send_code(
                the.database,
                the.sender,
                the.throttle,
                the.codes,
                caller,
                contact=Contact(contact),
                address=self.router.session.client_ip,
            )
        except Refusal as refusal:
            self._refuse(contact, refusal)
        else:
            self.waits_for = contact

    @guard.signed_in
    async def confirm(self, caller: Caller, form_data: CodeForm) -> None:
        self.problem_at = ""
        the = the_services()
        try:
            await verify_contact.confirm(
                the.database,
                the.throttle,
                the.codes,
                caller,
                contact=Contact(form_data.contact),
                code=form_data.code,
                address=self.router.session.client_ip,
            )
        except Refusal as refusal:
            self._refuse("code", refusal)
            return
        self.waits_for = ""
        await self._repaint(caller)
        (await self.get_state(Said))._say(f"Your {form_data.contact} is verified.")

    @guard.signed_in
    async def change_phone(self, caller: Caller, form_data: PhoneForm) -> None:
        self.problem_at, self.waits_for = "", ""
        try:
            await verify_contact.change_phone(the_services().database, caller, phone=form_data.phone)
        except Refusal as refusal:
            self._refuse("phone", refusal)
        else:
            await self._repaint(caller)
            (await self.get_state(Said))._say("Your phone number is saved.")


_PARTS = (Contacts, BankAccounts, Name, Sessions, Freezing, Closing)


def _problem(field: str) -> Text:
    return rx.cond(Contacts.problem_at == field, Contacts.problem, "")


def _standing(is_verified: Truth) -> rx.Component:
    return rx.cond(is_verified, outcome_chip("done", "Verified"), outcome_chip("waiting", "Not verified"))


def _email() -> rx.Component:
    return card(
        rx.el.div(
            rx.el.p(Contacts.email, class_name="font-medium [overflow-wrap:anywhere]"),
            rx.el.div(_standing(Contacts.is_email_verified)),
            rx.cond(~Contacts.is_email_verified, _verification("email", "Send a code to this email")),
            class_name="flex flex-col gap-3",
        ),
        title="Email",
    )


def _phone() -> rx.Component:
    return card(
        rx.cond(Contacts.phone != "", rx.el.div(_standing(Contacts.is_phone_verified))),
        rx.el.form(
            text_field(
                "Phone",
                "phone",
                kind="tel",
                value=Contacts.phone,
                problem=_problem("phone"),
                hint="An Indian mobile number. Friends find you by it once it is verified.",
                autocomplete="tel",
                input_mode="tel",
                max_length=20,
            ),
            quiet_button("Save"),
            on_submit=Contacts.change_phone,
            no_validate=True,
            class_name="flex flex-col gap-3",
        ),
        rx.cond(
            (Contacts.phone != "") & ~Contacts.is_phone_verified,
            _verification("phone", "Send a code to this phone"),
        ),
        title="Phone number",
    )


def _verification(contact: ContactName, invitation: str) -> rx.Component:
    return rx.cond(
        Contacts.waits_for == contact,
        rx.el.form(
            rx.el.input(type="hidden", name="contact", value=contact, read_only=True),
            code_field(
                "Code",
                "code",
                hint=f"Six digits, sent to this {contact}, good for 10 minutes.",
                problem=_problem("code"),
            ),
            submit_button("Confirm"),
            quiet_button("Send another code", on_click=Contacts.send_code(contact)),
            on_submit=Contacts.confirm,
            no_validate=True,
            class_name="flex flex-col gap-3",
        ),
        rx.fragment(
            rx.cond(
                (Contacts.problem_at == contact) & (contact == "email"),
                rx.el.p(Contacts.problem, role="alert", class_name="text-label text-bad"),
            ),
            quiet_button(invitation, on_click=Contacts.send_code(contact)),
        ),
    )


def settings() -> rx.Component:
    return wallet_page(
        columns(6, name_card(), _email(), _phone(), bank_accounts_card(BankAccounts), your_data_card()),
        columns(6, password_card(), sessions_card(), freeze_card(), close_card()),
        title="Settings",
        lead="Who you are, how we reach you, and how your wallet is kept safe.",
        active="/settings",
        on_focus=Contacts.come_back,
    )
