"""What a shop's page knows: which shop, who looks at it, and what every way of spending knows (spending_state.py).

Anybody may look; only whoever is signed in pays.
"""

from __future__ import annotations

from contextlib import suppress

import reflex as rx

from money.errors import ShopNotFound, SignedOut
from money.words import in_words
from shared_db.ids import new_id
from shared_db.merchants import Shop
from shared_ui.guarded import guard
from shared_ui.people import PersonRow
from shared_ui.services import the_door, the_services
from user_app import pay_words
from user_app.pay_words import PAYING_WORDS, page_of_shop, shop_row_of
from user_app.paying import PAYING
from user_app.spending import Way
from user_app.spending_state import Confirmation, Spending, id_in
from user_app.spending_words import Words
from user_app.wallet_state import show, show_first
from wallet.caller import Caller
from wallet.pay_merchant import shop_with


class ConfirmForm(Confirmation):
    handle: str


class Paying(Spending, rx.State):
    who: str = ""
    """person, stranger; nowhere: there is no such shop; empty: not read yet."""
    handle: str = ""
    log_in: str = ""
    """Where a stranger goes, to come back here."""
    suggestion: str = ""
    amount: str = ""
    """What stands in the field at first."""
    form: str = ""
    """Another one for each payment: what was typed for one is nothing to the next."""

    def _way(self) -> Way[Shop]:
        return PAYING

    def _speech(self) -> Words[Shop]:
        return PAYING_WORDS

    def _show_payee(self) -> None:
        shop = self._payee if isinstance(self._payee, Shop) else None
        self.to = shop_row_of(shop) if shop else PersonRow()
        self.handle, self.form = shop.handle if shop else "", str(self._intent or "")
        self.suggestion, self.amount = "", ""

    def _address(self) -> str:
        return page_of_shop(self.handle, intent=self._intent)

    def _suggest(self, text: str) -> None:
        suggested = pay_words.suggested_by(text)
        self.suggestion = pay_words.suggestion_line(suggested)
        self.amount = pay_words.plain(suggested) if suggested else ""
        self.words = in_words(suggested) if suggested else ""

    async def _look_for_shop(self) -> Shop | None:
        try:
            handle = self.router.url.path.rstrip("/").rpartition("/")[2]
            return await shop_with(the_services().database, handle)
        except ShopNotFound:
            return None

    async def _arrive(self, caller: Caller, shop: Shop) -> object:
        """Show what the page's address says: which shop, under which intent, and what it suggests."""
        asked = self.router.url.query_parameters
        intent, amount = id_in(asked.get("intent", "")), asked.get("amount", "")
        is_new, self._is_new = self._is_new, False
        if self._still_stands(shop.id, intent):
            return None
        self._begin(shop, intent or new_id())
        self._suggest(amount)
        if intent is None:
            # Under this address it is the same form, with whatever was typed into it meanwhile.
            return rx.redirect(page_of_shop(shop.handle, amount=amount, intent=self._intent), replace=True)
        await self._recognize(caller, intent, is_new=is_new)
        return None

    def _welcome_stranger(self, shop: Shop) -> None:
        amount = self.router.url.query_parameters.get("amount", "")
        self._begin(shop, None)
        self._suggest(amount)
        self.log_in = pay_words.log_in_and_come_back(shop.handle, self.amount.replace(",", ""))
        self.who = "stranger"

    @guard.anybody
    async def open(self) -> object:
        shop = await self._look_for_shop()
        if shop is None:
            self._begin(None, None)
            self.who = "nowhere"
            return None
        try:
            caller = await the_door().caller(self.router.headers.cookie)
        except SignedOut:
            self._welcome_stranger(shop)
            return None
        elsewhere = await self._arrive(caller, shop)
        await show_first(self, caller, Paying)
        self.who = "person"
        return elsewhere

    @guard.anybody
    async def come_back(self) -> None:
        with suppress(SignedOut):
            if self.who == "person":
                await show(self, await the_door().caller(self.router.headers.cookie), Paying)

    @guard.signed_in
    async def confirm(self, caller: Caller, form_data: ConfirmForm) -> None:
        if self._remembers(form_data):
            await self._confirm(caller, form_data)
            return
        await self._recall(caller, form_data, await shop_with(the_services().database, form_data.handle))
