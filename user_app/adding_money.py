"""Start an on-ramp, as both the page and the REST API do."""

from __future__ import annotations

from money.rupees import Paise
from shared_db.models import OnRamp
from shared_ui.services import WebServices
from wallet import add_money
from wallet.caller import Caller


async def start_on_ramp_of(the: WebServices, caller: Caller, *, bank: str, amount_paise: Paise) -> OnRamp:
    """The caller's new on-ramp with the bank's page. Raises what `add_money.start` raises."""
    try:
        return await add_money.start(
            the.database,
            the.banks[bank],
            bank_name=bank,
            user_id=caller.owner_id,
            amount_paise=amount_paise,
            limit_paise=the.settings.on_ramp_limit_paise,
            return_url=f"{the.settings.user_url}/on-ramp?id={{id}}",
        )
    finally:
        # Their open pages show the attempt, whatever became of it.
        the.notices.about([caller.owner_id])
