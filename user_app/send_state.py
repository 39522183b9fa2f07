"""What the page for sending money knows: to whom, what is about to happen, and what became of it.

Every transfer has a key from the beginning, its intent, which stands in the page's address. The ledger takes it once,
so whoever presses twice, comes back, or finds our process begun anew in the middle meets the same transfer, never a
second one. The confirmation brings with it all that was shown, in case we have forgotten it: then it is shown again.
"""

from __future__ import annotations

import uuid
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import reflex as rx

from money.errors import (
    AmountAboveLimit,
    DayLimitReached,
    InvalidAccount,
    KeyUsedForAnother,
    NotAnAmount,
    NotEnoughMoney,
    NoteRefused,
    Refusal,
    TooManyTries,
    WalletFrozen,
)
from money.rupees import parse_typed_rupees
from money.words import in_words
from runtime.batcher import Unavailable
from shared_db.allowances import Allowance
from shared_db.ids import new_id
from shared_db.recipients import Recipient
from shared_ui.guard import FormData
from shared_ui.guarded import guard
from shared_ui.people import PersonRow
from shared_ui.said import is_back
from shared_ui.services import the_services
from user_app import send_words
from user_app.find_state import Finding
from user_app.people_words import address_of, person_row_of
from user_app.send_words import Ended, Review
from user_app.sending_money import (
    Order,
    allowance,
    carry_out,
    limits_of,
    looked_at,
    what_was_sent,
    who_is,
)
from user_app.wallet_state import show, show_first
from wallet.caller import Caller
from wallet.send_money import clean_note, look_ahead

_GOOD_FOR = timedelta(minutes=10)
_FIELDS: dict[type[Refusal], str] = {
    NotAnAmount: "amount",
    AmountAboveLimit: "amount",
    DayLimitReached: "amount",
    NotEnoughMoney: "amount",
    NoteRefused: "note",
}


class SendForm(FormData):
    amount: str
    note: str


class ConfirmForm(FormData):
    """What was shown, as the page brings it back; it is the visitor's own claim, like everything else."""

    look: str
    intent: str
    to: str
    amount: str
    note: str


class Sending(rx.State):
    to: PersonRow = PersonRow()
    """Nobody yet: the people are shown."""
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
    _person: Recipient | None = None
    _intent: uuid.UUID | None = None
    _order: Order | None = None
    _looked_at: datetime = datetime.min.replace(tzinfo=UTC)
    _has: Allowance = Allowance(0, 0, is_frozen=False)
    _is_new: bool = True

    async def _repaint(self, caller: Caller) -> None:
        the = the_services()
        self._has = await allowance(the, caller)
        self.limit = send_words.limit_line(self._has, limits_of(the))
        self.frozen = send_words.FROZEN if self._has.is_frozen else ""
        if self.outcome == "waiting":
            await self._find_out(caller)

    def _begin(self, person: Recipient | None, intent: uuid.UUID | None) -> None:
        self._person, self._intent, self._order = person, intent, None
        self.to = person_row_of(person) if person else PersonRow()
        self.notice, self.words, self.outcome, self.is_reviewed = "", "", "", False
        self.problem_at, self.problem = "", ""

    def _refuse(self, at: str, refusal: Refusal) -> None:
        self.problem_at = at
        self.problem = send_words.problem_line(refusal, self._has, limits_of(the_services()))

    async def _arrive(self, caller: Caller) -> object:
        """Show what the page's address says: to whom, under which intent."""
        asked = self.router.url.query_parameters
        to, intent = _id(asked.get("to", "")), _id(asked.get("intent", ""))
        is_new, self._is_new = self._is_new, False
        if to and intent and intent == self._intent and self._person and self._person.id == to:
            return None  # Come back, or connected again: all of it still stands.
        person = await who_is(the_services(), caller, to) if to else None
        self._begin(person, intent)
        if person is None:
            self.notice = InvalidAccount().sentence if "to" in asked else ""
        elif intent is None:
            # Known here before it stands in the address: whoever is quick has something to press.
            self._intent = new_id()
            return rx.redirect(address_of(person.id, self._intent), replace=True)
        elif before := await what_was_sent(the_services(), caller, intent):
            self._end("done", send_words.sent(before))
        elif is_new:
            self.notice = send_words.NOT_SENT_YET
        return None

    def _end(self, outcome: str, ended: Ended) -> None:
        self.outcome, self.ended, self.is_reviewed = outcome, ended, False

    async def _look(self, caller: Caller, order: Order) -> None:
        has, alike = await looked_at(the_services(), caller, order)
        self._order, self._has, self._looked_at = order, has, datetime.now(UTC)
        self.review = send_words.review_of(order, has, alike)
        self.is_reviewed, self.notice, self.problem_at = True, "", ""

    async def _carry_out(self, caller: Caller, order: Order) -> None:
        the = the_services()
        try:
            await the.throttle.money(str(caller.owner_id))
            self._end("done", send_words.sent(await carry_out(the, caller, order)))
        except TooManyTries as refusal:
            self._refuse("confirm", refusal)
        except KeyUsedForAnother:
            before = await what_was_sent(the, caller, order.intent)
            assert before is not None, "it stands in the way"
            self._end("done", send_words.sent(before, reason=send_words.SENT_BEFORE))
        except Refusal as refusal:
            self._end("refused", send_words.refused(order, refusal))
        except Unavailable:
            # It may stand in the ledger all the same: what we were told is nothing.
            self._end("waiting", send_words.unknown(order))

    async def _find_out(self, caller: Caller) -> None:
        order = self._order
        if order is None:
            return
        if found := await what_was_sent(the_services(), caller, order.intent):
            self._end("done", send_words.sent(found))
        else:
            self.outcome, self.is_reviewed = "", True
            self.problem_at, self.problem = "confirm", send_words.LOST_TOUCH

    async def _recall(self, caller: Caller, form: ConfirmForm) -> None:
        """A confirmation of what we do not remember to have shown: show it, and have it confirmed again."""
        to, intent = _id(form.to), _id(form.intent)
        person = await who_is(the_services(), caller, to) if to else None
        if person is None or intent is None:
            raise InvalidAccount
        if before := await what_was_sent(the_services(), caller, intent):
            self._begin(person, intent)
            self._end("done", send_words.sent(before))
            return
        order = Order(intent, person, parse_typed_rupees(form.amount), clean_note(form.note))
        self._begin(person, intent)
        await self._look(caller, order)
        self.problem_at, self.problem = "confirm", send_words.LOST_TOUCH

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
    async def look(self, caller: Caller, form_data: SendForm) -> None:
        person, intent = self._person, self._intent
        if person is None or intent is None or self.is_reviewed or self.outcome:
            return
        try:
            amount, note = parse_typed_rupees(form_data.amount), clean_note(form_data.note)
            await self._look(caller, Order(intent, person, amount, note))
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
            self.problem_at, self.problem = "confirm", send_words.STOOD_LONG
        else:
            await self._carry_out(caller, order)

    @guard.signed_in
    async def find_out(self, caller: Caller) -> None:
        if self.outcome == "waiting":
            await self._find_out(caller)

    @guard.signed_in
    async def change(self, _caller: Caller) -> object:
        """Back to the form; what was refused begins anew under another intent."""
        was_refused, person = self.outcome == "refused", self._person
        if person is None or self.outcome in {"done", "waiting"}:
            return None
        self.is_reviewed, self._order, self.outcome, self.problem_at = False, None, "", ""
        if not was_refused:
            return None
        self._intent = new_id()
        return rx.redirect(address_of(person.id, self._intent), replace=True)


def _id(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text)
    except ValueError:
        return None
