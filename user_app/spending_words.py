"""What a page that moves money out says: the limits in advance, what is about to happen, and what became of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Generic

from money.errors import (
    AmountAboveLimit,
    DayLimitAtShopsReached,
    DayLimitReached,
    NotEnoughMoney,
    Refusal,
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
from user_app.spending import Order, Payee
from wallet.spending import Limits

FROZEN = WalletFrozen().sentence
LOST_TOUCH = "We were away for a moment. Nothing has left your wallet; please look once more and confirm."


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


@dataclass(frozen=True)
class Words(Generic[Payee]):
    """How one way of spending speaks."""

    done: str
    refused: str
    unknown: str
    done_before: str
    not_done_yet: str
    stood_long: str
    again: str
    """With `name`, `amount` and `when`."""
    advice: Mapping[type[Refusal], str]
    known_as: Callable[[Payee], str]
    """The payee, so that nobody takes one for another."""


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


def review_of(words: Words[Payee], order: Order[Payee], has: Allowance, alike: datetime | None) -> Review:
    amount, name = format_rupees(order.amount_paise), order.to.name
    return Review(
        amount=amount,
        words=in_words(order.amount_paise),
        note=order.note or "",
        balance_after=format_rupees(has.balance_paise - order.amount_paise),
        confirm=f"Confirm, {amount} to {name}",
        again=words.again.format(name=name, amount=amount, when=ist_minute(alike)) if alike else "",
        look=str(new_id()),
        intent=str(order.intent),
        plain_amount=amount.removeprefix("₹"),
    )


def done(words: Words[Payee], one: Happened, *, reason: str = "") -> Ended:
    return Ended(
        title=words.done,
        amount=format_rupees(-one.amount_paise),
        who=f"To {who_of(one)}",
        when=time_of(one.at),
        reference=str(one.id),
        note=one.note or "",
        receipt=f"/transactions/{one.id}",
        reason=reason,
    )


def refused(words: Words[Payee], order: Order[Payee], refusal: Refusal) -> Ended:
    return Ended(
        title=words.refused,
        amount=format_rupees(order.amount_paise),
        who=f"To {words.known_as(order.to)}",
        reason=refusal.sentence,
        advice=words.advice.get(type(refusal), ""),
    )


def unknown(words: Words[Payee], order: Order[Payee]) -> Ended:
    return Ended(title=words.unknown, amount=format_rupees(order.amount_paise), who=f"To {order.to.name}")
