"""What a shop's page knows: which shop, who looks at it, what is about to be paid, and what became of it.

Anybody may look; only whoever is signed in pays. Like a transfer (send_state.py), a payment has a key from the
beginning, its intent, which stands in the page's address: pressed twice, come back to, or confirmed after our process
has begun anew, it is one payment.
"""

from __future__ import annotations

import uuid
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import reflex as rx

from money.errors import (
    AmountAboveLimit,
    DayLimitAtShopsReached,
    KeyUsedForAnother,
    NotAnAmount,
    NotEnoughMoney,
    NoteRefused,
    Refusal,
    ShopNotFound,
    SignedOut,
    TooManyTries,
    WalletFrozen,
)
from money.rupees import parse_typed_rupees
from money.words import in_words
from runtime.batcher import Unavailable
from shared_db.allowances import Allowance
from shared_db.ids import new_id
from shared_db.merchants import Shop
from shared_ui.guarded import guard
from shared_ui.people import PersonRow
from shared_ui.services import the_door, the_services
from user_app import pay_words, send_words
from user_app.pay_forms import ConfirmForm, PayForm
from user_app.pay_words import page_of_shop, shop_row_of
from user_app.paying import Order, allowance, carry_out, looked_at, what_was_paid
from user_app.send_words import Ended, Review
from user_app.sending_money import limits_of
from user_app.wallet_state import show, show_first
from wallet.caller import Caller
from wallet.pay_merchant import look_ahead, shop_with
from wallet.send_money import clean_note

_GOOD_FOR = timedelta(minutes=10)
_FIELDS: dict[type[Refusal], str] = {
    NotAnAmount: "amount",
    AmountAboveLimit: "amount",
    DayLimitAtShopsReached: "amount",
    NotEnoughMoney: "amount",
    NoteRefused: "note",
}


