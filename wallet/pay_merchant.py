"""Pay a shop: at once, once, and never more than there is."""

from __future__ import annotations

import re
import uuid

from money.errors import (
    AmountAboveLimit,
    DayLimitAtShopsReached,
    Refusal,
    ShopNotFound,
)
from money.movements import Kind, Movement, Posting
from money.rupees import Paise
from shared_db.connection import Database, with_retries
from shared_db.ids import new_id
from shared_db.ledger import Ledger
from shared_db.merchants import Shop, merchant_at, shop_at, takes_payments
from wallet.spending import Limits, spend

_HANDLE = re.compile(r"[a-z][a-z0-9]{2,29}")
_MOST_KNOWN = 50_000
_REFUSALS: dict[Posting, type[Refusal]] = {
    Posting.UNKNOWN_ACCOUNT: ShopNotFound,
    Posting.CLOSED: ShopNotFound,
    Posting.DAY_LIMIT: DayLimitAtShopsReached,
}


class Handles:
    """Whose handle is whose, asked once each: it never changes, so a crowd at one counter asks the ledger alone."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._known: dict[str, uuid.UUID] = {}

    async def owner_of(self, text: str) -> uuid.UUID:
        """The merchant with this handle, open or closed. Raises ShopNotFound."""
        handle = written_handle(text)
        known = self._known.get(handle)
        if known is None:
            known = await with_retries(self._database, lambda connection: merchant_at(connection, handle))
            if known is None:
                raise ShopNotFound
            if len(self._known) >= _MOST_KNOWN:
                self._known.clear()
            self._known[handle] = known
        return known


async def pay(
    database: Database,
    ledger: Ledger,
    *,
    payer: uuid.UUID,
    merchant: uuid.UUID,
    amount_paise: Paise,
    note: str | None,
    limits: Limits,
    reference: str | None = None,
) -> uuid.UUID:
    """The payment. Under a `reference` that stands already it is the one that was made then.

    Raises ShopNotFound, AmountAboveLimit, DayLimitAtShopsReached, WalletFrozen or NotEnoughMoney, in this order;
    KeyUsedForAnother where another transfer stands under the `reference`; Busy before anything is done, Unavailable
    when nothing is known to have happened.
    """
    if amount_paise > limits.once_paise:
        if not await with_retries(database, lambda connection: takes_payments(connection, merchant)):
            raise ShopNotFound
        raise AmountAboveLimit(limits.once_paise)
    payment_id = new_id()
    movement = Movement(
        id=payment_id,
        reference=reference or f"payment:{payment_id}",
        kind=Kind.PAYMENT,
        source=payer,
        target=merchant,
        amount_paise=amount_paise,
        note=note,
        day_limit_paise=limits.day_paise,
    )
    return await spend(ledger, movement, _REFUSALS)


async def shop_with(database: Database, text: str) -> Shop:
    """The open shop with this handle, as customers know it. Raises ShopNotFound."""
    handle = written_handle(text)
    found = await with_retries(database, lambda connection: shop_at(connection, handle))
    if found is None:
        raise ShopNotFound
    return found


def written_handle(text: str) -> str:
    """As it stands in the books: trimmed, in small letters, without an `@`. Raises ShopNotFound for what is none."""
    handle = text.strip().removeprefix("@").lower()
    if not _HANDLE.fullmatch(handle):
        raise ShopNotFound
    return handle
