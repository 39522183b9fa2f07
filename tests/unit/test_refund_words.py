"""What a payment's page says of refunds: how it stands, what is left, and what each sum is good for."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime

import pytest

from merchant_app.payment_words import Order, limit_line, problem_line, review_of, standing_of, steps_of
from money.errors import AboveWhatIsLeft, PayerGone, ShopHasTooLittle
from money.rupees import Paise
from shared_db.shop_payments import GivenBack, ShopPayment

NOON = datetime(2026, 11, 28, 6, 30, tzinfo=UTC)


def payment(refunded_paise: int) -> ShopPayment:
    return ShopPayment(
        id=uuid.UUID(int=1),
        paid_paise=120_00,
        refunded_paise=refunded_paise,
        at=NOON,
        note=None,
        payer="Asha R.",
        payer_is_gone=False,
        available_paise=1_23_456_00,
    )


@pytest.mark.parametrize(
    ("refunded", "standing"),
    [(0, "Paid"), (1, "Partly refunded"), (119_99, "Partly refunded"), (120_00, "Refunded")],
)
def test_a_payment_is_paid_partly_refunded_or_refunded(refunded: int, standing: str) -> None:
    assert standing_of(payment(refunded)) == standing


def test_what_is_left_and_what_the_shop_has_is_said_in_advance() -> None:
    assert limit_line(payment(40_00)) == "Up to ₹80.00 is left of this payment. Your shop has ₹1,23,456.00."


def test_a_refusal_says_the_sums_that_explain_it() -> None:
    assert (
        problem_line(AboveWhatIsLeft(80_00)) == "This is more than is left of this payment. At most ₹80.00."
    )
    assert (
        problem_line(ShopHasTooLittle(20_00), Paise(100_00))
        == "Your shop has ₹20.00 available; this refund needs ₹100.00."
    )
    assert problem_line(PayerGone()) == PayerGone().sentence


def test_a_confirmation_says_what_it_will_do_and_brings_back_what_was_seen() -> None:
    review = review_of(Order(payment(40_00), 40_00, Paise(30_00), "Sold out"))

    assert review.confirm == "Confirm, ₹30.00 back to Asha R."
    assert (review.left_after, review.balance_after) == ("₹50.00", "₹1,23,426.00")
    assert (review.before, review.plain_amount) == ("4000", "30.00")


def test_every_refund_is_a_step_with_its_reason_and_its_time_in_india() -> None:
    refund = GivenBack(uuid.UUID(int=2), uuid.UUID(int=1), 40_00, "One tea was cold", NOON)

    paid, refunded = steps_of(payment(40_00), [refund])

    assert (paid.title, paid.when) == ("Asha R. paid ₹120.00", "28 Nov 2026, 12:00")
    assert (refunded.title, refunded.note) == ("You refunded ₹40.00", "One tea was cold")
