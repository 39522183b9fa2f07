"""Refund a payment, as the page of the payment does: look, carry out, and find what became of it."""

from __future__ import annotations

import uuid

from merchant_app.payment_words import Order
from shared_db.connection import Connection, with_retries
from shared_db.shop_payments import GivenBack, ShopPayment, payment_of, refund_of_state
from shared_ui.services import the_services
from wallet.caller import Caller
from wallet.refund_payment import refund_payment


async def own_payment(caller: Caller, payment_id: uuid.UUID) -> ShopPayment | None:
    """The caller's payment as it stands now."""
    return await with_retries(
        the_services().database, lambda connection: payment_of(connection, caller.owner_id, payment_id)
    )


async def carry_out(caller: Caller, order: Order) -> tuple[GivenBack, bool]:
    """The refund that stands there now, and whether it was made just now. Raises what `refund_payment` raises."""
    the = the_services()
    given = await refund_payment(
        the.database,
        the.notices,
        merchant=caller.owner_id,
        payment=order.payment.id,
        before_paise=order.before_paise,
        amount_paise=order.amount_paise,
        reason=order.reason,
    )
    found = await what_was_refunded(caller, order.payment.id, order.before_paise)
    assert found is not None, "what was refunded stands in the books"
    return found, given.is_new


async def what_was_refunded(caller: Caller, payment_id: uuid.UUID, before_paise: int) -> GivenBack | None:
    """The refund that ended this state of the caller's payment, if one has."""

    async def find(connection: Connection) -> GivenBack | None:
        return await refund_of_state(connection, caller.owner_id, payment_id, before_paise)

    return await with_retries(the_services().database, find)
