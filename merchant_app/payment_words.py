"""What the page of a payment says: how it stands, step by step, what a refund is about to do, and what became of it."""

from __future__ import annotations

from dataclasses import dataclass

from money.errors import (
    AboveWhatIsLeft,
    PayerGone,
    Refusal,
    ShopHasTooLittle,
    TooManyTries,
)
from money.rupees import Paise, format_rupees
from money.times import ist
from money.words import in_words
from shared_db.ids import new_id
from shared_db.shop_payments import GivenBack, ShopPayment
from shared_ui.history import TimelineStep
from shared_ui.history_words import time_of

NOTHING_LEFT = "Nothing left your shop's balance."
REFUNDED_BEFORE = "This was refunded already, and was not refunded again."
LOST_TOUCH = "We were away for a moment. Nothing was given back; please look once more and confirm."
STOOD_LONG = "This has stood here for a while, so nothing was given back. Please look once more and confirm."
_ADVICE: dict[type[Refusal], str] = {
    ShopHasTooLittle: "Refund less, or refund it once more has come in.",
    AboveWhatIsLeft: "Refund what is left, or less.",
    TooManyTries: "You can confirm it again in a minute.",
}


@dataclass(frozen=True)
class Order:
    """A refund that is about to be confirmed, of a payment of which `before_paise` had been given back."""

    payment: ShopPayment
    before_paise: int
    amount_paise: Paise
    reason: str


@dataclass(frozen=True)
class Review:
    """What is about to happen, as it is read; and what the confirmation brings back, as it is sent."""

    amount: str = ""
    words: str = ""
    to_whom: str = ""
    reason: str = ""
    left_after: str = ""
    balance_after: str = ""
    confirm: str = ""
    look: str = ""
    """Another one each time it is shown."""
    before: str = ""
    plain_amount: str = ""


@dataclass(frozen=True)
class Ended:
    """What became of it, as it is read."""

    title: str = ""
    amount: str = ""
    who: str = ""
    when: str = ""
    reference: str = ""
    reason: str = ""
    note: str = ""
    advice: str = ""


def standing_of(payment: ShopPayment) -> str:
    if not payment.refunded_paise:
        return "Paid"
    return "Partly refunded" if payment.left_paise else "Refunded"


def steps_of(payment: ShopPayment, refunds: list[GivenBack]) -> list[TimelineStep]:
    """All that has happened to it, the oldest first."""
    paid = TimelineStep(f"{payment.payer} paid {format_rupees(payment.paid_paise)}", ist(payment.at), "done")
    given = [
        TimelineStep(f"You refunded {format_rupees(one.amount_paise)}", ist(one.at), "done", one.reason)
        for one in refunds
    ]
    return [paid, *given]


def limit_line(payment: ShopPayment) -> str:
    """`Up to ₹80.00 is left of this payment. Your shop has ₹4,500.00.`"""
    return (
        f"Up to {format_rupees(payment.left_paise)} is left of this payment. "
        f"Your shop has {format_rupees(payment.available_paise)}."
    )


def problem_line(refusal: Refusal, needs: Paise | None = None) -> str:
    """The sentence, with the sums that explain it."""
    match refusal:
        case AboveWhatIsLeft():
            return f"{refusal.sentence} At most {format_rupees(refusal.left_paise)}."
        case ShopHasTooLittle() if needs:
            has = format_rupees(refusal.available_paise)
            return f"Your shop has {has} available; this refund needs {format_rupees(needs)}."
        case _:
            return refusal.sentence


def review_of(order: Order) -> Review:
    amount = format_rupees(order.amount_paise)
    return Review(
        amount=amount,
        words=in_words(order.amount_paise),
        to_whom=f"Back to {order.payment.payer}",
        reason=order.reason,
        left_after=format_rupees(order.payment.left_paise - order.amount_paise),
        balance_after=format_rupees(order.payment.available_paise - order.amount_paise),
        confirm=f"Confirm, {amount} back to {order.payment.payer}",
        look=str(new_id()),
        before=str(order.before_paise),
        plain_amount=amount.removeprefix("₹"),
    )


def refunded(payment: ShopPayment, one: GivenBack, *, note: str = "") -> Ended:
    return Ended(
        title="Refunded",
        amount=format_rupees(one.amount_paise),
        who=f"To {payment.payer}",
        when=time_of(one.at),
        reference=str(one.id),
        reason=one.reason,
        note=note,
    )


def refused(order: Order, refusal: Refusal) -> Ended:
    return Ended(
        title="It was not refunded",
        amount=format_rupees(order.amount_paise),
        who=f"To {order.payment.payer}",
        reason=problem_line(refusal, order.amount_paise),
        advice=_ADVICE.get(type(refusal), ""),
    )


def unknown(order: Order) -> Ended:
    return Ended(
        title="We do not know yet whether it was refunded",
        amount=format_rupees(order.amount_paise),
        who=f"To {order.payment.payer}",
    )


def gone_line(payment: ShopPayment) -> str:
    """Why nothing can be given back, where that is so."""
    return PayerGone().sentence if payment.payer_is_gone else ""
