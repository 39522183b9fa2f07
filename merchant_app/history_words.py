"""How the merchants' pages put what happened into words. A payer is a first name and an initial, and no more."""

from __future__ import annotations

from money.activity import Activity, Result
from money.payout_accounts import masked
from money.times import ist_minute
from shared_db.history_rows import Happened
from shared_ui.bank_words import BANKS
from shared_ui.history import MoneyRow, initials_of
from shared_ui.history_words import HOUSE, HistoryWords, balance_after, signed

_RECEIVED: dict[Activity, str] = {
    Activity.PAYMENT: "Payment",
    Activity.TRANSFER: "Received",
    Activity.PROMOTION: "A gift from us",
    Activity.COMPENSATION: "Made good by us",
}
_SPENT: dict[Activity, str] = {
    Activity.REFUND: "Refunded",
    Activity.WITHDRAWAL: "To your bank",
}
_STANDING = {
    "queued": "In the queue",
    "sending": "On its way",
    "unknown": "Your bank has not answered yet",
    "needs_attention": "We are asking your bank in person",
    "failed": "Not paid, and back in your balance",
    "cancelled": "Cancelled",
    "reversed": "Sent back by your bank",
}


def history_row(one: Happened) -> MoneyRow:
    who = who_of(one)
    return MoneyRow(
        id=str(one.id),
        who=who,
        when=ist_minute(one.at),
        amount=signed(one),
        outcome=one.result.value,
        note=_note(one),
        href=f"/settlements/{one.id}" if one.is_settlement else f"/transactions/{one.id}",
        initials=initials_of(who) or who[:1],
        balance_after=balance_after(one),
    )


def who_of(one: Happened) -> str:
    """The payer, or the bank and account."""
    if one.other_name:
        return one.other_name
    if one.bank:
        account = f" {masked(one.account_number)}" if one.account_number else ""
        return BANKS[one.bank] + account
    return HOUSE


def kind_of(one: Happened) -> str:
    """`Payment`, `Refunded`, `To your bank`, …"""
    if one.is_settlement:
        return "Settlement"
    words = _RECEIVED if one.amount_paise > 0 else _SPENT
    return words.get(one.activity, one.activity.value.capitalize())


def standing_of(one: Happened) -> str:
    """How it stands, in two or three words."""
    if one.result is Result.DONE:
        return "Done"
    return _STANDING.get(one.status, "We are asking your bank")


def _note(one: Happened) -> str:
    what = kind_of(one) if one.result is Result.DONE else standing_of(one)
    return f"{what}: {one.note}" if one.note else what


WORDS = HistoryWords(who_of, kind_of, standing_of)
"""As the shared parts of the history ask for them."""
