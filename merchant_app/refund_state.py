"""What the form of a refund knows: what is left, what is about to happen, and what became of it.

A refund's key is what had been given back before it (docs/decisions/0020). It stands in the confirmation, so whoever
presses twice, has the page open twice, or finds our process begun anew in the middle meets the same refund.
"""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta

import reflex as rx

from merchant_app import payment_words
from merchant_app.payment_reading import id_in
from merchant_app.payment_words import Ended, Order, Review
from merchant_app.refunding import carry_out, own_payment, what_was_refunded
from money.errors import (
    AboveWhatIsLeft,
    NotAnAmount,
    NotFound,
    ReasonRefused,
    RefundedMeanwhile,
    Refusal,
    ShopHasTooLittle,
    TooManyTries,
)
from money.rupees import Paise, format_rupees, parse_typed_rupees
from money.words import in_words
from runtime.batcher import Unavailable
from shared_db.shop_payments import ShopPayment
from shared_ui.guard import FormData
from shared_ui.guarded import guard
from shared_ui.services import the_services
from wallet.caller import Caller
from wallet.refund_payment import clean_reason, look_ahead

_GOOD_FOR = timedelta(minutes=10)
_LONGEST_SUM = 18
_FIELDS: dict[type[Refusal], str] = {
    NotAnAmount: "amount",
    AboveWhatIsLeft: "amount",
    ShopHasTooLittle: "amount",
    ReasonRefused: "reason",
}


class RefundForm(FormData):
    amount: str
    reason: str


class ConfirmForm(FormData):
    """What was shown, as the page brings it back; it is the visitor's own claim, like everything else."""

    look: str
    before: str
    amount: str
    reason: str


