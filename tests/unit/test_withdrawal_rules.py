"""The rules of taking money out, as a table: what everything that can happen means for a withdrawal in every state."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from money.on_ramp import Reason, Verdict
from money.withdrawal import (
    ATTENTION_AFTER,
    MAY_BECOME,
    SENT,
    Answered,
    Booking,
    Call,
    Cancelled,
    Claimed,
    Event,
    Outcome,
    Resolved,
    Status,
    Step,
    Told,
    Withdrawal,
    is_open,
    is_out,
    next_step,
)
from tests.withdrawal_cases import (
    AMOUNT,
    EVENTS,
    IDEMPOTENT,
    NOT_IDEMPOTENT,
    NOW,
    STATES,
    T0,
    brief,
)

# Columns: the states of `withdrawal_cases`, a minute after it was sent, at a bank with idempotent references.
#   queued, sending, sent again; unknown, to be sent, acknowledged, refused; attention;
#   paid, paid?; failed, failed?; taken back, taken back?; given back, given back?; cancelled, reversed
TABLE = """
claimed             s>   u?   u?   u?   s>   u?   u?   n?   x!   p~?  x!   f~?  x!   f~?  x!   f~?  x!   x!
send succeeded      !    p+c  p+c  p+c  p+c  p+c  p+c  p+c  .    p~?  f~?  f~?  .    f~?  f~?  f~?  !    .
send failed         !    f+r  f+r  f+r  f+r  f+r  f+r  f+r  p~?  p~?  .    f~?  f~?  f~?  .    f~?  !    .
send reversed       !    r+cv r+cv r+cv r+cv r+cv r+cv r+cv r+v  r+v  f~?  f~?  f+g! f+g! f~?  f~?  !    .
send pending        x!   u?   u?   u?   u?   u?   u?   n?   x!   p~?  x!   f~?  x!   f~?  x!   f~?  x!   x!
send not_found      x!   u?   u?   u?   u?   u?   u?   n?   x!   p~?  x!   f~?  x!   f~?  x!   f~?  x!   x!
send refused        x!   f+r  u?   u?   u?   u?   u?   n?   x!   p~?  x!   f~?  x!   f~?  x!   f~?  x!   x!
send unreadable     x!   u?   u?   u?   u?   u?   u?   n?   x!   p~?  x!   f~?  x!   f~?  x!   f~?  x!   x!
enquire succeeded   !    p+c  p+c  p+c  p+c  p+c  p+c  p+c  .    p!   f+t! f+t! .    f!   !    f!   !    .
enquire failed      !    f+r  f+r  f+r  f+r  f+r  f+r  f+r  r+v  r+v  .    f    f+g! f+g! .    f    !    .
enquire reversed    !    r+cv r+cv r+cv r+cv r+cv r+cv r+cv r+v  r+v  .    f    f+g! f+g! .    f    !    .
enquire pending     x!   u?   u?   u?   u?   u?   u?   n?   x!   p~?  x!   f~?  x!   f~?  x!   f~?  x!   x!
enquire not_found   x!   u?   u?   u>   u>   u?   u?   n?   x!   p~?  x!   f~?  x!   f~?  x!   f~?  x!   x!
enquire refused     x!   u?   u?   u?   u?   u?   u?   n?   x!   p~?  x!   f~?  x!   f~?  x!   f~?  x!   x!
enquire unreadable  x!   u?   u?   u?   u?   u?   u?   n?   x!   p~?  x!   f~?  x!   f~?  x!   f~?  x!   x!
told succeeded      !    p+c  p+c  p+c  p+c  p+c  p+c  p+c  .    p~?  f~?  f~?  .    f~?  f~?  f~?  !    .
told failed         !    f+r  f+r  f+r  f+r  f+r  f+r  f+r  p~?  p~?  .    f~?  f~?  f~?  .    f~?  !    .
told reversed       !    r+cv r+cv r+cv r+cv r+cv r+cv r+cv r+v  r+v  f~?  f~?  f+g! f+g! f~?  f~?  !    .
cancelled           c+r  x    x    x    x    x    x    x    x    x    x    x    x    x    x    x    .    x
resolved paid       x    x    x    x    x    x    x    p+c  .    p!   f+t! f+t! .    f!   !    f!   x    x
resolved failed     x    x    x    x    x    x    x    f+r  r+v  r+v  .    f    f+g! f+g! .    f    x    .
"""
CELLS = {line[:20].strip(): line[20:].split() for line in TABLE.strip().splitlines()}
OF_ANOTHER_AMOUNT = {name for name in EVENTS if name.endswith("of another amount")}
DAYS = [timedelta(0), timedelta(minutes=1), timedelta(hours=2), ATTENTION_AFTER, timedelta(days=9)]


def test_the_table_has_no_hole() -> None:
    assert set(CELLS) == set(EVENTS) - OF_ANOTHER_AMOUNT
    assert {len(cells) for cells in CELLS.values()} == {len(STATES)}
    assert {row.status for row in STATES.values()} == set(Status)


@pytest.mark.parametrize("name", CELLS)
def test_everything_that_can_happen_to_a_withdrawal_in_every_state(name: str) -> None:
    cells = [brief(row, next_step(row, EVENTS[name])) for row in STATES.values()]

    assert dict(zip(STATES, cells, strict=True)) == dict(zip(STATES, CELLS[name], strict=True))


@pytest.mark.parametrize("name", sorted(OF_ANOTHER_AMOUNT))
def test_a_webhook_about_another_amount_is_for_review_and_moves_nothing(name: str) -> None:
    for row in STATES.values():
        step = next_step(row, EVENTS[name])

        assert step == Step(row, Verdict.REJECTED, alarm=step.alarm, reason=Reason.AMOUNT)
        assert step.alarm


def every_combination() -> list[tuple[Withdrawal, Event]]:
    """Every state and event, at both kinds of bank, at every age, with an old question and a new one."""
    return [
        (row._replace(contract=contract, wallet_closed=closed), _at(event, T0 + age, T0 + asked))
        for row in STATES.values()
        for event in EVENTS.values()
        for contract, closed in product((IDEMPOTENT, NOT_IDEMPOTENT), (False, True))
        for age in DAYS
        for asked in {timedelta(0), age}
    ]


def _at(event: Event, at: datetime, asked_at: datetime) -> Event:
    if isinstance(event, Answered):
        return event._replace(at=at, asked_at=asked_at)
    return event._replace(at=at)


def test_no_event_takes_a_withdrawal_where_the_table_of_states_does_not_lead() -> None:
    for row, event in every_combination():
        after = next_step(row, event).row.status

        assert (
            after is row.status
            or after in MAY_BECOME[row.status]
            # Paid and reversed in one step.
            or (row.status in SENT and after is Status.REVERSED)
        )


def test_an_open_withdrawal_always_has_a_next_call_and_a_closed_one_none() -> None:
    for row, event in every_combination():
        step = next_step(row, event)

        if isinstance(event, Claimed | Answered) and step.verdict is not Verdict.REJECTED:
            says_nothing = step.verdict in {Verdict.DUPLICATE, Verdict.RECORDED} and step.row == row
            assert (step.call is not Call.NOTHING) == is_open(step.row) or says_nothing
        assert step.after >= timedelta(0)


def test_what_the_row_says_comes_next_is_what_the_step_says() -> None:
    for row, event in every_combination():
        step = next_step(row, event)

        if step.row != row and not isinstance(event, Claimed):
            assert step.row.next_call is step.call
            assert (step.call is Call.NOTHING) == (not is_open(step.row))


def test_the_row_keeps_the_utr_of_what_was_paid_and_the_reason_of_what_was_not() -> None:
    words = "the bank's words"
    refused = STATES["refused"]._replace(reason=words)

    paid = next_step(refused, EVENTS["enquire succeeded"]).row
    failed = next_step(refused, EVENTS["enquire failed"]).row
    reversed_ = next_step(STATES["paid"], EVENTS["enquire failed"]).row
    taken_back = next_step(STATES["failed"], EVENTS["enquire succeeded"]).row
    given_back = next_step(STATES["taken back"], EVENTS["enquire failed"]).row

    assert (paid.utr, paid.reason) == ("UTR1", None)
    assert (failed.utr, failed.reason) == (None, words)
    assert (reversed_.utr, reversed_.reason) == ("UTR1", words)
    assert taken_back.utr == "UTR1"
    assert next_step(STATES["unknown"], EVENTS["told failed"]).row.reason == "the bank gave no reason"
    assert given_back.reason == words


def test_only_a_claim_begins_a_send_and_it_is_written_down_before_the_call() -> None:
    for row, event in every_combination():
        after = next_step(row, event).row

        sends = after.sends - row.sends
        assert sends == (after.status is Status.SENDING and isinstance(event, Claimed))
        if sends:
            assert (after.first_sent_at, after.last_sent_at) == (row.first_sent_at or event.at, event.at)
        if isinstance(event, Claimed) and is_open(row):
            assert after.next_call is Call.ENQUIRE


def test_money_moves_exactly_when_the_books_change_their_mind_about_where_it_is() -> None:
    for row, event in every_combination():
        step = next_step(row, event)

        released = step.bookings == (Booking.RELEASE,)
        assert released == (
            step.row.status in {Status.FAILED, Status.CANCELLED} and step.row.status is not row.status
        )
        if is_out(step.row) != is_out(row):
            assert len(step.bookings) == 1
        elif step.bookings and not released:
            back = Booking.REVERSE_TO_SUSPENSE if row.wallet_closed else Booking.REVERSE
            assert step.bookings == (Booking.CAPTURE, back)


def test_what_was_refused_or_is_a_duplicate_moves_nothing() -> None:
    for row, event in every_combination():
        step = next_step(row, event)

        if step.verdict in {Verdict.REJECTED, Verdict.DUPLICATE, Verdict.RECORDED}:
            assert step.bookings == ()
        if step.verdict is Verdict.REJECTED:
            assert step.row == row
        assert (step.reason is Reason.AMOUNT) == (isinstance(event, Told) and event.amount_paise != AMOUNT)


# ------------------------------------------------------------------------------ whole lives


@dataclass
class Life:
    """A row and its bookings, as the service keeps them."""

    row: Withdrawal
    booked: list[Booking] = field(default_factory=list)
    now: datetime = NOW

    def meet(self, event: Event) -> None:
        step = next_step(self.row, event)
        before, self.row = self.row, step.row
        self.booked += step.bookings
        if step.row.status is Status.NEEDS_ATTENTION is not before.status:
            assert step.row.first_sent_at
            assert event.at - step.row.first_sent_at >= ATTENTION_AFTER
            assert step.alarm


HAPPENINGS = some.sampled_from([*EVENTS.values()])
PAUSES = some.sampled_from(
    [timedelta(seconds=1), timedelta(minutes=5), timedelta(hours=2), timedelta(hours=30)]
)
LIVES = some.lists(some.tuples(HAPPENINGS, PAUSES, some.booleans()), max_size=40)
CONTRACTS = some.sampled_from([IDEMPOTENT, NOT_IDEMPOTENT])


@settings(max_examples=300)
@given(contract=CONTRACTS, happenings=LIVES, closed=some.booleans())
def test_no_life_books_anything_twice_or_out_of_order(
    contract: tuple[bool, timedelta], happenings: list[tuple[Event, timedelta, bool]], *, closed: bool
) -> None:
    life = Life(Withdrawal(AMOUNT, IDEMPOTENT._make(contract)))

    for event, pause, old_question in happenings:
        asked_at = life.now
        life.now += pause
        life.meet(_at(event, life.now, asked_at if old_question else life.now))
    life.row = life.row._replace(wallet_closed=closed)
    for event in (Claimed(life.now), EVENTS["told reversed"], EVENTS["enquire failed"]):
        life.meet(_at(event, life.now, life.now))

    booked = life.booked
    settled = [one for one in booked if one in {Booking.CAPTURE, Booking.RELEASE}]
    assert len(set(booked)) == len(booked)
    assert len(settled) == (life.row.status not in {Status.QUEUED, *SENT})
    assert not {Booking.REVERSE, Booking.REVERSE_TO_SUSPENSE} <= set(booked)
    allowed = {
        (),
        (Booking.CAPTURE,),
        (Booking.CAPTURE, Booking.REVERSE),
        (Booking.CAPTURE, Booking.REVERSE_TO_SUSPENSE),
        (Booking.RELEASE,),
        (Booking.RELEASE, Booking.TAKE_BACK),
        (Booking.RELEASE, Booking.TAKE_BACK, Booking.GIVE_BACK),
    }
    assert tuple(booked) in allowed


@given(happenings=LIVES)
def test_whatever_happened_before_a_definite_answer_to_our_question_settles_what_was_sent(
    happenings: list[tuple[Event, timedelta, bool]],
) -> None:
    life = Life(Withdrawal(AMOUNT, NOT_IDEMPOTENT))
    for event, pause, _ in happenings:
        life.now += pause
        life.meet(_at(event, life.now, life.now))
    if life.row.sends == 0 or life.row.status is Status.REVERSED or life.row.correction == "given_back":
        return

    life.meet(_at(EVENTS["enquire succeeded"], life.now, life.now))
    paid = is_out(life.row)
    life.meet(_at(EVENTS["enquire failed"], life.now, life.now))

    assert paid
    assert not is_out(life.row)
    assert not is_open(life.row)


def test_the_same_again_is_a_duplicate() -> None:
    again = {"paid": "succeeded", "failed": "failed", "reversed": "reversed"}

    for state, outcome in again.items():
        row = STATES[state]
        assert next_step(row, EVENTS[f"told {outcome}"]) == Step(row, Verdict.DUPLICATE)


def test_a_person_resolves_nothing_that_is_still_under_way() -> None:
    for row in STATES.values():
        for outcome in Outcome:
            step = next_step(row, Resolved(NOW, outcome))
            under_way = row.status in {Status.QUEUED, Status.SENDING, Status.UNKNOWN, Status.CANCELLED}
            if under_way or outcome is Outcome.REVERSED:
                assert step == Step(row, Verdict.REJECTED)


def test_an_owner_cancels_only_what_was_never_sent() -> None:
    for row in STATES.values():
        step = next_step(row, Cancelled(NOW))

        assert (step.bookings == (Booking.RELEASE,)) == (row.status is Status.QUEUED)
        assert step.alarm is None


def test_not_found_is_no_answer_to_a_send() -> None:
    sending = STATES["sending"]

    assert next_step(sending, EVENTS["send not_found"]) == next_step(sending, EVENTS["send unreadable"])
