"""How the wallet's pages put adding money into words."""

from __future__ import annotations

from money.rupees import format_rupees
from money.times import ist
from shared_db.on_ramp_history import Attempt
from shared_ui.bank_words import BANKS
from shared_ui.history import MoneyRow, TimelineStep
from shared_ui.parts import Outcome

OUTCOMES: dict[str, Outcome] = {
    "pending": "waiting",
    "success": "done",
    "failure": "refused",
    "expired": "refused",
}
_NOTES = {
    "pending": "Waiting for your bank",
    "success": "Added from your bank",
    "failure": "Your bank did not pay. Nothing was taken.",
    "expired": "Nobody approved it in time. Nothing was taken.",
}


def outcome_of(attempt: Attempt) -> Outcome:
    """One of the three true results. Whatever the bank is still being asked about is on its way."""
    is_open = attempt.is_being_checked and not attempt.is_refunded
    return "waiting" if is_open else OUTCOMES[attempt.status]


def attempt_row(attempt: Attempt) -> MoneyRow:
    """One line of the history of adding money."""
    outcome = outcome_of(attempt)
    amount = format_rupees(attempt.amount_paise)
    return MoneyRow(
        id=str(attempt.id),
        who=BANKS[attempt.bank],
        when=ist(attempt.created_at),
        amount=f"+{amount}" if outcome == "done" else amount,
        outcome=outcome,
        note=note_of(attempt),
        href=f"/on-ramp?id={attempt.id}",
    )


def note_of(attempt: Attempt) -> str:
    """How it stands, in a few words."""
    if _never_reached(attempt):
        return "Your bank could not be reached. Nothing was taken."
    if attempt.refund_heard_at:
        return "It could not be added. Your bank has given it back to you."
    if attempt.is_refunded:
        return "It could not be added. Your bank gives it back to you."
    if attempt.is_being_checked:
        return "Your bank said two things; we are asking which one is true."
    return _NOTES[attempt.status]


def steps_of(attempt: Attempt) -> list[TimelineStep]:
    """Everything that has happened so far, and what happens next."""
    bank = BANKS[attempt.bank]
    settled = ist(attempt.settled_at) if attempt.settled_at else ""
    asked = TimelineStep(f"You asked {bank} for it", ist(attempt.created_at), "done")
    if _never_reached(attempt):
        return [asked, TimelineStep(f"{bank} could not be reached", settled, "refused")]
    return [asked, *_answer(attempt, bank, settled), *_afterwards(attempt, bank)]


def _never_reached(attempt: Attempt) -> bool:
    return attempt.status == "failure" and not attempt.has_reached_bank


def _answer(attempt: Attempt, bank: str, settled: str) -> list[TimelineStep]:
    match attempt.status:
        case "success":
            return [
                TimelineStep(f"{bank} paid", settled, "done"),
                TimelineStep("It is in your wallet", settled, "done"),
            ]
        case "pending":
            until = f"You can approve it until {ist(attempt.expires_at)}."
            return [
                TimelineStep(f"{bank} has not told us yet", "", "waiting", until),
                TimelineStep("It is in your wallet", "", "next"),
            ]
        case "failure":
            return [TimelineStep(f"{bank} said that it did not pay", settled, "refused")]
        case _:
            return [TimelineStep("The time to approve it was over", settled, "refused")]


def _afterwards(attempt: Attempt, bank: str) -> list[TimelineStep]:
    """What came after the bank's first answer: it paid all the same, and it was too late to add."""
    if attempt.refund_heard_at:
        return [TimelineStep(f"{bank} has given it back to you", ist(attempt.refund_heard_at), "done")]
    if attempt.is_refunded:
        return [
            TimelineStep(f"{bank} gives it back to you", "", "waiting", "It may take your bank a few days.")
        ]
    if attempt.is_being_checked:
        return [TimelineStep(f"{bank} then said that it paid; we are asking which is true", "", "waiting")]
    return []
