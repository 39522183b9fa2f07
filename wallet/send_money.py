"""Send money to another person: at once, once, and never more than there is."""

from __future__ import annotations

import uuid
from typing import NamedTuple

from money.errors import (
    AmountAboveLimit,
    DayLimitReached,
    InvalidAccount,
    KeyUsedForAnother,
    NotEnoughMoney,
    NoteRefused,
    Refusal,
    WalletFrozen,
)
from money.movements import Kind, Movement, Posting
from money.rupees import Paise
from shared_db.allowances import Allowance
from shared_db.connection import Database, with_retries
from shared_db.ids import new_id
from shared_db.ledger import Ledger
from shared_db.people import has_wallet
from wallet.written import hides_something

LONGEST_NOTE = 140
_REFUSALS: dict[Posting, type[Refusal]] = {
    Posting.UNKNOWN_ACCOUNT: InvalidAccount,
    Posting.CLOSED: InvalidAccount,
    Posting.DAY_LIMIT: DayLimitReached,
    Posting.FROZEN: WalletFrozen,
    Posting.INSUFFICIENT: NotEnoughMoney,
    # Done under this key, and the answer lost on its way; now something else is asked under it.
    Posting.CONFLICT: KeyUsedForAnother,
}


class Limits(NamedTuple):
    """How much one person may send at once, and on one Kolkata day, in paise."""

    once_paise: int
    day_paise: int


async def send(
    database: Database,
    ledger: Ledger,
    *,
    sender: uuid.UUID,
    recipient: uuid.UUID,
    amount_paise: Paise,
    note: str | None,
    limits: Limits,
    reference: str | None = None,
) -> uuid.UUID:
    """The transfer. Under a `reference` that stands already it is the one that was made then.

    Raises InvalidAccount, AmountAboveLimit, DayLimitReached, WalletFrozen or NotEnoughMoney, in this order;
    KeyUsedForAnother where another transfer stands under the `reference`; Busy before anything is done, Unavailable
    when nothing is known to have happened.
    """
    if sender == recipient:
        raise InvalidAccount
    if amount_paise > limits.once_paise:
        if not await with_retries(database, lambda connection: has_wallet(connection, recipient)):
            raise InvalidAccount
        raise AmountAboveLimit(limits.once_paise)
    transfer_id = new_id()
    posted = await ledger.post(
        Movement(
            id=transfer_id,
            reference=reference or f"send:{transfer_id}",
            kind=Kind.SEND,
            source=sender,
            target=recipient,
            amount_paise=amount_paise,
            note=note,
            day_limit_paise=limits.day_paise,
        )
    )
    if posted.outcome in _REFUSALS:
        raise _REFUSALS[posted.outcome]
    assert posted.transfer_id is not None, "what stands in the ledger has an id"
    return posted.transfer_id


def look_ahead(allowance: Allowance, limits: Limits, amount_paise: Paise) -> None:
    """Raise what `send` would as things stand, in the same order; by then it may be otherwise."""
    if amount_paise > limits.once_paise:
        raise AmountAboveLimit(limits.once_paise)
    if allowance.sent_today_paise + amount_paise > limits.day_paise:
        raise DayLimitReached
    if allowance.is_frozen:
        raise WalletFrozen
    if amount_paise > allowance.balance_paise:
        raise NotEnoughMoney


def clean_note(text: str) -> str | None:
    """Trimmed; an empty one is none. Raises NoteRefused for a long one and for what cannot be seen."""
    note = text.strip()
    if len(note) > LONGEST_NOTE or hides_something(note):
        raise NoteRefused
    return note or None
