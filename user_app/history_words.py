"""How the wallet's pages put what happened into words: one line of the history, and the facts of a receipt."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from money.activity import Activity, Result
from money.payout_accounts import masked
from money.rupees import format_rupees
from money.times import ist, ist_minute, long_day
from shared_db.history_rows import Happened
from shared_ui.bank_words import BANKS
from shared_ui.history import MoneyRow, initials_of

HOUSE = "Batua"
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


@dataclass(frozen=True)
class HistoryLine:
    """`day` is a heading above the first row of its day, empty on the others."""

    day: str
    row: MoneyRow


def lines_of(rows: list[Happened], *, day_before: str = "") -> list[HistoryLine]:
    """Grouped by the days of Kolkata. `day_before` is the day of the line that stands above the first."""
    found: list[HistoryLine] = []
    for one in rows:
        day = long_day(one.at)
        found.append(HistoryLine("" if day == day_before else day, history_row(one)))
        day_before = day
    return found


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
        balance_after=""
        if one.balance_after_paise is None
        else f"Balance {format_rupees(one.balance_after_paise)}",
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
    words = _RECEIVED if one.amount_paise > 0 else _SPENT
    return words.get(one.activity, one.activity.value.capitalize())


def standing_of(one: Happened) -> str:
    """How it stands, in two or three words."""
    if one.result is Result.WAITING and one.status not in _STANDING:
        return "We are asking your bank"
    return _STANDING.get(one.status, "Done") if one.result is not Result.DONE else "Done"


def signed(one: Happened) -> str:
    """With its sign where it moved; what came to nothing has none."""
    amount = format_rupees(abs(one.amount_paise))
    if one.balance_after_paise is None and one.result is Result.REFUSED:
        return amount
    if one.result is Result.WAITING and one.amount_paise > 0:
        return amount
    return f"+{amount}" if one.amount_paise > 0 else f"-{amount}"


def time_of(moment: datetime) -> str:
    return f"{ist(moment)} IST"


def _note(one: Happened) -> str:
    parts = [kind_of(one)]
    if one.result is not Result.DONE:
        parts = [standing_of(one)]
    if one.note:
        parts.append(one.note)
    return ": ".join(parts)
