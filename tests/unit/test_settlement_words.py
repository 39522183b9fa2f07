"""What a shop's pages say of settlements: when the next one is, how a sum came about, where money that came back is."""

from __future__ import annotations

import uuid
from datetime import UTC, date, datetime, timedelta

import pytest

from merchant_app.settlement_words import (
    back_words,
    covered_row,
    last_words,
    next_words,
    settlement_row,
    sums_of,
)
from money.settlements import Rhythm, Turn
from money.withdrawal import Status
from shared_db.settlement_screens import CameBack, Covered, OwnSettlement, PlanSeen

NOW = datetime(2026, 11, 28, 18, 29, 59, tzinfo=UTC)
"""A second before midnight in Kolkata."""
SIX_IN_KOLKATA = datetime(2026, 11, 29, 0, 30, tzinfo=UTC)


def plan(**more: object) -> PlanSeen:
    plain = PlanSeen(
        rhythm=Rhythm.DAILY,
        weekday=0,
        hour=6,
        saved_account_id=uuid.UUID(int=1),
        keep_paise=100_00,
        next_at=SIX_IN_KOLKATA,
        last_turn=None,
        last_turn_at=None,
        balance_paise=610_00,
        is_frozen=False,
        bank="hdfc",
        account_number="123456789012",
    )
    return plain._replace(**more)  # pyright: ignore[reportArgumentType] # fields of its own


def settlement(**more: object) -> OwnSettlement:
    plain = OwnSettlement(
        id=uuid.UUID(int=7),
        day=date(2026, 11, 28),
        first_number=1,
        last_number=9,
        carried_paise=0,
        amount_paise=500_00,
        kept_paise=0,
        created_at=NOW,
        payments=1,
        gross_paise=500_00,
        refunded_paise=0,
        withdrawn_paise=0,
        came_back_paise=0,
        other_paise=0,
        status="paid",
        utr="UTR1",
        bank="hdfc",
        account_number="123456789012",
        is_doubted=False,
        correction="none",
    )
    return plain._replace(**more)  # pyright: ignore[reportArgumentType] # the same


@pytest.mark.parametrize(
    ("seen", "said"),
    [
        (None, "Off: money stays in your balance until you withdraw it."),
        (plan(rhythm=Rhythm.OFF, next_at=None), "Off: money stays in your balance until you withdraw it."),
        (plan(), "Tomorrow at 06:00, about ₹510.00 to HDFC Bank ••••9012."),
        (plan(next_at=NOW - timedelta(1)), "Any moment now, about ₹510.00 to HDFC Bank ••••9012."),
        (
            plan(next_at=SIX_IN_KOLKATA + timedelta(days=8)),
            "Monday, 7 Dec 2026, at 06:00, about ₹510.00 to HDFC Bank ••••9012.",
        ),
        (plan(balance_paise=100_00), "Tomorrow at 06:00, as far as there is more than ₹100.00 then."),
        (plan(is_frozen=True), "Tomorrow at 06:00, if your balance is no longer frozen then."),
        (
            plan(bank=None, account_number=None),
            "Tomorrow at 06:00, but its bank account was removed. Choose another one.",
        ),
    ],
)
def test_the_next_one_is_told_with_its_day_its_hour_and_about_how_much(
    seen: PlanSeen | None, said: str
) -> None:
    assert next_words(seen, NOW) == said


@pytest.mark.parametrize("turn", list(Turn))
def test_a_turn_that_settled_nothing_says_why(turn: Turn) -> None:
    said = last_words(plan(last_turn=turn.value, last_turn_at=SIX_IN_KOLKATA))

    assert (said == "") is (turn is Turn.SETTLED)
    assert said.endswith(".") or not said


def test_a_sum_is_explained_by_lines_that_add_up() -> None:
    one = settlement(
        carried_paise=50_00,
        payments=3,
        gross_paise=600_00,
        refunded_paise=40_00,
        withdrawn_paise=30_00,
        came_back_paise=70_00,
        other_paise=-5_00,
        amount_paise=595_00,
        kept_paise=50_00,
    )

    assert [(line.name, line.amount) for line in sums_of(one)] == [
        ("Left after the settlement before", "+₹50.00"),
        ("3 payments", "+₹600.00"),
        ("Refunds", "-₹40.00"),
        ("Taken out by hand", "-₹30.00"),
        ("Came back from your bank", "+₹70.00"),
        ("Everything else", "-₹5.00"),
        ("Stays in your balance", "-₹50.00"),
        ("Settled", "₹595.00"),
    ]
    assert sums_of(settlement(payments=None)) == []


def test_what_did_not_happen_has_no_line_but_the_payments_always_do() -> None:
    assert [line.name for line in sums_of(settlement())] == ["1 payment", "Settled"]
    nothing = settlement(payments=0, gross_paise=0, came_back_paise=500_00)
    assert [line.name for line in sums_of(nothing)] == ["0 payments", "Came back from your bank", "Settled"]


@pytest.mark.parametrize("status", list(Status))
def test_every_state_has_its_words_and_a_result(status: Status) -> None:
    row = settlement_row(settlement(status=status.value))

    assert row.outcome in {"done", "waiting", "refused"}
    assert row.note.startswith("1 payment · ")
    assert ("UTR1" in row.note) is (status is Status.PAID)
    assert row.href == f"/settlements/{uuid.UUID(int=7)}"


def test_what_was_paid_after_all_or_is_doubted_says_so() -> None:
    assert settlement_row(settlement(status="failed", correction="taken_back")).outcome == "done"
    assert settlement_row(settlement(is_doubted=True)).outcome == "waiting"


def test_money_that_came_back_says_where_it_is_now() -> None:
    later = uuid.UUID(int=8)

    assert back_words(CameBack(NOW, None)).endswith("and the next settlement takes it along.")
    assert back_words(CameBack(NOW, later)).endswith("and is part of a later settlement.")


def test_a_covered_payment_shows_its_payer_and_leads_to_its_page() -> None:
    row = covered_row(Covered(3, uuid.UUID(int=9), NOW, 60_00, None, "Asha R."))

    assert (row.who, row.amount, row.initials, row.note) == ("Asha R.", "+₹60.00", "AR", "")
    assert row.href == f"/transactions/{uuid.UUID(int=9)}"
