"""How the wallet's pages put what happened into words: one line of the history, and the facts of a receipt."""

from __future__ import annotations

from money.activity import Activity, Result
from money.payout_accounts import masked
from money.times import ist_minute
from shared_db.history_rows import Happened
from shared_ui.bank_words import BANKS
from shared_ui.history import MoneyRow, initials_of
from shared_ui.history_words import HOUSE, HistoryWords, balance_after, signed

_RECEIVED: dict[Activity, str] = {
    Activity.ON_RAMP: "Added from your bank",
    Activity.TRANSFER: "Received",
    Activity.REFUND: "Refund",
    Activity.PROMOTION: "A gift from us",
    Activity.COMPENSATION: "Made good by us",
}
_SPENT: dict[Activity, str] = {
    Activity.WITHDRAWAL: "To your bank",
    Activity.TRANSFER: "Sent",
    Activity.PAYMENT: "Paid",
    Activity.REFUND: "Refunded",
}
_STANDING = {
    "pending": "Waiting for your bank",
    "failure": "Not added",
    "expired": "Not approved in time",
    "queued": "In the queue",
    "sending": "On its way",
    "unknown": "Your bank has not answered yet",
    "needs_attention": "We are asking your bank in person",
    "failed": "Not paid, and back in your wallet",
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
        href=f"/transactions/{one.id}",
        initials=initials_of(who) or who[:1],
        balance_after=balance_after(one),
    )


def who_of(one: Happened) -> str:
    """The person on the other side, or the bank and account."""
    if one.other_name:
        return one.other_name
    if one.bank:
        account = f" {masked(one.account_number)}" if one.account_number else ""
        return BANKS[one.bank] + account
    return HOUSE


def kind_of(one: Happened) -> str:
    """`Sent`, `Received`, `To your bank`, …"""
    if one.activity is Activity.ON_RAMP and one.result is not Result.DONE:
        return "From your bank"
    words = _RECEIVED if one.amount_paise > 0 else _SPENT
    return words.get(one.activity, one.activity.value.capitalize())


def standing_of(one: Happened) -> str:
    """How it stands, in two or three words."""
    if one.result is Result.WAITING and one.status not in _STANDING:
        return "We are asking your bank"
    return _STANDING.get(one.status, "Done") if one.result is not Result.DONE else "Done"


def _note(one: Happened) -> str:
    parts = [kind_of(one)]
    if one.result is not Result.DONE:
        parts = [standing_of(one)]
    if one.note:
        parts.append(one.note)
    return ": ".join(parts)


WORDS = HistoryWords(who_of, kind_of, standing_of)
"""As the shared parts of the history ask for them."""
