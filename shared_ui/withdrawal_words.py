"""How pages put a withdrawal into words: where it stands, what happens next and by when."""

from __future__ import annotations

import itertools
from typing import NamedTuple, Protocol

from money.payout_accounts import masked
from money.rupees import format_rupees
from money.times import ist, ist_clock
from shared_db.bank_health import BankHealth
from shared_db.withdrawal_history import Attempted, OwnWithdrawal
from shared_ui.bank_words import BANKS, usual_time
from shared_ui.history import MoneyRow, TimelineStep
from shared_ui.parts import Outcome

WALLET = "your wallet"
"""Where a person's money is when it is in no bank. A shop's is elsewhere, and so it reads."""
_OUTCOMES: dict[str, Outcome] = {
    "paid": "done",
    "failed": "refused",
    "cancelled": "refused",
    "reversed": "refused",
}
_SAFE = (
    "Your money is safe: it is on hold and will either arrive or come back. Do not withdraw it again; this page "
    "updates by itself."
)
_TITLES = {
    "queued": "It is in the queue",
    "sending": "On its way to your bank",
    "unknown": "Your bank has not answered yet",
    "needs_attention": "We are asking your bank in person",
    "paid": "Paid to your bank account",
    "failed": "It was not paid",
    "cancelled": "You cancelled it",
    "reversed": "Your bank sent it back",
}
_NOTES = {
    "queued": "In the queue",
    "sending": "On its way to your bank",
    "unknown": "Your bank has not answered yet",
    "needs_attention": "We are asking your bank in person",
    "paid": "Paid to your bank account",
    "failed": "Your bank did not pay. It is back in {purse}.",
    "cancelled": "Cancelled. It is back in {purse}.",
    "reversed": "Your bank sent it back. It is in {purse} again.",
}


_SENTENCES = {
    "sending": "We have sent it to {bank} and wait for its answer. " + _SAFE,
    "unknown": _SAFE,
    "needs_attention": "{bank} has not said for 24 hours what became of it, so a person of ours asks. "
    + _SAFE,
    "paid": "It is with your bank now.",
    "failed": "{amount} came back to {purse}. Check the account and try again, or choose the other bank.",
    "cancelled": "{amount} came back to {purse}. Nothing left it.",
    "reversed": "{bank} had paid it and then took it back. {amount} came back to {purse}. Ask your bank why "
    "before you try again.",
}


class Standing(Protocol):
    """Whatever says how a withdrawal stands."""

    @property
    def status(self) -> str: ...
    @property
    def is_doubted(self) -> bool: ...
    @property
    def correction(self) -> str: ...


class Circumstances(NamedTuple):
    """What bears on a withdrawal from outside."""

    health: BankHealth | None
    """Of its bank; None where there were no calls of late."""
    is_stopped: bool
    """Nothing goes out while our books are being checked."""
    purse: str = WALLET


def outcome_of(withdrawal: Standing) -> Outcome:
    """One of the three true results. Whatever the bank is still being asked about is on its way."""
    if withdrawal.is_doubted:
        return "waiting"
    if withdrawal.correction == "taken_back":
        return "done"
    return _OUTCOMES.get(withdrawal.status, "waiting")


def account_of(withdrawal: OwnWithdrawal) -> str:
    return f"{BANKS[withdrawal.bank]} {masked(withdrawal.account_number)}"


def withdrawal_row(withdrawal: OwnWithdrawal, *, purse: str = WALLET) -> MoneyRow:
    """One line of a history."""
    outcome = outcome_of(withdrawal)
    amount = format_rupees(withdrawal.amount_paise)
    return MoneyRow(
        id=str(withdrawal.id),
        who=account_of(withdrawal),
        when=ist(withdrawal.created_at),
        amount=amount if outcome == "refused" else f"-{amount}",
        outcome=outcome,
        note=_note_of(withdrawal).format(purse=purse),
        href=f"/withdrawal?id={withdrawal.id}",
    )


def title_of(withdrawal: OwnWithdrawal) -> str:
    if withdrawal.is_doubted:
        return "We are asking your bank"
    if withdrawal.correction == "taken_back":
        return "Paid after all"
    return _TITLES[withdrawal.status]


def sentence_of(withdrawal: OwnWithdrawal, around: Circumstances) -> str:
    """How it stands, and what the person may count on."""
    bank = BANKS[withdrawal.bank]
    if withdrawal.is_doubted:
        return f"{bank} said two things; we are asking which one is true. Nothing more moves before we know."
    if withdrawal.correction == "taken_back":
        return f"{bank} first said that it had not paid, and then that it had."
    if withdrawal.status == "queued":
        return (
            f"It is on hold and goes out by itself; you need not do anything. {_turn_of(withdrawal, around)}"
        )
    return _SENTENCES[withdrawal.status].format(
        bank=bank, amount=format_rupees(withdrawal.amount_paise), purse=around.purse
    )


def reason_of(withdrawal: OwnWithdrawal) -> str:
    """Why, in the bank's own words; empty where it gave none."""
    is_over = withdrawal.status in {"failed", "reversed"} and outcome_of(withdrawal) == "refused"
    return f"Your bank's words: “{withdrawal.reason}”" if is_over and withdrawal.reason else ""


