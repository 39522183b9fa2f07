"""What a page that moves money out knows: what is about to happen, and what became of it.

Every order has a key from the beginning, its intent, which stands in the page's address. The ledger takes it once, so
whoever presses twice, comes back, or finds our process begun anew in the middle meets the same order, never a second
one. The confirmation brings with it all that was shown, in case we have forgotten it: then it is shown again.
"""

from __future__ import annotations

import uuid
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import reflex as rx

from money.errors import (
    AmountAboveLimit,
    DayLimitAtShopsReached,
    DayLimitReached,
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
from shared_ui.guard import FormData
from shared_ui.guarded import guard
from shared_ui.people import PersonRow
from shared_ui.services import the_services
from user_app import spending_words
from user_app.spending import Order, Way, Whom, allowance, carry_out, limits_of, looked_at, what_went_out
from user_app.spending_words import LOST_TOUCH, Ended, Review, Words
from wallet.caller import Caller
from wallet.send_money import clean_note
from wallet.spending import look_ahead

_GOOD_FOR = timedelta(minutes=10)
_FIELDS: dict[type[Refusal], str] = {
    NotAnAmount: "amount",
    AmountAboveLimit: "amount",
    DayLimitReached: "amount",
    DayLimitAtShopsReached: "amount",
    NotEnoughMoney: "amount",
    NoteRefused: "note",
}


class AmountForm(FormData):
    amount: str
    note: str


class Confirmation(FormData):
    """What was shown, as the page brings it back; it is the visitor's own claim, like everything else."""

    look: str
    intent: str
    amount: str
    note: str


class Spending(rx.State, mixin=True):
    """Each way of spending has a State of its own with it, and says what is its own below."""

    to: PersonRow = PersonRow()
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
    _payee: Whom | None = None
    _intent: uuid.UUID | None = None
    _order: Order | None = None
    _looked_at: datetime = datetime.min.replace(tzinfo=UTC)
    _has: Allowance = Allowance(0, 0, is_frozen=False)
    _is_new: bool = True

    def _way(self) -> Way:
        raise NotImplementedError

    def _speech(self) -> Words:
        raise NotImplementedError

    def _show_payee(self) -> None:
        """Whatever the page shows of `_payee`, on an empty form."""
        raise NotImplementedError

    def _address(self) -> str:
        """The page of the payee under the intent."""
        raise NotImplementedError

    def _begin(self, payee: Whom | None, intent: uuid.UUID | None) -> None:
        """An empty form for this payee under this intent."""
        self._payee, self._intent, self._order = payee, intent, None
        self.notice, self.words, self.outcome, self.is_reviewed = "", "", "", False
        self.problem_at, self.problem = "", ""
        self._show_payee()

    async def _repaint(self, caller: Caller) -> None:
        the = the_services()
        self._has = await allowance(the, caller, self._way())
        self.limit = spending_words.limit_line(self._has, limits_of(the))
        self.frozen = spending_words.FROZEN if self._has.is_frozen else ""
        if self.outcome == "waiting":
            await self._find_out(caller)

    def _refuse(self, at: str, refusal: Refusal) -> None:
        self.problem_at = at
        self.problem = spending_words.problem_line(refusal, self._has, limits_of(the_services()))

    def _still_stands(self, payee_id: uuid.UUID, intent: uuid.UUID | None) -> bool:
        """Come back to, or connected again: all of it is as it was."""
        return bool(intent and intent == self._intent and self._payee and self._payee.id == payee_id)

    async def _recognize(self, caller: Caller, intent: uuid.UUID, *, is_new: bool) -> None:
        """An address with an intent: what became of it, if anything did; `is_new` where we remember nothing."""
        if before := await what_went_out(the_services(), caller, self._way(), intent):
            self._end("done", spending_words.done(self._speech(), before))
        elif is_new:
            self.notice = self._speech().not_done_yet

    def _end(self, outcome: str, ended: Ended) -> None:
        self.outcome, self.ended, self.is_reviewed = outcome, ended, False

    async def _look(self, caller: Caller, order: Order) -> None:
        has, alike = await looked_at(the_services(), caller, self._way(), order)
        self._order, self._has, self._looked_at = order, has, datetime.now(UTC)
        self.review = spending_words.review_of(self._speech(), order, has, alike)
        self.is_reviewed, self.notice, self.problem_at = True, "", ""

    async def _carry_out(self, caller: Caller, order: Order) -> None:
        the, way, speech = the_services(), self._way(), self._speech()
        try:
            await the.throttle.money(str(caller.owner_id))
            self._end("done", spending_words.done(speech, await carry_out(the, caller, way, order)))
        except TooManyTries as refusal:
            self._refuse("confirm", refusal)
        except KeyUsedForAnother:
            before = await what_went_out(the, caller, way, order.intent)
            assert before is not None, "it stands in the way"
            self._end("done", spending_words.done(speech, before, reason=speech.done_before))
        except Refusal as refusal:
            self._end("refused", spending_words.refused(speech, order, refusal))
        except Unavailable:
            # It may stand in the ledger all the same: what we were told is nothing.
            self._end("waiting", spending_words.unknown(speech, order))

    async def _find_out(self, caller: Caller) -> None:
        order = self._order
        if order is None:
            return
        if found := await what_went_out(the_services(), caller, self._way(), order.intent):
            self._end("done", spending_words.done(self._speech(), found))
        else:
            self.outcome, self.is_reviewed = "", True
            self.problem_at, self.problem = "confirm", LOST_TOUCH

    async def _recall(self, caller: Caller, claimed: Confirmation, payee: Whom | None) -> None:
        """A confirmation of what we do not remember to have shown: show it, and have it confirmed again."""
        intent = id_in(claimed.intent)
        if payee is None or intent is None:
            raise self._way().nobody
        if before := await what_went_out(the_services(), caller, self._way(), intent):
            self._begin(payee, intent)
            self._end("done", spending_words.done(self._speech(), before))
            return
        order = Order(intent, payee, parse_typed_rupees(claimed.amount), clean_note(claimed.note))
        self._begin(payee, intent)
        await self._look(caller, order)
        self.problem_at, self.problem = "confirm", LOST_TOUCH

    def _remembers(self, claimed: Confirmation) -> bool:
        return self._order is not None and str(self._order.intent) == claimed.intent

    async def _confirm(self, caller: Caller, claimed: Confirmation) -> None:
        """Of what we remember to have shown."""
        order = self._order
        if order is None or self.outcome or not self.is_reviewed or claimed.look != self.review.look:
            return  # Pressed more than once, or before it was shown anew.
        if datetime.now(UTC) - self._looked_at > _GOOD_FOR:
            # Pressed long ago without a line, and sent by the browser now.
            await self._look(caller, order)
            self.problem_at, self.problem = "confirm", self._speech().stood_long
        else:
            await self._carry_out(caller, order)

    @guard.signed_in
    async def typed(self, _caller: Caller, amount: str) -> None:
        self.words = ""
        # An emptied field may be heard of after its form was sent, and refused: what was said about it stands.
        if not amount.strip():
            return
        if self.problem_at == "amount":
            self.problem_at = ""
        try:
            paise = parse_typed_rupees(amount)
            with suppress(WalletFrozen):
                look_ahead(self._has, limits_of(the_services()), paise, day_limit=self._way().day_limit)
        except Refusal as refusal:
            self._refuse("amount", refusal)
        else:
            self.words = in_words(paise)

    @guard.signed_in
    async def look(self, caller: Caller, form_data: AmountForm) -> None:
        payee, intent = self._payee, self._intent
        if payee is None or intent is None or self.is_reviewed or self.outcome:
            return
        try:
            amount, note = parse_typed_rupees(form_data.amount), clean_note(form_data.note)
            await self._look(caller, Order(intent, payee, amount, note))
        except Refusal as refusal:
            self._refuse(_FIELDS.get(type(refusal), "form"), refusal)

    @guard.signed_in
    async def find_out(self, caller: Caller) -> None:
        if self.outcome == "waiting":
            await self._find_out(caller)

    @guard.signed_in
    async def change(self, _caller: Caller) -> object:
        """Back to the form; what was refused begins anew under another intent."""
        was_refused = self.outcome == "refused"
        if self._payee is None or self.outcome in {"done", "waiting"}:
            return None
        self.is_reviewed, self._order, self.outcome, self.problem_at = False, None, "", ""
        if not was_refused:
            return None
        self._intent = new_id()
        return rx.redirect(self._address(), replace=True)


def id_in(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text)
    except ValueError:
        return None
