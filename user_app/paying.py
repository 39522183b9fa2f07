"""Pay a shop, as both the pages and the REST API do."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import UTC, datetime

from money.movements import Kind
from money.rupees import Paise
from money.times import kolkata_day
from shared_db.allowances import Allowance, allowance_of, sent_alike, sent_under
from shared_db.connection import Connection, with_retries
from shared_db.history import one_of
from shared_db.history_rows import Happened
from shared_db.merchants import Shop
from shared_ui.services import WebServices
from user_app.sending_money import limits_of
from wallet.caller import Caller
from wallet.pay_merchant import look_ahead, pay


@dataclass(frozen=True)
class Order:
    """A payment that is about to be confirmed. Under one intent it is made once, whoever asks how often."""

    intent: uuid.UUID
    to: Shop
    amount_paise: Paise
    note: str | None


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


async def carry_out(the: WebServices, caller: Caller, order: Order) -> Happened:
    """What was paid, now or before under the same intent. Raises what `pay_merchant.pay` raises."""
    await pay_shop_of(
        the,
        caller,
        handle=order.to.handle,
        amount_paise=order.amount_paise,
        note=order.note,
        reference=_reference(caller, order.intent),
    )
    paid = await what_was_paid(the, caller, order.intent)
    assert paid is not None, "what was posted stands in the ledger"
    return paid


async def what_was_paid(the: WebServices, caller: Caller, intent: uuid.UUID) -> Happened | None:
    """What stands under this intent of the caller's, if anything does."""

    async def find(connection: Connection) -> Happened | None:
        paid = await sent_under(connection, caller.owner_id, _reference(caller, intent))
        return await one_of(connection, caller.owner_id, paid) if paid else None

    return await with_retries(the.database, find)


async def allowance(the: WebServices, caller: Caller) -> Allowance:
    today = kolkata_day(datetime.now(UTC))
    return await with_retries(
        the.database,
        lambda connection: allowance_of(connection, caller.owner_id, today=today, kind=Kind.PAYMENT),
    )


async def looked_at(the: WebServices, caller: Caller, order: Order) -> tuple[Allowance, datetime | None]:
    """What the caller has, and when they did the same a short while ago. Raises what would be refused by now."""
    has = await allowance(the, caller)
    look_ahead(has, limits_of(the), order.amount_paise)
    alike = await with_retries(
        the.database,
        lambda connection: sent_alike(connection, caller.owner_id, order.to.id, order.amount_paise),
    )
    return has, alike


def _reference(caller: Caller, intent: uuid.UUID) -> str:
    return f"page:{caller.owner_id}:payment:{intent}"
