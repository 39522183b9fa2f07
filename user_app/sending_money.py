"""Send money, as both the pages and the REST API do."""

from __future__ import annotations

import uuid

from money.errors import InvalidAccount
from money.rupees import Paise
from user_app.services import Services
from wallet.caller import Caller
from wallet.send_money import Limits, send


async def send_money_of(
    the: Services, caller: Caller, *, to: str, amount_paise: Paise, note: str | None, reference: str | None
) -> uuid.UUID:
    """The transfer from the caller to the person with the id `to`. Raises what `send_money.send` raises."""
    try:
        recipient = uuid.UUID(to)
    except ValueError as error:
        raise InvalidAccount from error
    sent = await send(
        the.database,
        the.ledger,
        sender=caller.user_id,
        recipient=recipient,
        amount_paise=amount_paise,
        note=note,
        limits=Limits(the.settings.transfer_limit_paise, the.settings.transfer_day_limit_paise),
        reference=reference,
    )
    the.notices.about([caller.user_id, recipient])
    return sent
