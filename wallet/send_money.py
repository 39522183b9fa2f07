"""Send money to another person: at once, once, and never more than there is."""

from __future__ import annotations

import uuid

from money.errors import (
    AmountAboveLimit,
    DayLimitReached,
    InvalidAccount,
    NoteRefused,
    Refusal,
)
from money.movements import Kind, Movement, Posting
from money.rupees import Paise
from shared_db.connection import Database, with_retries
from shared_db.ids import new_id
from shared_db.ledger import Ledger
from shared_db.people import has_wallet
from wallet.spending import Limits, spend
from wallet.written import hides_something

LONGEST_NOTE = 140
_REFUSALS: dict[Posting, type[Refusal]] = {
    Posting.UNKNOWN_ACCOUNT: InvalidAccount,
    Posting.CLOSED: InvalidAccount,
    Posting.DAY_LIMIT: DayLimitReached,
}


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
    movement = Movement(
        id=transfer_id,
        reference=reference or f"send:{transfer_id}",
        kind=Kind.SEND,
        source=sender,
        target=recipient,
        amount_paise=amount_paise,
        note=note,
        day_limit_paise=limits.day_paise,
    )
    return await spend(ledger, movement, _REFUSALS)


def clean_note(text: str) -> str | None:
    """Trimmed; an empty one is none. Raises NoteRefused for a long one and for what cannot be seen."""
    note = text.strip()
    if len(note) > LONGEST_NOTE or hides_something(note):
        raise NoteRefused
    return note or None
