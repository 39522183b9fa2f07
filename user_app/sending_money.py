"""Send money, as both the pages and the REST API do."""

from __future__ import annotations

import uuid

from money.errors import DayLimitReached, InvalidAccount
from money.movements import Kind
from money.rupees import Paise
from shared_db.connection import with_retries
from shared_db.recipients import Recipient, recipient
from shared_ui.services import WebServices
from user_app.spending import Order, Way, limits_of
from wallet.caller import Caller
from wallet.send_money import send


async def send_money_of(
    the: WebServices, caller: Caller, *, to: str, amount_paise: Paise, note: str | None, reference: str | None
) -> uuid.UUID:
    """The transfer from the caller to the person with the id `to`. Raises what `send_money.send` raises."""
    try:
        recipient_id = uuid.UUID(to)
    except ValueError as error:
        raise InvalidAccount from error
    sent = await send(
        the.database,
        the.ledger,
        sender=caller.owner_id,
        recipient=recipient_id,
        amount_paise=amount_paise,
        note=note,
        limits=limits_of(the),
        reference=reference,
    )
    the.notices.about([caller.owner_id, recipient_id])
    return sent


async def who_is(the: WebServices, caller: Caller, person_id: uuid.UUID) -> Recipient | None:
    """Somebody whom the caller may send to."""
    return await with_retries(
        the.database, lambda connection: recipient(connection, person_id, but=caller.owner_id)
    )


async def _carry_out(the: WebServices, caller: Caller, order: Order[Recipient], reference: str) -> uuid.UUID:
    return await send_money_of(
        the,
        caller,
        to=str(order.to.id),
        amount_paise=order.amount_paise,
        note=order.note,
        reference=reference,
    )


SENDING = Way("transfer", Kind.SEND, DayLimitReached, InvalidAccount, _carry_out)
