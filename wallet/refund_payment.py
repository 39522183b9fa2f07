"""Give back what a customer paid: a part or all of it, once, with a reason, and never more than was paid."""

from __future__ import annotations

import uuid
from typing import NamedTuple

from money.errors import (
    AboveWhatIsLeft,
    NotAnAmount,
    NotFound,
    PayerGone,
    ReasonRefused,
    RefundedMeanwhile,
    ShopHasTooLittle,
)
from money.rupees import Paise
from shared_db.connection import Connection, Database, with_retries
from shared_db.ids import new_id
from shared_db.notices import Notices
from shared_db.refunds import Refunded, RefundOutcome, Wanted, refund
from shared_db.shop_payments import ShopPayment
from wallet.written import hides_something

LONGEST_REASON = 140


class Given(NamedTuple):
    """A refund that stands in the books."""

    id: uuid.UUID
    is_new: bool
    """Given now, and not found: this very refund had been given before."""


async def refund_payment(
    database: Database,
    notices: Notices,
    *,
    merchant: uuid.UUID,
    payment: uuid.UUID,
    before_paise: int,
    amount_paise: Paise,
    reason: str,
) -> Given:
    """The refund; asked again it is the same one. `before_paise` is what whoever asks has seen as given back by then.

    A frozen wallet gets its money back as well. Raises NotFound for what is no payment of this merchant's,
    RefundedMeanwhile where another refund came first, AboveWhatIsLeft, PayerGone or ShopHasTooLittle; Unavailable when
    nothing is known to have happened.
    """
    if amount_paise <= 0:
        raise NotAnAmount
    wanted = Wanted(new_id(), merchant, payment, before_paise, amount_paise, reason)

    async def work(connection: Connection) -> Refunded:
        return await refund(connection, wanted)

    found = await with_retries(database, work)
    if found.refund_id is None:
        raise _refusal(found)
    assert found.payer_id is not None, "what was refunded was paid by somebody"
    notices.about([merchant, found.payer_id])
    return Given(found.refund_id, is_new=found.refund_id == wanted.id)


def look_ahead(payment: ShopPayment, amount_paise: Paise) -> None:
    """Raise what `refund_payment` would as things stand; by then it may be otherwise."""
    if amount_paise > payment.left_paise:
        raise AboveWhatIsLeft(payment.left_paise)
    if payment.payer_is_gone:
        raise PayerGone
    if amount_paise > payment.available_paise:
        raise ShopHasTooLittle(payment.available_paise)


def clean_reason(text: str) -> str:
    """Trimmed, 1 to 140 characters. Raises ReasonRefused, also for what cannot be seen."""
    reason = text.strip()
    if not 1 <= len(reason) <= LONGEST_REASON or hides_something(reason):
        raise ReasonRefused
    return reason


def _refusal(found: Refunded) -> Exception:
    match found.outcome:
        case RefundOutcome.CHANGED:
            return RefundedMeanwhile()
        case RefundOutcome.ABOVE_LEFT:
            return AboveWhatIsLeft(found.left_paise)
        case RefundOutcome.CLOSED:
            return PayerGone()
        case RefundOutcome.INSUFFICIENT:
            return ShopHasTooLittle(found.available_paise)
        case _:
            return NotFound()
