"""How a shop's pages put settlements into words: when the next one is, how each stands, and how its sum came about."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from money.payout_accounts import masked
from money.rupees import format_rupees
from money.settlements import Rhythm
from money.times import day_words, ist, ist_minute, kolkata_day
from shared_db.settlement_screens import CameBack, Covered, OwnSettlement, PlanSeen
from shared_ui.bank_words import BANKS
from shared_ui.history import MoneyRow, initials_of
from shared_ui.withdrawal_words import outcome_of

SHOP_PURSE = "your balance"
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_STANDING = {
    "queued": "In the queue",
    "sending": "On its way to your bank",
    "unknown": "Your bank has not answered yet",
    "needs_attention": "We are asking your bank in person",
    "paid": "Paid to your bank account",
    "failed": "Your bank did not pay. It is back in your balance.",
    "cancelled": "Cancelled. It is back in your balance.",
    "reversed": "Your bank sent it back. It is in your balance again.",
}
_LAST_TURNS = {
    "nothing": "Nothing was settled on {day}: there was no more than you keep.",
    "frozen": "Nothing was settled on {day}: your balance was frozen.",
    "no_account": "Nothing was settled on {day}: the bank account had been removed.",
    "missed": "Nothing was settled for {day}, and we are sorry: we were away until the day was over.",
    "closed": "Your shop is closed.",
}


@dataclass(frozen=True)
class SumLine:
    """One line of how a settlement came about."""

    name: str
    amount: str
    is_total: bool = False


def next_words(plan: PlanSeen | None, now: datetime) -> str:
    """`Tomorrow at 06:00, about ₹510.00 to HDFC Bank ••••9012.`"""
    if plan is None or plan.rhythm is Rhythm.OFF or plan.next_at is None:
        return "Off: money stays in your balance until you withdraw it."
    when = _day_and_hour(plan.next_at, now)
    if plan.bank is None or plan.account_number is None:
        return f"{when}, but its bank account was removed. Choose another one."
    if plan.is_frozen:
        return f"{when}, if your balance is no longer frozen then."
    about = plan.balance_paise - plan.keep_paise
    if about <= 0:
        return f"{when}, as far as there is more than {format_rupees(plan.keep_paise)} then."
    return f"{when}, about {format_rupees(about)} to {BANKS[plan.bank]} {masked(plan.account_number)}."


def last_words(plan: PlanSeen | None) -> str:
    """Why the last turn settled nothing; empty where it did."""
    if plan is None or plan.last_turn_at is None:
        return ""
    return _LAST_TURNS.get(plan.last_turn or "", "").format(day=ist(plan.last_turn_at).partition(",")[0])


def settlement_row(one: OwnSettlement) -> MoneyRow:
    """One line of the list."""
    payments = "" if one.payments is None else f"{payments_words(one.payments)} · "
    reference = f" · {one.utr}" if one.utr and one.status == "paid" else ""
    return MoneyRow(
        id=str(one.id),
        who=day_words(one.day),
        when=account_of(one),
        amount=format_rupees(one.amount_paise),
        outcome=outcome_of(one),
        note=f"{payments}{standing_of(one)}{reference}",
        href=f"/settlements/{one.id}",
        initials=str(one.day.day),
    )


def payments_words(count: int) -> str:
    return "1 payment" if count == 1 else f"{count:,} payments"


def account_of(one: OwnSettlement) -> str:
    return f"{BANKS[one.bank]} {masked(one.account_number)}"


def standing_of(one: OwnSettlement) -> str:
    if one.is_doubted:
        return "Your bank said two things; we are asking which one is true."
    if one.correction == "taken_back":
        return "Your bank paid it after all"
    return _STANDING[one.status]


def back_words(back: CameBack) -> str:
    """Where the money of one that did not arrive is now."""
    came = f"It came back to your balance on {ist(back.at)}"
    if back.settlement_id is None:
        return f"{came}, and the next settlement takes it along."
    return f"{came}, and is part of a later settlement."


def sums_of(one: OwnSettlement) -> list[SumLine]:
    """From the balance after the last settlement to this one: every line of it is of the ledger."""
    if one.payments is None:
        return []
    assert one.gross_paise is not None, "all sums are counted together"
    signed = [
        ("Left after the settlement before", one.carried_paise),
        (payments_words(one.payments).capitalize(), one.gross_paise),
        ("Refunds", -(one.refunded_paise or 0)),
        ("Taken out by hand", -(one.withdrawn_paise or 0)),
        ("Came back from your bank", one.came_back_paise or 0),
        ("Everything else", one.other_paise or 0),
        ("Stays in your balance", -one.kept_paise),
    ]
    lines = [
        SumLine(name, _with_sign(paise))
        for name, paise in signed
        if paise or name.endswith(("payment", "payments"))
    ]
    return [*lines, SumLine("Settled", format_rupees(one.amount_paise), is_total=True)]


def covered_row(one: Covered) -> MoneyRow:
    """A payment that a settlement covers."""
    return MoneyRow(
        id=str(one.id),
        who=one.payer,
        when=ist(one.at),
        amount=f"+{format_rupees(one.amount_paise)}",
        outcome="done",
        note=one.note or "",
        href=f"/transactions/{one.id}",
        initials=initials_of(one.payer) or one.payer[:1],
    )


def _with_sign(paise: int) -> str:
    amount = format_rupees(abs(paise))
    return f"-{amount}" if paise < 0 else f"+{amount}"


def _day_and_hour(moment: datetime, now: datetime) -> str:
    day, today = kolkata_day(moment), kolkata_day(now)
    if moment <= now:
        return "Any moment now"
    if day == today:
        return f"Today at {ist_minute(moment)}"
    if day == today + timedelta(days=1):
        return f"Tomorrow at {ist_minute(moment)}"
    return f"{WEEKDAYS[day.weekday()]}, {day_words(day)}, at {ist_minute(moment)}"
