"""Wrong ways to take money out, each of which the simulator must notice."""

from __future__ import annotations

from datetime import timedelta

from money.on_ramp import Verdict
from money.withdrawal import (
    LEASE,
    Answered,
    Booking,
    Call,
    Claimed,
    Correction,
    Event,
    NoOutcome,
    Outcome,
    Status,
    Step,
    Told,
    Withdrawal,
    next_step,
)
from tests.withdraw_simulator.bank import Reference
from tests.withdraw_simulator.books import Books, Lane, Owner, Row
from tests.withdraw_simulator.world import Task, World

_LONG = timedelta(days=2)


# ------------------------------------------------------------------------------ of the decisions


def timeout_is_failed(row: Withdrawal, event: Event) -> Step:
    if isinstance(event, Answered) and event.answer is NoOutcome.UNREADABLE:
        event = event._replace(answer=Outcome.FAILED)
    return next_step(row, event)


def not_found_is_failed(row: Withdrawal, event: Event) -> Step:
    if isinstance(event, Answered) and event.answer is NoOutcome.NOT_FOUND:
        event = event._replace(answer=Outcome.FAILED)
    return next_step(row, event)


def send_without_asking(row: Withdrawal, event: Event) -> Step:
    step = next_step(row, event)
    unheard = isinstance(event, Answered) and event.answer is NoOutcome.UNREADABLE
    if unheard and step.row.status is Status.UNKNOWN and not row.contract.reference_is_idempotent:
        return step._replace(row=step.row._replace(next_call=Call.SEND), call=Call.SEND)
    return step


def send_again_after_a_crash(row: Withdrawal, event: Event) -> Step:
    if isinstance(event, Claimed) and row.status is Status.SENDING:
        return next_step(row._replace(status=Status.UNKNOWN, next_call=Call.SEND), event)
    return next_step(row, event)


def not_found_is_final_at_once(row: Withdrawal, event: Event) -> Step:
    if isinstance(event, Answered) and event.answer is NoOutcome.NOT_FOUND:
        event = event._replace(asked_at=event.asked_at + _LONG)
    return next_step(row, event)


def not_found_is_as_old_as_the_write(row: Withdrawal, event: Event) -> Step:
    if isinstance(event, Answered):
        event = event._replace(asked_at=event.at)
    return next_step(row, event)


def finality_forgets_the_lease(row: Withdrawal, event: Event) -> Step:
    if isinstance(event, Answered):
        event = event._replace(asked_at=event.asked_at + LEASE)
    return next_step(row, event)


def later_refusal_is_failed(row: Withdrawal, event: Event) -> Step:
    if isinstance(event, Answered) and event.answer is NoOutcome.REFUSED and event.call is Call.SEND:
        event = event._replace(answer=Outcome.FAILED)
    return next_step(row, event)


def failure_after_paid_is_believed(row: Withdrawal, event: Event) -> Step:
    if isinstance(event, Told) and event.outcome is Outcome.FAILED and row.status is Status.PAID:
        event = event._replace(outcome=Outcome.REVERSED)
    return next_step(row, event)


def success_after_failed_is_ignored(row: Withdrawal, event: Event) -> Step:
    if isinstance(event, Told) and event.outcome is Outcome.SUCCEEDED and row.status is Status.FAILED:
        return Step(row, Verdict.DUPLICATE)
    return next_step(row, event)


def success_after_failed_is_believed(row: Withdrawal, event: Event) -> Step:
    late = isinstance(event, Told) and event.outcome is Outcome.SUCCEEDED and row.status is Status.FAILED
    if late and row.correction is Correction.NONE and event.amount_paise == row.amount_paise:
        return Step(row._replace(correction=Correction.TAKEN_BACK), Verdict.CAPTURED, (Booking.TAKE_BACK,))
    return next_step(row, event)


def any_amount_will_do(row: Withdrawal, event: Event) -> Step:
    if isinstance(event, Told):
        event = event._replace(amount_paise=row.amount_paise)
    return next_step(row, event)


def a_person_is_called_after_an_hour(row: Withdrawal, event: Event) -> Step:
    step = next_step(row, event)
    since = step.row.first_sent_at
    if not isinstance(event, Answered) or step.row.status is not Status.UNKNOWN or since is None:
        return step
    late = event.at - since > timedelta(hours=1)
    return step._replace(row=step.row._replace(status=Status.NEEDS_ATTENTION)) if late else step


