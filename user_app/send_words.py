"""What the page for sending money says: the limits in advance, what is about to happen, and what became of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from money.errors import (
    AmountAboveLimit,
    DayLimitAtShopsReached,
    DayLimitReached,
    InvalidAccount,
    NotEnoughMoney,
    Refusal,
    TooManyTries,
    WalletFrozen,
)
from money.rupees import format_rupees
from money.times import ist_minute
from money.words import in_words
from shared_db.allowances import Allowance
from shared_db.history_rows import Happened
from shared_db.ids import new_id
from shared_ui.history_words import time_of
from user_app.history_words import who_of
from user_app.masked_contacts import masked_email
from user_app.sending_money import Order
from wallet.send_money import Limits

FROZEN = WalletFrozen().sentence
SENT_BEFORE = "This was sent already, and was not sent again."
NOT_SENT_YET = "Nothing has been sent here yet. If you had confirmed it, do so once more: it goes out once."
LOST_TOUCH = "We were away for a moment. Nothing has left your wallet; please look once more and confirm."
STOOD_LONG = "This has stood here for a while, so it was not sent. Please look once more and confirm."
_ADVICE: dict[type[Refusal], str] = {
    NotEnoughMoney: "Add money to your wallet, or send less.",
    AmountAboveLimit: "Send less.",
    InvalidAccount: "Their wallet may have been closed. Choose somebody else.",
    TooManyTries: "You can confirm it again in a minute.",
}


@dataclass(frozen=True)
class Review:
    """What is about to happen, as it is read; and what the confirmation brings back, as it is sent."""

    amount: str = ""
    words: str = ""
    note: str = ""
    balance_after: str = ""
    confirm: str = ""
    again: str = ""
    """That the same was done a short while ago."""
    look: str = ""
    """Another one each time it is shown."""
    intent: str = ""
    plain_amount: str = ""


@dataclass(frozen=True)
class Ended:
    """What became of it, as it is read."""

    title: str = ""
    amount: str = ""
    who: str = ""
    when: str = ""
    reference: str = ""
    note: str = ""
    receipt: str = ""
    reason: str = ""
    advice: str = ""


def limit_line(has: Allowance, limits: Limits) -> str:
    """`Up to ₹1,00,000.00 at once, and ₹1,55,000.00 more today. You have ₹4,500.00.`"""
    left_today = max(0, limits.day_paise - has.sent_today_paise)
    return (
        f"Up to {format_rupees(limits.once_paise)} at once, and {format_rupees(left_today)} more today. "
        f"You have {format_rupees(has.balance_paise)}."
    )


def problem_line(refusal: Refusal, has: Allowance, limits: Limits) -> str:
    """The sentence, and how much would do."""
    match refusal:
        case AmountAboveLimit():
            return f"{refusal.sentence} At most {format_rupees(limits.once_paise)}."
        case DayLimitReached() | DayLimitAtShopsReached():
            left_today = max(0, limits.day_paise - has.sent_today_paise)
            return f"{refusal.sentence} At most {format_rupees(left_today)} more today."
        case NotEnoughMoney():
            return f"{refusal.sentence} You have {format_rupees(has.balance_paise)}."
        case _:
            return refusal.sentence


def review_of(order: Order, has: Allowance, alike: datetime | None) -> Review:
    amount = format_rupees(order.amount_paise)
    return Review(
        amount=amount,
        words=in_words(order.amount_paise),
        note=order.note or "",
        balance_after=format_rupees(has.balance_paise - order.amount_paise),
        confirm=f"Confirm, {amount} to {order.to.name}",
        again=f"You sent {order.to.name} {amount} at {ist_minute(alike)} already. This would send it again."
        if alike
        else "",
        look=str(new_id()),
        intent=str(order.intent),
        plain_amount=amount.removeprefix("₹"),
    )


def sent(one: Happened, *, reason: str = "") -> Ended:
    return Ended(
        title="Sent",
        amount=format_rupees(-one.amount_paise),
        who=f"To {who_of(one)}",
        when=time_of(one.at),
        reference=str(one.id),
        note=one.note or "",
        receipt=f"/transactions/{one.id}",
        reason=reason,
    )


def refused(order: Order, refusal: Refusal) -> Ended:
    return Ended(
        title="It was not sent",
        amount=format_rupees(order.amount_paise),
        who=f"To {order.to.name}, {masked_email(order.to.email)}",
        reason=refusal.sentence,
        advice=_ADVICE.get(type(refusal), ""),
    )


def unknown(order: Order) -> Ended:
    return Ended(
        title="We do not know yet whether it was sent",
        amount=format_rupees(order.amount_paise),
        who=f"To {order.to.name}",
    )
