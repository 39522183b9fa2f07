"""A bank's statement beside our ledger: what answers to what, and what differs."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from money.reconciliation import (
    Booked,
    Difference,
    Known,
    Line,
    Moved,
    Reconciliation,
    Type,
    days_before,
    reconcile,
)

DAY = date(2026, 11, 20)
MIDNIGHT = datetime(2026, 11, 19, 18, 30, tzinfo=UTC)
"""When the day begins in Kolkata."""
NOON = MIDNIGHT + timedelta(hours=12)
NEXT_DAY = MIDNIGHT + timedelta(days=1)
LATER = NEXT_DAY + timedelta(hours=2)


def line(kind: Moved, reference: str = "r-1", at: datetime = NOON, **changes: object) -> Line:
    day = DAY + (at - MIDNIGHT) // timedelta(days=1) * timedelta(days=1)
    fields = {"utr": f"UTR-{kind}-{reference}", "amount_paise": 500} | changes
    return Line(day, at, kind, reference, **fields)  # pyright: ignore[reportArgumentType] # a test's own words


def booked(kind: Moved, reference: str = "r-1", at: datetime = NOON, **changes: object) -> Booked:
    fields = {"amount_paise": 500, "since": at - timedelta(minutes=1)} | changes
    return Booked(kind, reference, at=at, **fields)  # pyright: ignore[reportArgumentType] # the same


def known(kind: Moved, reference: str = "r-1", **changes: object) -> Known:
    fields = {"amount_paise": 500, "since": NOON} | changes
    return Known(kind, reference, **fields)  # pyright: ignore[reportArgumentType] # the same


def compared(
    lines: list[Line], ours: list[Booked], others: list[Known], asked_at: datetime = LATER
) -> tuple[int, list[tuple[Type, str, int | None, int | None]]]:
    found = reconcile(DAY, lines, ours, others, asked_at=asked_at)
    return found.matched, [
        (one.type, one.reference, one.ours_paise, one.theirs_paise) for one in found.differences
    ]


ALL_KINDS = pytest.mark.parametrize("kind", [Moved.PAYMENT, Moved.PAYOUT, Moved.REVERSAL])


@ALL_KINDS
def test_what_stands_in_both_books_is_matched(kind: Moved) -> None:
    assert compared([line(kind)], [booked(kind)], []) == (1, [])


@ALL_KINDS
def test_each_wrong_line_is_found(kind: Moved) -> None:
    ours = [booked(kind)]

    assert compared([], ours, []) == (0, [(Type.MISSING_THERE, "r-1", 500, None)])
    assert compared([line(kind), line(kind)], ours, []) == (1, [(Type.MISSING_HERE, "r-1", None, 500)])
    assert compared([line(kind, amount_paise=400)], ours, []) == (0, [(Type.AMOUNT, "r-1", 500, 400)])
    assert compared([line(kind), line(kind, "x", MIDNIGHT)], ours, []) == (
        1,
        [(Type.MISSING_HERE, "x", None, 500)],
    )


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        (MIDNIGHT - timedelta(seconds=2), MIDNIGHT + timedelta(seconds=3)),
        (NEXT_DAY - timedelta(seconds=2), NEXT_DAY + timedelta(seconds=3)),
        (MIDNIGHT + timedelta(seconds=1), MIDNIGHT - timedelta(seconds=1)),
    ],
    ids=["begun the day before", "heard the day after", "by a clock that is behind"],
)
def test_both_sides_of_midnight_belong_together(theirs: datetime, ours: datetime) -> None:
    _, differences = compared([line(Moved.PAYMENT, at=theirs)], [booked(Moved.PAYMENT, at=ours)], [])

    assert differences == []


def test_around_midnight_each_difference_is_told_on_one_day_only() -> None:
    theirs = line(Moved.PAYMENT, "theirs", MIDNIGHT - timedelta(seconds=2))
    ours = booked(Moved.PAYMENT, "ours", MIDNIGHT + timedelta(seconds=3), amount_paise=700)

    before = reconcile(DAY - timedelta(days=1), [theirs], [ours], [], asked_at=LATER)
    after = reconcile(DAY, [theirs], [ours], [], asked_at=LATER)

    assert [one.reference for one in before.differences] == ["theirs"]
    assert [one.reference for one in after.differences] == ["ours"]


def test_what_we_booked_after_the_bank_was_asked_cannot_stand_there_yet() -> None:
    assert compared([], [booked(Moved.PAYMENT)], [], asked_at=NOON - timedelta(seconds=1)) == (0, [])


def test_a_slip_in_the_reference_is_matched_by_its_utr() -> None:
    slip = line(Moved.PAYOUT, "r-one", utr="UTR1", at=NOON + timedelta(hours=3))

    assert compared([slip], [booked(Moved.PAYOUT, utr="UTR1")], []) == (1, [])
    assert compared([slip._replace(amount_paise=400)], [booked(Moved.PAYOUT, utr="UTR1")], []) == (
        0,
        [(Type.AMOUNT, "r-one", 500, 400)],
    )


def test_a_line_of_nobody_is_matched_by_its_amount_only_near_in_time() -> None:
    ours = [booked(Moved.PAYOUT, utr="UTR1"), booked(Moved.PAYOUT, "r-2", NOON + timedelta(seconds=50))]
    near = line(Moved.PAYOUT, "?", NOON + timedelta(seconds=40))

    assert compared([near], ours, [])[1] == [(Type.MISSING_THERE, "r-1", 500, None)]
    late = near._replace(at=NOON + timedelta(minutes=3))
    assert len(compared([late], ours, [])[1]) == 3
    assert len(compared([near._replace(kind=Moved.REVERSAL)], ours, [])[1]) == 3


def test_a_known_reference_never_answers_for_another_movement_of_the_same_amount() -> None:
    found = compared([line(Moved.PAYOUT, "failed")], [booked(Moved.PAYOUT)], [known(Moved.PAYOUT, "failed")])

    assert found == (0, [(Type.MISSING_THERE, "r-1", 500, None), (Type.STATUS, "failed", None, 500)])


@pytest.mark.parametrize("kind", [Moved.PAYMENT, Moved.PAYOUT])
def test_paid_there_and_not_here_is_a_difference_of_status(kind: Moved) -> None:
    assert compared([line(kind)], [], [known(kind)]) == (0, [(Type.STATUS, "r-1", None, 500)])


@pytest.mark.parametrize(("out", "back"), [(Moved.PAYMENT, Moved.REFUND), (Moved.PAYOUT, Moved.REVERSAL)])
def test_given_back_there_and_paid_here_is_a_difference_of_status(out: Moved, back: Moved) -> None:
    lines = [line(out), line(back)]

    assert compared(lines, [booked(out)], [known(out)]) == (1, [(Type.STATUS, "r-1", None, 500)])


@pytest.mark.parametrize(("out", "back"), [(Moved.PAYMENT, Moved.REFUND), (Moved.PAYOUT, Moved.REVERSAL)])
def test_paid_and_given_back_there_is_nothing_on_both_sides(out: Moved, back: Moved) -> None:
    lines = [line(out), line(back)]
    ours = [known(out)]

    assert compared(lines, [], ours) == (2, [])
    assert compared([*lines, line(out)], [], ours) == (2, [(Type.MISSING_HERE, "r-1", None, 500)])
    wrong = [line(out, amount_paise=400), line(back)]
    assert compared(wrong, [], ours) == (1, [(Type.AMOUNT, "r-1", 500, 400)])
    assert compared([line(back)], [], ours) == (1, [(Type.MISSING_THERE, "r-1", 500, None)])


def test_another_amount_than_was_asked_for_is_told_also_where_it_was_given_back() -> None:
    lines = [line(Moved.PAYMENT, amount_paise=900), line(Moved.REFUND, amount_paise=900)]

    assert compared(lines, [], [known(Moved.PAYMENT)]) == (0, [(Type.AMOUNT, "r-1", 500, 900)] * 2)


def test_a_payment_whose_refund_is_decided_waits_and_one_that_is_heard_must_stand_there() -> None:
    decided = known(Moved.PAYMENT, refund_decided=True)

    assert compared([line(Moved.PAYMENT)], [], [decided]) == (1, [])
    heard = decided._replace(refund_heard_at=NOON)
    assert compared([line(Moved.PAYMENT)], [], [heard]) == (1, [(Type.MISSING_THERE, "r-1", 500, None)])
    assert compared([], [], [heard]) == (0, [])


def test_a_payout_that_a_bank_made_twice_is_missing_here_once() -> None:
    twice = [line(Moved.PAYOUT, utr="UTR1"), line(Moved.PAYOUT, utr="UTR2", at=NOON + timedelta(hours=1))]

    assert compared(twice, [booked(Moved.PAYOUT, utr="UTR2")], [known(Moved.PAYOUT)]) == (
        1,
        [(Type.MISSING_HERE, "r-1", None, 500)],
    )
    assert compared(twice, [], [known(Moved.PAYOUT)])[1] == [
        (Type.MISSING_HERE, "r-1", None, 500),
        (Type.STATUS, "r-1", None, 500),
    ]
    taken_back = [*twice, line(Moved.REVERSAL, at=NOON + timedelta(hours=2))]
    assert compared(taken_back, [booked(Moved.PAYOUT)], [known(Moved.PAYOUT)]) == (3, [])


def test_a_payout_made_again_days_later_is_told_on_the_later_day() -> None:
    first = line(Moved.PAYOUT, utr="UTR1", at=NOON - timedelta(days=4))
    second = line(Moved.PAYOUT, utr="UTR2")
    ours = booked(Moved.PAYOUT, at=first.at, since=first.at)
    row = known(Moved.PAYOUT, since=first.at)

    needed = days_before(DAY, [second], [ours], [row])

    assert min(needed) == first.day
    # As they are fetched: the older statement last.
    found = reconcile(DAY, [second, first], [ours], [row], asked_at=LATER)
    assert found == Reconciliation(
        0, (Difference(Type.MISSING_HERE, Moved.PAYOUT, "r-1", "UTR2", None, 500),)
    )
    assert reconcile(first.day, [first], [ours], [row], asked_at=LATER) == Reconciliation(1, ())


def test_a_payout_that_a_person_settled_days_later_is_looked_for_where_it_began() -> None:
    ours = booked(Moved.PAYOUT, since=NOON - timedelta(days=3))

    needed = days_before(DAY, [], [ours], [])

    assert sorted(needed) == [DAY - timedelta(days=days) for days in (3, 2, 1)]
    theirs = line(Moved.PAYOUT, at=NOON - timedelta(days=3))
    assert reconcile(DAY, [theirs], [ours], [], asked_at=LATER) == Reconciliation(0, ())
    assert days_before(DAY, [line(Moved.PAYOUT)], [booked(Moved.PAYOUT)], []) == frozenset()