# --------------------------------------------------------------- of the database and the workers


class NewReferencePerTry(World):
    def reference(self, row: Row) -> Reference:
        return (row.name, row.row.sends)


class _WithoutHold(Books):
    def hold(self, row: Row) -> None:
        row.booked.append("hold")

    def move(self, row: Row, owner: Owner, booking: Booking) -> None:
        if booking is Booking.CAPTURE:
            owner.balance -= row.amount
        elif booking is not Booking.RELEASE:
            super().move(row, owner, booking)

    def check(self, owner: Owner) -> None:
        """The sums cannot be right without holds: only the balance is looked at."""
        if owner.balance < 0:
            super().check(owner)


class NoHold(World):
    def __init__(self, seed: int, story: list[str] | None = None) -> None:
        super().__init__(seed, story)
        self.books = _WithoutHold()


class NotSerial(World):
    def lane_of(self, owner: Owner) -> Lane:
        return Lane()


class NewestFirst(World):
    class _Lane(Lane):
        __slots__ = ()

        def head(self) -> Row | None:
            return next((row for row in reversed(self.rows) if row.is_open), None)

    def __init__(self, seed: int, story: list[str] | None = None) -> None:
        super().__init__(seed, story)
        for owner in self.owners:
            owner.lane = self._Lane()


class NotSavedBeforeTheCall(World):
    """The claim is only remembered by its worker, and written with the outcome."""

    def __init__(self, seed: int, story: list[str] | None = None) -> None:
        super().__init__(seed, story)
        self.remembered: dict[int, Withdrawal] = {}

    def save_claim(self, task: Task, step: Step) -> None:
        self.remembered[task.token] = step.row

    def standing(self, task: Task) -> Withdrawal:
        task.row.row = self.remembered[task.token]
        return task.row.row


class LateWritesCount(World):
    def may_write(self, task: Task) -> bool:
        return True


class WebhooksDoNotFence(World):
    def raise_token(self, row: Row) -> None:
        pass


class CallsBeginAtAnyTime(World):
    def may_begin(self, task: Task) -> bool:
        return True


def _deciding(name: str, decide: object) -> type[World]:
    return type(name, (World,), {"next_step": staticmethod(decide)})


MUTANTS: dict[str, type[World]] = {
    "a timeout is treated as failed": _deciding("TimeoutIsFailed", timeout_is_failed),
    "a new reference for each try": NewReferencePerTry,
    "no hold": NoHold,
    "no enquiry at a bank that is not idempotent": _deciding("NoEnquiry", send_without_asking),
    "not one at a time": NotSerial,
    "the state is not saved before the call": NotSavedBeforeTheCall,
    "after a crash it is sent again without asking": _deciding("CrashSends", send_again_after_a_crash),
    '"not found" is treated as failed': _deciding("NotFoundIsFailed", not_found_is_failed),
    '"not found" is final at once': _deciding("FinalAtOnce", not_found_is_final_at_once),
    '"not found" is as old as the write, not as the question': _deciding(
        "AsOldAsTheWrite", not_found_is_as_old_as_the_write
    ),
    "finality forgets that a call may begin late in its lease": _deciding(
        "ForgetsTheLease", finality_forgets_the_lease
    ),
    "a call begins however late in its lease": CallsBeginAtAnyTime,
    "a refusal of a later send is treated as failed": _deciding("LaterRefusal", later_refusal_is_failed),
    "late writes are not refused": LateWritesCount,
    "a webhook does not refuse the write that is under way": WebhooksDoNotFence,
    "the newest goes first": NewestFirst,
    "a failure after paid is believed without asking": _deciding(
        "FailureBelieved", failure_after_paid_is_believed
    ),
    "a success after failed is ignored": _deciding("SuccessIgnored", success_after_failed_is_ignored),
    "a success after failed is believed without asking": _deciding(
        "SuccessBelieved", success_after_failed_is_believed
    ),
    "a webhook's amount is not compared": _deciding("AnyAmount", any_amount_will_do),
    "a person is called after an hour": _deciding("AfterAnHour", a_person_is_called_after_an_hour),
}
"""By the sentence that says what is wrong with each."""