class Paying(rx.State):
    who: str = ""
    """person, stranger; nowhere: there is no such shop; empty: not read yet."""
    shop: PersonRow = PersonRow()
    handle: str = ""
    log_in: str = ""
    """Where a stranger goes, to come back here."""
    suggestion: str = ""
    amount: str = ""
    """What stands in the field at first."""
    form: str = ""
    """Another one for each payment: what was typed for one is nothing to the next."""
    notice: str = ""
    frozen: str = ""
    limit: str = ""
    words: str = ""
    problem_at: str = ""
    """The field that is wrong; `form` where it is none of them, `confirm` where it came with the confirmation."""
    problem: str = ""
    is_reviewed: bool = False
    review: Review = Review()
    outcome: str = ""
    """done, waiting, refused; empty: not confirmed."""
    ended: Ended = Ended()
    _shop: Shop | None = None
    _intent: uuid.UUID | None = None
    _order: Order | None = None
    _looked_at: datetime = datetime.min.replace(tzinfo=UTC)
    _has: Allowance = Allowance(0, 0, is_frozen=False)
    _is_new: bool = True

    async def _repaint(self, caller: Caller) -> None:
        the = the_services()
        self._has = await allowance(the, caller)
        self.limit = send_words.limit_line(self._has, limits_of(the))
        self.frozen = pay_words.FROZEN if self._has.is_frozen else ""
        if self.outcome == "waiting":
            await self._find_out(caller)

    def _begin(self, shop: Shop | None, intent: uuid.UUID | None) -> None:
        self._shop, self._intent, self._order = shop, intent, None
        self.shop = shop_row_of(shop) if shop else PersonRow()
        self.handle, self.form = shop.handle if shop else "", str(intent or "")
        self.notice, self.words, self.outcome, self.is_reviewed = "", "", "", False
        self.problem_at, self.problem, self.suggestion, self.amount = "", "", "", ""

    def _suggest(self, text: str) -> None:
        suggested = pay_words.suggested_by(text)
        self.suggestion = pay_words.suggestion_line(suggested)
        self.amount = pay_words.plain(suggested) if suggested else ""
        self.words = in_words(suggested) if suggested else ""

    def _refuse(self, at: str, refusal: Refusal) -> None:
        self.problem_at = at
        self.problem = send_words.problem_line(refusal, self._has, limits_of(the_services()))

    async def _look_for_shop(self) -> Shop | None:
        try:
            handle = self.router.url.path.rstrip("/").rpartition("/")[2]
            return await shop_with(the_services().database, handle)
        except ShopNotFound:
            return None

    async def _arrive(self, caller: Caller, shop: Shop) -> object:
        """Show what the page's address says: which shop, under which intent, and what it suggests."""
        asked = self.router.url.query_parameters
        intent, amount = _id(asked.get("intent", "")), asked.get("amount", "")
        is_new, self._is_new = self._is_new, False
        if intent and intent == self._intent and self._shop and self._shop.id == shop.id:
            return None  # Come back, or connected again: all of it still stands.
        self._begin(shop, intent or new_id())
        self._suggest(amount)
        if intent is None:
            # Under this address it is the same form, with whatever was typed into it meanwhile.
            return rx.redirect(page_of_shop(shop.handle, amount=amount, intent=self._intent), replace=True)
        if before := await what_was_paid(the_services(), caller, intent):
            self._end("done", pay_words.paid(before))
        elif is_new:
            self.notice = pay_words.NOT_PAID_YET
        return None

    def _welcome_stranger(self, shop: Shop) -> None:
        amount = self.router.url.query_parameters.get("amount", "")
        self._begin(shop, None)
        self._suggest(amount)
        self.log_in = pay_words.log_in_and_come_back(shop.handle, self.amount.replace(",", ""))
        self.who = "stranger"

    def _end(self, outcome: str, ended: Ended) -> None:
        self.outcome, self.ended, self.is_reviewed = outcome, ended, False

    async def _look(self, caller: Caller, order: Order) -> None:
        has, alike = await looked_at(the_services(), caller, order)
        self._order, self._has, self._looked_at = order, has, datetime.now(UTC)
        self.review = pay_words.review_of(order, has, alike)
        self.is_reviewed, self.notice, self.problem_at = True, "", ""

    async def _carry_out(self, caller: Caller, order: Order) -> None:
        the = the_services()
        try:
            await the.throttle.money(str(caller.owner_id))
            self._end("done", pay_words.paid(await carry_out(the, caller, order)))
        except TooManyTries as refusal:
            self._refuse("confirm", refusal)
        except KeyUsedForAnother:
            before = await what_was_paid(the, caller, order.intent)
            assert before is not None, "it stands in the way"
            self._end("done", pay_words.paid(before, reason=pay_words.PAID_BEFORE))
        except Refusal as refusal:
            self._end("refused", pay_words.refused(order, refusal))
        except Unavailable:
            # It may stand in the ledger all the same: what we were told is nothing.
            self._end("waiting", pay_words.unknown(order))

    async def _find_out(self, caller: Caller) -> None:
        order = self._order
        if order is None:
            return
        if found := await what_was_paid(the_services(), caller, order.intent):
            self._end("done", pay_words.paid(found))
        else:
            self.outcome, self.is_reviewed = "", True
            self.problem_at, self.problem = "confirm", pay_words.LOST_TOUCH

    async def _recall(self, caller: Caller, form: ConfirmForm) -> None:
        """A confirmation of what we do not remember to have shown: show it, and have it confirmed again."""
        shop, intent = await shop_with(the_services().database, form.handle), _id(form.intent)
        if intent is None:
            raise ShopNotFound
        if before := await what_was_paid(the_services(), caller, intent):
            self._begin(shop, intent)
            self._end("done", pay_words.paid(before))
            return
        order = Order(intent, shop, parse_typed_rupees(form.amount), clean_note(form.note))
        self._begin(shop, intent)
        await self._look(caller, order)
        self.problem_at, self.problem = "confirm", pay_words.LOST_TOUCH

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
    async def typed(self, _caller: Caller, amount: str) -> None:
        self.words = ""
        if self.problem_at == "amount":
            self.problem_at = ""
        if not amount.strip():
            return
        try:
            paise = parse_typed_rupees(amount)
            with suppress(WalletFrozen):
                look_ahead(self._has, limits_of(the_services()), paise)
        except Refusal as refusal:
            self._refuse("amount", refusal)
        else:
            self.words = in_words(paise)

    @guard.signed_in
    async def look(self, caller: Caller, form_data: PayForm) -> None:
        shop, intent = self._shop, self._intent
        if shop is None or intent is None or self.is_reviewed or self.outcome:
            return
        try:
            amount, note = parse_typed_rupees(form_data.amount), clean_note(form_data.note)
            await self._look(caller, Order(intent, shop, amount, note))
        except Refusal as refusal:
            self._refuse(_FIELDS.get(type(refusal), "form"), refusal)

    @guard.signed_in
    async def confirm(self, caller: Caller, form_data: ConfirmForm) -> None:
        order = self._order
        if order is None or str(order.intent) != form_data.intent:
            await self._recall(caller, form_data)
        elif self.outcome or not self.is_reviewed or form_data.look != self.review.look:
            return  # Pressed more than once, or before it was shown anew.
        elif datetime.now(UTC) - self._looked_at > _GOOD_FOR:
            # Pressed long ago without a line, and sent by the browser now.
            await self._look(caller, order)
            self.problem_at, self.problem = "confirm", pay_words.STOOD_LONG
        else:
            await self._carry_out(caller, order)

    @guard.signed_in
    async def find_out(self, caller: Caller) -> None:
        if self.outcome == "waiting":
            await self._find_out(caller)

    @guard.signed_in
    async def change(self, _caller: Caller) -> object:
        """Back to the form; what was refused begins anew under another intent."""
        was_refused, shop = self.outcome == "refused", self._shop
        if shop is None or self.outcome in {"done", "waiting"}:
            return None
        self.is_reviewed, self._order, self.outcome, self.problem_at = False, None, "", ""
        if not was_refused:
            return None
        self._intent = new_id()
        return rx.redirect(page_of_shop(shop.handle, intent=self._intent), replace=True)


def _id(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text)
    except ValueError:
        return None
