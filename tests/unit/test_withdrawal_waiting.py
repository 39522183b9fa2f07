"""How long a withdrawal waits for its bank, when it may be sent again, and when a person is called."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import product

import pytest

from money.withdrawal import (
    ATTENTION_AFTER,
    LEASE,
    Answered,
    Booking,
    Call,
    Claimed,
    NoOutcome,
    Outcome,
    PayoutContract,
    Status,
    Step,
    Told,
    Withdrawal,
    next_step,
    not_found_is_final_at,
    wait,
)
from tests.withdrawal_cases import AMOUNT, IDEMPOTENT, NOT_IDEMPOTENT, STATES, T0, UNKNOWN, answered

SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)
UNREADABLE, NOT_FOUND, PENDING = NoOutcome.UNREADABLE, NoOutcome.NOT_FOUND, NoOutcome.PENDING
SUCCEEDED, FAILED = Outcome.SUCCEEDED, Outcome.FAILED


def calls_to_a_silent_bank(row: Withdrawal, until: datetime) -> Iterator[tuple[datetime, Step]]:
    """One claim and one call after the other, each answered by nothing and at once."""
    now = T0
    while now <= until:
        claimed = next_step(row, Claimed(now))
        step = next_step(claimed.row, answered(claimed.call, UNREADABLE, now))
        yield now, step
        row, now = step.row, now + step.after


def test_it_is_asked_about_after_half_a_second_and_never_less_often_than_every_10_seconds_for_10_minutes() -> (
    None
):
    steps = list(calls_to_a_silent_bank(Withdrawal(AMOUNT, IDEMPOTENT), T0 + 9 * MINUTE))
    pauses = [step.after / SECOND for _, step in steps]

    assert pauses[:7] == [0.5, 1, 2, 4, 8, 10, 10]
    assert set(pauses[7:]) == {10}


def test_then_after_1_minute_10_minutes_and_every_hour() -> None:
    steps = list(calls_to_a_silent_bank(Withdrawal(AMOUNT, IDEMPOTENT), T0 + 6 * HOUR))
    slow = [step.after for now, step in steps if now >= T0 + 10 * MINUTE]

    assert slow[:2] == [MINUTE, 10 * MINUTE]
    assert set(slow[2:]) == {HOUR}


def test_a_person_is_called_once_after_24_hours_and_the_bank_is_still_asked_every_hour() -> None:
    steps = list(calls_to_a_silent_bank(Withdrawal(AMOUNT, IDEMPOTENT), T0 + 30 * HOUR))
    alarms = [(now, step) for now, step in steps if step.alarm]
    afterwards = [step for now, step in steps if now > T0 + ATTENTION_AFTER]

    assert [now for now, _ in alarms] == [T0 + ATTENTION_AFTER]
    assert alarms[0][1].row.status is Status.NEEDS_ATTENTION
    assert {step.row.status for now, step in steps if now < T0 + ATTENTION_AFTER} == {Status.UNKNOWN}
    assert len(afterwards) >= 5
    assert {(step.call, step.after) for step in afterwards} == {(Call.ENQUIRE, HOUR)}


@pytest.mark.parametrize(
    ("age", "pause"),
    [
        (10 * MINUTE - SECOND, SECOND / 2),
        (10 * MINUTE, MINUTE),
        (11 * MINUTE - SECOND, MINUTE),
        (11 * MINUTE, 10 * MINUTE),
        (21 * MINUTE - SECOND, 10 * MINUTE),
        (21 * MINUTE, HOUR),
        (ATTENTION_AFTER, HOUR),
    ],
)
def test_each_pause_begins_at_its_minute(age: timedelta, pause: timedelta) -> None:
    assert wait(0, age) == pause


@pytest.mark.parametrize("tries", [0, 1, 5, 6, 1_000_000])
def test_no_wait_is_shorter_than_half_a_second_or_longer_than_an_hour(tries: int) -> None:
    ages = [minutes * MINUTE for minutes in range(0, 3_000, 7)]

    assert all(timedelta(seconds=0.5) <= wait(tries, age) <= HOUR for age in ages)


@pytest.mark.parametrize("age", [ATTENTION_AFTER - 20 * MINUTE, ATTENTION_AFTER - SECOND])
def test_nobody_sleeps_past_the_24_hours(age: timedelta) -> None:
    assert age + wait(100, age) == ATTENTION_AFTER


def test_a_bank_that_answers_after_24_hours_settles_what_needs_attention() -> None:
    row = STATES["attention"]
    later = T0 + 40 * HOUR

    paid = next_step(row, answered(Call.ENQUIRE, SUCCEEDED, later))
    told = next_step(row, Told(later, FAILED, AMOUNT))

    assert (paid.row.status, paid.bookings) == (Status.PAID, (Booking.CAPTURE,))
    assert (told.row.status, told.bookings) == (Status.FAILED, (Booking.RELEASE,))


# -------------------------------------------------------------------------------- not found


def found_nothing(row: Withdrawal, asked_at: datetime, at: datetime | None = None) -> Step:
    return next_step(row, Answered(at or asked_at, Call.ENQUIRE, NOT_FOUND, asked_at))


def test_an_idempotent_bank_that_knows_nothing_of_it_gets_it_again_at_once() -> None:
    step = found_nothing(UNKNOWN, T0 + MINUTE)
    again = next_step(step.row, Claimed(T0 + MINUTE + SECOND))

    assert (step.call, step.after) == (Call.SEND, timedelta(0))
    assert (again.row.status, again.call, again.row.sends) == (Status.SENDING, Call.SEND, 2)


def test_a_bank_whose_references_are_not_idempotent_gets_it_again_only_when_not_found_is_final() -> None:
    row = UNKNOWN._replace(contract=NOT_IDEMPOTENT)
    final_at = T0 + LEASE + HOUR

    before, after = found_nothing(row, final_at - SECOND), found_nothing(row, final_at)

    assert not_found_is_final_at(row) == final_at
    assert before.call is Call.ENQUIRE
    assert after.call is Call.SEND


def test_an_old_question_answered_late_is_not_final() -> None:
    row = UNKNOWN._replace(contract=NOT_IDEMPOTENT)

    step = found_nothing(row, asked_at=T0 + HOUR, at=T0 + 3 * HOUR)

    assert step.call is Call.ENQUIRE


def test_final_counts_from_the_last_send() -> None:
    row = UNKNOWN._replace(contract=NOT_IDEMPOTENT, sends=2, last_sent_at=T0 + 5 * HOUR)

    assert found_nothing(row, T0 + 5 * HOUR + MINUTE).call is Call.ENQUIRE
    assert found_nothing(row, T0 + 7 * HOUR).call is Call.SEND


@pytest.mark.parametrize("contract", [IDEMPOTENT, NOT_IDEMPOTENT])
def test_after_24_hours_it_is_not_sent_any_more_and_a_final_not_found_gives_the_money_back(
    contract: PayoutContract,
) -> None:
    for state, hours in product(("unknown", "to be sent", "attention"), (24, 25)):
        row = STATES[state]._replace(contract=contract)
        claimed = next_step(row, Claimed(T0 + hours * HOUR))
        step = found_nothing(claimed.row, T0 + hours * HOUR)

        assert claimed.call is Call.ENQUIRE
        assert (step.row.status, step.bookings) == (Status.FAILED, (Booking.RELEASE,))
        assert step.row.reason == "the bank has no such payout"


def test_not_found_that_is_not_final_after_24_hours_calls_a_person() -> None:
    row = UNKNOWN._replace(last_sent_at=T0 + 23 * HOUR + 50 * MINUTE)

    step = found_nothing(row, T0 + ATTENTION_AFTER)

    assert (step.row.status, step.bookings) == (Status.NEEDS_ATTENTION, ())
    assert step.alarm


def test_what_the_bank_once_had_is_never_sent_again_and_never_lost_to_a_not_found() -> None:
    row = next_step(UNKNOWN, answered(Call.ENQUIRE, PENDING, T0 + MINUTE)).row

    for hours in range(1, 60):
        step = found_nothing(row, T0 + hours * HOUR)
        row = next_step(step.row, Claimed(T0 + hours * HOUR)).row
        assert (step.call, step.bookings) == (Call.ENQUIRE, ())
    assert row.status is Status.NEEDS_ATTENTION


def test_a_first_send_that_the_bank_refuses_is_failed_and_a_later_one_waits_for_the_truth() -> None:
    refused = answered(Call.SEND, NoOutcome.REFUSED, T0 + SECOND)

    first = next_step(STATES["sending"], refused)
    later = next_step(STATES["sent again"], refused)
    soon, final = found_nothing(later.row, T0 + MINUTE), found_nothing(later.row, T0 + LEASE + HOUR)

    assert (first.row.status, first.row.reason) == (Status.FAILED, "the bank's words")
    assert next_step(STATES["sending"], refused._replace(reason=None)).row.reason == "refused by the bank"
    assert (later.row.status, later.call) == (Status.UNKNOWN, Call.ENQUIRE)
    assert soon.call is Call.ENQUIRE
    assert (final.row.status, final.row.reason) == (Status.FAILED, "the bank's words")


# ---------------------------------------------------------------------------- contradictions


def test_a_bank_that_pays_after_failing_is_asked_and_the_amount_taken_back() -> None:
    told = next_step(STATES["failed"], Told(T0 + MINUTE, SUCCEEDED, AMOUNT, utr="UTR9"))
    claimed = next_step(told.row, Claimed(T0 + MINUTE))
    asked = next_step(claimed.row, answered(Call.ENQUIRE, SUCCEEDED, T0 + MINUTE))
    again = next_step(asked.row, Told(T0 + HOUR, SUCCEEDED, AMOUNT))

    assert (told.bookings, told.call) == ((), Call.ENQUIRE)
    assert claimed.call is Call.ENQUIRE
    assert asked.bookings == (Booking.TAKE_BACK,)
    assert asked.alarm
    assert asked.row.status is Status.FAILED
    assert again == Step(asked.row, again.verdict)


def test_a_bank_that_takes_a_late_payment_back_again_has_it_given_back_once() -> None:
    given = next_step(STATES["taken back"], Told(T0 + MINUTE, Outcome.REVERSED, AMOUNT))
    paid_again = next_step(given.row, answered(Call.ENQUIRE, SUCCEEDED))

    assert given.bookings == (Booking.GIVE_BACK,)
    assert paid_again.bookings == ()
    assert paid_again.alarm


def test_failed_after_paid_is_reversed_only_once_the_bank_says_so_when_asked() -> None:
    told = next_step(STATES["paid"], Told(T0 + MINUTE, FAILED, AMOUNT))
    silence = next_step(told.row, answered(Call.ENQUIRE, UNREADABLE, T0 + MINUTE))
    asked = next_step(silence.row, answered(Call.ENQUIRE, FAILED, T0 + MINUTE))
    denied = next_step(silence.row, answered(Call.ENQUIRE, SUCCEEDED, T0 + MINUTE))

    assert (told.bookings, told.call) == ((), Call.ENQUIRE)
    assert (silence.bookings, silence.call) == ((), Call.ENQUIRE)
    assert (asked.row.status, asked.bookings) == (Status.REVERSED, (Booking.REVERSE,))
    assert (denied.row.status, denied.bookings) == (Status.PAID, ())
    assert denied.alarm


def test_a_bank_that_contradicts_itself_and_then_falls_silent_is_left_to_a_person_after_24_hours() -> None:
    began = T0 + 9 * HOUR
    row = next_step(STATES["paid"], Told(began, FAILED, AMOUNT)).row
    told_again = next_step(row, Told(began + 23 * HOUR, FAILED, AMOUNT)).row

    before = next_step(told_again, answered(Call.ENQUIRE, NOT_FOUND, began + ATTENTION_AFTER - SECOND))
    after = next_step(before.row, answered(Call.ENQUIRE, NOT_FOUND, began + ATTENTION_AFTER))

    assert before.alarm is None
    assert (after.row.status, after.row.doubted_at, after.call) == (Status.PAID, None, Call.NOTHING)
    assert after.alarm


def test_a_contradiction_is_asked_about_quickly_however_long_the_withdrawal_took() -> None:
    tried_for_long = STATES["paid"]._replace(tries=500)

    row = next_step(tried_for_long, Told(T0 + 90 * HOUR, FAILED, AMOUNT)).row
    step = next_step(row, answered(Call.ENQUIRE, UNREADABLE, T0 + 90 * HOUR))

    assert step.after == timedelta(seconds=0.5)


def test_another_utr_for_what_was_paid_calls_a_person() -> None:
    step = next_step(STATES["paid"], Told(T0, SUCCEEDED, AMOUNT, utr="UTR2"))

    assert (step.row, step.bookings) == (STATES["paid"], ())
    assert "UTR2" in (step.alarm or "")


def test_what_comes_back_for_a_closed_wallet_goes_to_suspense() -> None:
    paid = STATES["paid"]._replace(wallet_closed=True)

    step = next_step(paid, Told(T0, Outcome.REVERSED, AMOUNT))

    assert (step.row.status, step.bookings) == (Status.REVERSED, (Booking.REVERSE_TO_SUSPENSE,))
    assert step.alarm


def test_reversed_before_succeeded_is_paid_and_reversed_in_one_step() -> None:
    reversed_ = next_step(UNKNOWN, Told(T0, Outcome.REVERSED, AMOUNT))
    late = next_step(reversed_.row, Told(T0, SUCCEEDED, AMOUNT))

    assert reversed_.bookings == (Booking.CAPTURE, Booking.REVERSE)
    assert (late.row, late.bookings) == (reversed_.row, ())
