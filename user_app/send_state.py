"""What the page for sending money knows: to whom, and what every way of spending knows (spending_state.py)."""

from __future__ import annotations

import reflex as rx

from money.errors import InvalidAccount
from shared_db.ids import new_id
from shared_db.recipients import Recipient
from shared_ui.guarded import guard
from shared_ui.people import PersonRow
from shared_ui.said import is_back
from shared_ui.services import the_services
from user_app.find_state import Finding
from user_app.people_words import address_of, person_row_of
from user_app.send_words import SENDING_WORDS
from user_app.sending_money import SENDING, who_is
from user_app.spending import Way
from user_app.spending_state import Confirmation, Spending, id_in
from user_app.spending_words import Words
from user_app.wallet_state import show, show_first
from wallet.caller import Caller


class ConfirmForm(Confirmation):
    to: str


class Sending(Spending, rx.State):
    """`to` is nobody at first: then the people are shown."""

    def _way(self) -> Way[Recipient]:
        return SENDING

    def _speech(self) -> Words[Recipient]:
        return SENDING_WORDS

    def _show_payee(self) -> None:
        person = self._payee
        self.to = person_row_of(person) if isinstance(person, Recipient) else PersonRow()

    def _address(self) -> str:
        person, intent = self._payee, self._intent
        assert person is not None, "only what was begun has an address"
        assert intent is not None, "only what was begun has an address"
        return address_of(person.id, intent)

    async def _arrive(self, caller: Caller) -> object:
        """Show what the page's address says: to whom, under which intent."""
        asked = self.router.url.query_parameters
        to, intent = id_in(asked.get("to", "")), id_in(asked.get("intent", ""))
        is_new, self._is_new = self._is_new, False
        if to and self._still_stands(to, intent):
            return None
        person = await who_is(the_services(), caller, to) if to else None
        # Known here before it stands in the address: whoever is quick has something to press.
        self._begin(person, intent or (new_id() if person else None))
        if person is None:
            self.notice = InvalidAccount().sentence if "to" in asked else ""
        elif intent is None:
            return rx.redirect(self._address(), replace=True)
        else:
            await self._recognize(caller, intent, is_new=is_new)
        return None

    @guard.signed_in
    async def open(self, caller: Caller) -> object:
        if not await is_back(self):
            (await self.get_state(Finding))._begin()
        elsewhere = await self._arrive(caller)
        await show_first(self, caller, Sending, *([] if self.to.id else [Finding]))
        return elsewhere

    @guard.signed_in
    async def come_back(self, caller: Caller) -> None:
        await show(self, caller, Sending, *([] if self.to.id else [Finding]))

    @guard.signed_in
    async def confirm(self, caller: Caller, form_data: ConfirmForm) -> None:
        if self._remembers(form_data):
            await self._confirm(caller, form_data)
            return
        to = id_in(form_data.to)
        await self._recall(caller, form_data, await who_is(the_services(), caller, to) if to else None)
