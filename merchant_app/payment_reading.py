"""One thing that happened to a shop's money, as its page needs it: a payment with its refunds, or anything else."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from shared_db.connection import Connection
from shared_db.history import one_of
from shared_db.history_rows import Happened
from shared_db.shop_payments import GivenBack, ShopPayment, payment_of, payment_of_refund, refunds_of

NOTHING = uuid.UUID(int=0)


@dataclass(frozen=True)
class Paid:
    payment: ShopPayment
    refunds: list[GivenBack]


@dataclass(frozen=True)
class Other:
    """A refund, a withdrawal or whatever else there is; `payment_id` is the one that a refund gave back of."""

    happened: Happened
    payment_id: uuid.UUID | None


async def read(connection: Connection, merchant_id: uuid.UUID, wanted: uuid.UUID) -> Paid | Other | None:
    """A merchant's own; another's is None like one that never was."""
    payment = await payment_of(connection, merchant_id, wanted)
    if payment:
        return Paid(payment, await refunds_of(connection, payment.id))
    one = await one_of(connection, merchant_id, wanted)
    return Other(one, await payment_of_refund(connection, one.id)) if one else None


def id_in(path: str) -> uuid.UUID:
    """Which one an address means. No id at all is the id of nothing."""
    try:
        return uuid.UUID(path.rstrip("/").rpartition("/")[2])
    except ValueError:
        return NOTHING