class Refunding(rx.State):
    left: str = ""
    """What can still be given back; empty where there is nothing."""
    plain_left: str = ""
    limit: str = ""
    gone: str = ""
    """Why nothing can be given back at all."""
    words: str = ""
    problem_at: str = ""
    """The field that is wrong; `form` where it is none of them, `confirm` where it came with the confirmation."""
    problem: str = ""
    is_reviewed: bool = False
    review: Review = Review()
    outcome: str = ""
    """done, waiting, refused; empty: not confirmed."""
    ended: Ended = Ended()
    _payment: ShopPayment | None = None
    _order: Order | None = None
    _looked_at: datetime = datetime.min.replace(tzinfo=UTC)

    async def _repaint(self, caller: Caller) -> None:
        payment = await own_payment(caller, self._wanted())
        self._payment = payment
        left = format_rupees(payment.left_paise) if payment and payment.left_paise else ""
        self.left, self.plain_left = left, left.removeprefix("₹").replace(",", "")
        self.limit = payment_words.limit_line(payment) if payment else ""
        self.gone = payment_words.gone_line(payment) if payment else ""
        if self.outcome == "waiting":
            await self._find_out(caller)
        elif self.is_reviewed and self._order and not _still_so(self._order, payment):
            self._give_way()

    def _wanted(self) -> uuid.UUID:
        return id_in(self.router.url.path)

    def _begin(self) -> None:
        self.words, self.outcome, self.is_reviewed, self._order = "", "", False, None
        self.problem_at, self.problem = "", ""

    def _give_way(self) -> None:
        """Another refund came first: what was shown is not so any more."""
        self._begin()
        self._refuse("form", RefundedMeanwhile())

    def _refuse(self, at: str, refusal: Refusal, needs: Paise | None = None) -> None:
        self.problem_at, self.problem = at, payment_words.problem_line(refusal, needs)

    def _end(self, outcome: str, ended: Ended) -> None:
        self.outcome, self.ended, self.is_reviewed = outcome, ended, False

    def _look(self, order: Order) -> None:
        look_ahead(order.payment, order.amount_paise)
        self._order, self._looked_at = order, datetime.now(UTC)
        self.review = payment_words.review_of(order)
        self.is_reviewed, self.problem_at = True, ""

    async def _own(self, caller: Caller) -> ShopPayment:
        payment = await own_payment(caller, self._wanted())
        if payment is None:
            raise NotFound
        return payment

    async def _carry_out(self, caller: Caller, order: Order) -> None:
        try:
            await the_services().throttle.money(str(caller.owner_id))
            one, is_new = await carry_out(caller, order)
            note = "" if is_new else payment_words.REFUNDED_BEFORE
            self._end("done", payment_words.refunded(order.payment, one, note=note))
        except TooManyTries as refusal:
            self._refuse("confirm", refusal)
        except RefundedMeanwhile:
            self._give_way()
        except Refusal as refusal:
            self._end("refused", payment_words.refused(order, refusal))
        except Unavailable:
            # It may stand in the books all the same: what we were told is nothing.
            self._end("waiting", payment_words.unknown(order))

    async def _find_out(self, caller: Caller) -> None:
        order = self._order
        if order is None:
            return
        one = await what_was_refunded(caller, order.payment.id, order.before_paise)
        if one is None:
            self.outcome, self.is_reviewed = "", True
            self.problem_at, self.problem = "confirm", payment_words.LOST_TOUCH
        elif one.amount_paise == order.amount_paise:
            self._end("done", payment_words.refunded(order.payment, one))
        else:
            self._give_way()

    async def _recall(self, caller: Caller, form: ConfirmForm) -> None:
        """A confirmation of what we do not remember to have shown: show it, and have it confirmed again."""
        payment, before = await self._own(caller), _sum(form.before)
        amount, reason = parse_typed_rupees(form.amount), clean_reason(form.reason)
        self._begin()
        one = await what_was_refunded(caller, payment.id, before)
        if one and one.amount_paise == amount:
            self._end("done", payment_words.refunded(payment, one))
        elif payment.refunded_paise != before:
            self._give_way()
        else:
            self._look(Order(payment, before, amount, reason))
            self.problem_at, self.problem = "confirm", payment_words.LOST_TOUCH

    @guard.signed_in
    async def typed(self, _caller: Caller, amount: str) -> None:
        self.words = ""
        # An emptied field may be heard of after its form was sent, and refused: what was said about it stands.
        if not amount.strip() or self._payment is None:
            return
        if self.problem_at == "amount":
            self.problem_at = ""
        paise = None
        try:
            paise = parse_typed_rupees(amount)
            look_ahead(self._payment, paise)
            self.words = in_words(paise)
        except Refusal as refusal:
            self._refuse("amount", refusal, paise)

    @guard.signed_in
    async def look(self, caller: Caller, form_data: RefundForm) -> None:
        if self.is_reviewed or self.outcome:
            return
        paise = None
        try:
            payment, paise = await self._own(caller), parse_typed_rupees(form_data.amount)
            look_ahead(payment, paise)  # What is wrong with the first field is said first.
            self._look(Order(payment, payment.refunded_paise, paise, clean_reason(form_data.reason)))
        except Refusal as refusal:
            self._refuse(_FIELDS.get(type(refusal), "form"), refusal, paise)

    @guard.signed_in
    async def confirm(self, caller: Caller, form_data: ConfirmForm) -> None:
        order = self._order
        if order is None or order.payment.id != self._wanted():
            await self._recall(caller, form_data)
        elif self.outcome or not self.is_reviewed or form_data.look != self.review.look:
            return  # Pressed more than once, or before it was shown anew.
        elif datetime.now(UTC) - self._looked_at > _GOOD_FOR:
            # Pressed long ago without a line, and sent by the browser now.
            self._look(order)
            self.problem_at, self.problem = "confirm", payment_words.STOOD_LONG
        else:
            await self._carry_out(caller, order)
        await self._repaint(caller)

    @guard.signed_in
    async def find_out(self, caller: Caller) -> None:
        await self._repaint(caller)

    @guard.signed_in
    async def change(self, caller: Caller) -> None:
        """Back to the form; after a refund it is a new one, on what is left now."""
        if self.outcome != "waiting":
            self._begin()
            await self._repaint(caller)


def _still_so(order: Order, payment: ShopPayment | None) -> bool:
    return (
        payment is not None
        and payment.id == order.payment.id
        and payment.refunded_paise == order.before_paise
    )


def _sum(text: str) -> int:
    """What had been given back, as the page brings it back in paise. Raises NotFound for what is none."""
    if not (text.isascii() and text.isdecimal() and len(text) <= _LONGEST_SUM):
        raise NotFound
    return int(text)
