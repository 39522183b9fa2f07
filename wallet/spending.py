"""What sending to a person and paying a shop have in common: limits, what is refused, and one posting."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import NamedTuple

from money.errors import AmountAboveLimit, KeyUsedForAnother, NotEnoughMoney, Refusal, WalletFrozen
from money.movements import Movement, Posting
from money.rupees import Paise
from shared_db.allowances import Allowance
from shared_db.ledger import Ledger

_REFUSALS: dict[Posting, type[Refusal]] = {
    Posting.FROZEN: WalletFrozen,
    Posting.INSUFFICIENT: NotEnoughMoney,
    # Done under this key, and the answer lost on its way; now something else is asked under it.
    Posting.CONFLICT: KeyUsedForAnother,
}


class Limits(NamedTuple):
    """How much one person may spend at once, and in one way on one Kolkata day, in paise."""

    once_paise: int
    day_paise: int


async def spend(
    ledger: Ledger, movement: Movement, own_refusals: Mapping[Posting, type[Refusal]]
) -> uuid.UUID:
    """The transfer that stands in the ledger by now, from this time or from before.

    Raises what `own_refusals` and every way of spending refuses; Busy before anything is done, Unavailable when nothing
    is known to have happened.
    """
    posted = await ledger.post(movement)
    refusal = own_refusals.get(posted.outcome) or _REFUSALS.get(posted.outcome)
    if refusal:
        raise refusal
    assert posted.transfer_id is not None, "what stands in the ledger has an id"
    return posted.transfer_id


def look_ahead(
    allowance: Allowance, limits: Limits, amount_paise: Paise, *, day_limit: type[Refusal]
) -> None:
    """Raise what the ledger would as things stand, in the same order; by then it may be otherwise."""
    if amount_paise > limits.once_paise:
        raise AmountAboveLimit(limits.once_paise)
    if allowance.sent_today_paise + amount_paise > limits.day_paise:
        raise day_limit
    if allowance.is_frozen:
        raise WalletFrozen
    if amount_paise > allowance.balance_paise:
        raise NotEnoughMoney
