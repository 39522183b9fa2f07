"""Pay a shop, as both the pages and the REST API do."""

from __future__ import annotations

import uuid

from money.errors import DayLimitAtShopsReached, ShopNotFound
from money.movements import Kind
from money.rupees import Paise
from shared_db.merchants import Shop
from shared_ui.services import WebServices
from user_app.spending import Order, Way, limits_of
from wallet.caller import Caller
from wallet.pay_merchant import pay


async def pay_shop_of(
    the: WebServices,
    caller: Caller,
    *,
    handle: str,
    amount_paise: Paise,
    note: str | None,
    reference: str | None,
) -> uuid.UUID:
    """The payment of the caller to the shop with this handle. Raises what `pay_merchant.pay` raises."""
    merchant = await the.handles.owner_of(handle)
    paid = await pay(
        the.database,
        the.ledger,
        payer=caller.owner_id,
        merchant=merchant,
        amount_paise=amount_paise,
        note=note,
        limits=limits_of(the),
        reference=reference,
    )
    the.notices.about([caller.owner_id, merchant])
    return paid


async def _carry_out(the: WebServices, caller: Caller, order: Order[Shop], reference: str) -> uuid.UUID:
    return await pay_shop_of(
        the,
        caller,
        handle=order.to.handle,
        amount_paise=order.amount_paise,
        note=order.note,
        reference=reference,
    )


PAYING = Way("payment", Kind.PAYMENT, DayLimitAtShopsReached, ShopNotFound, _carry_out)