def steps_of(
    withdrawal: OwnWithdrawal, attempts: list[Attempted], around: Circumstances
) -> list[TimelineStep]:
    """Everything that has happened so far, and what happens next."""
    asked = TimelineStep(
        "You asked for it", ist(withdrawal.created_at), "done", "The amount was set aside at once."
    )
    bank = BANKS[withdrawal.bank]
    told = [_call(bank, list(calls)) for _, calls in itertools.groupby(attempts, key=_what_happened)]
    return [asked, *told, *_ending(withdrawal, bank, around)]


def _note_of(withdrawal: OwnWithdrawal) -> str:
    if withdrawal.is_doubted:
        return "Your bank said two things; we are asking which one is true."
    if withdrawal.correction == "taken_back":
        return "Your bank paid it after all"
    if withdrawal.status == "queued" and withdrawal.position:
        return (
            "Next in the queue" if withdrawal.position == 1 else f"Number {withdrawal.position} in your queue"
        )
    return _NOTES[withdrawal.status]


def _turn_of(withdrawal: OwnWithdrawal, around: Circumstances) -> str:
    """When a queued one goes out, as far as anybody can know."""
    bank = BANKS[withdrawal.bank]
    before = (withdrawal.position or 1) - 1
    if around.is_stopped:
        return "Withdrawals are stopped for a moment while we check our books; then it goes on."
    if withdrawal.wallet_is_frozen:
        until = "you unfreeze it" if around.purse == WALLET else "that is over"
        return f"{around.purse.capitalize()} is frozen: it waits until {until}."
    if around.health and not around.health.is_open_for_calls:
        return f"{bank} does not answer just now: it waits until it does, and we try every few seconds."
    if before and withdrawal.head_status not in {"queued", "sending"}:
        # Nobody knows when a bank answers that has not yet.
        return "It goes out as soon as your bank has answered for the one before it: one goes out at a time."
    place = (
        f"{before} of yours {'is' if before == 1 else 'are'} before it, one goes out at a time."
        if before
        else ""
    )
    usual = usual_time(around.health, calls=before + 1)
    return " ".join(part for part in (place or "It is next.", usual) if part)


def _what_happened(attempt: Attempted) -> tuple[str, str]:
    return attempt.call, attempt.outcome


def _call(bank: str, calls: list[Attempted]) -> TimelineStep:
    """Calls in a row that came to the same are one step."""
    first, last = calls[0], calls[-1]
    did = "We sent it" if first.call == "send" else f"We asked {bank} what became of it"
    came_to, outcome = _CAME_TO[first.outcome]
    when = ist_clock(first.at) if len(calls) == 1 else f"{ist_clock(first.at)} to {ist_clock(last.at)}"
    times = "" if len(calls) == 1 else f", {len(calls)} times"
    seconds = f"after {last.latency_ms / 1000:.1f} s"
    return TimelineStep(f"{did}{times}: {came_to.format(bank=bank)}", f"{when}, {seconds}", outcome)


_CAME_TO = {
    "succeeded": ("{bank} paid", "done"),
    "failed": ("{bank} did not pay", "refused"),
    "reversed": ("{bank} sent it back", "refused"),
    "pending": ("{bank} has it and is working on it", "tried"),
    "not_found": ("{bank} had not heard of it", "tried"),
    "refused": ("{bank} did not take it", "refused"),
    "unreadable": ("no clear answer", "tried"),
}


def _ending(withdrawal: OwnWithdrawal, bank: str, around: Circumstances) -> list[TimelineStep]:
    settled = ist(withdrawal.settled_at) if withdrawal.settled_at else ""
    is_back = f"It is back in {around.purse}"
    back = TimelineStep(is_back, settled, "done")
    if withdrawal.is_doubted:
        return [TimelineStep(f"{bank} said two things; we are asking which one is true", "", "waiting")]
    match withdrawal.status:
        case "paid":
            reference = f"Reference {withdrawal.utr}" if withdrawal.utr else ""
            return [TimelineStep(f"{bank} paid it into your account", settled, "done", reference)]
        case "failed" if withdrawal.correction == "taken_back":
            return [TimelineStep(f"{bank} said that it did not pay, and then that it had", settled, "done")]
        case "failed":
            return [TimelineStep(f"{bank} did not pay it", settled, "refused"), back]
        case "cancelled":
            return [TimelineStep("You cancelled it", settled, "refused"), back]
        case "reversed":
            return [
                TimelineStep(f"{bank} paid it", settled, "done"),
                TimelineStep(f"{bank} took it back", "", "refused"),
                TimelineStep(is_back, "", "done"),
            ]
        case _:
            return [_now(withdrawal, bank, around), TimelineStep("It is in your bank account", "", "next")]


def _now(withdrawal: OwnWithdrawal, bank: str, around: Circumstances) -> TimelineStep:
    match withdrawal.status:
        case "queued":
            return TimelineStep("It waits for its turn", "", "waiting", _turn_of(withdrawal, around))
        case "sending":
            return TimelineStep(
                f"It is on its way to {bank}", "", "waiting", usual_time(around.health, calls=1)
            )
        case _:
            at = withdrawal.next_call_at
            when = f"We ask again at {ist_clock(at)}." if at else "We are asking this moment."
            return TimelineStep(f"{bank} has not said yet what became of it", "", "waiting", when)
