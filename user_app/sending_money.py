"""Send money, as both the pages and the REST API do."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import UTC, datetime

from money.errors import InvalidAccount
from money.rupees import Paise
from money.times import kolkata_day
from shared_db.allowances import Allowance, allowance_of, sent_alike, sent_under
from shared_db.connection import Connection, with_retries
from shared_db.history import one_of
from shared_db.history_rows import Happened
from shared_db.recipients import Recipient, recipient
from shared_ui.services import WebServices
from wallet.caller import Caller
from wallet.send_money import Limits, look_ahead, send


@dataclass(frozen=True)
class Order:
    """A transfer that is about to be confirmed. Under one intent it is made once, whoever asks how often."""

    intent: uuid.UUID
    to: Recipient
    amount_paise: Paise
    note: str | None


def limits_of(the: WebServices) -> Limits:
    return Limits(the.settings.transfer_limit_paise, the.settings.transfer_day_limit_paise)


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


async def carry_out(the: WebServices, caller: Caller, order: Order) -> Happened:
    """What was sent, now or before under the same intent. Raises what `send_money.send` raises."""
    await send_money_of(
        the,
        caller,
        to=str(order.to.id),
        amount_paise=order.amount_paise,
        note=order.note,
        reference=_reference(caller, order.intent),
    )
    sent = await what_was_sent(the, caller, order.intent)
    assert sent is not None, "what was posted stands in the ledger"
    return sent


async def what_was_sent(the: WebServices, caller: Caller, intent: uuid.UUID) -> Happened | None:
    """What stands under this intent of the caller's, if anything does."""

    async def find(connection: Connection) -> Happened | None:
        sent = await sent_under(connection, caller.owner_id, _reference(caller, intent))
        return await one_of(connection, caller.owner_id, sent) if sent else None

    return await with_retries(the.database, find)


async def who_is(the: WebServices, caller: Caller, person_id: uuid.UUID) -> Recipient | None:
    """Somebody whom the caller may send to."""
    return await with_retries(
        the.database, lambda connection: recipient(connection, person_id, but=caller.owner_id)
    )


async def allowance(the: WebServices, caller: Caller) -> Allowance:
    today = kolkata_day(datetime.now(UTC))
    return await with_retries(
        the.database, lambda connection: allowance_of(connection, caller.owner_id, today=today)
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
    return f"page:{caller.owner_id}:transfer:{intent}"
