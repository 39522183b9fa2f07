"""Shops for the tests: merchants without a password that could be typed, and payments to them."""

from __future__ import annotations

import uuid

from money.errors import Refusal
from money.movements import Kind, Movement, Posting
from money.rupees import Paise
from shared_db.ids import new_id
from shared_db.merchants import open_account
from shared_db.models import Merchant
from tests.town import Books
from wallet.refund_payment import Given, refund_payment


async def shop(books: Books, *, name: str = "Chai Point", handle: str | None = None) -> uuid.UUID:
    """A shop that is open, and has nothing yet."""
    one = new_id()
    merchant = Merchant(
        id=one,
        email=f"{one}@shops.example",
        name=name,
        handle=handle or f"shop{one.hex[-12:]}",
        password_hash="-",
    )
    async with books.database.transaction() as session:
        await open_account(session, merchant)
    return one


async def paid(
    books: Books, payer: uuid.UUID, merchant: uuid.UUID, paise: int, *, note: str | None = None
) -> uuid.UUID:
    """A payment that stands in the ledger."""
    one = new_id()
    movement = Movement(one, f"payment:{one}", Kind.PAYMENT, payer, merchant, Paise(paise), note=note)
    assert await books.post(movement) == [Posting.POSTED]
    return one


async def given_back(
    books: Books, merchant: uuid.UUID, payment: uuid.UUID, paise: int, *, reason: str = "Sold out"
) -> Given:
    """A refund as the shop gives it that has looked at the payment just now."""
    return await refund_payment(
        books.database,
        books.notices,
        merchant=merchant,
        payment=payment,
        before_paise=await refunded(books, payment),
        amount_paise=Paise(paise),
        reason=reason,
    )


async def gives_back(books: Books, merchant: uuid.UUID, paise: int) -> bool:
    """Of any payment of which so much is left; whether it was granted."""
    left = await books.ask(
        "SELECT t.id FROM transfers t LEFT JOIN refunded_payments p ON p.payment_id = t.id"
        " WHERE t.kind = 'payment' AND t.target_id = %s AND t.amount_paise - coalesce(p.refunded_paise, 0) >= %s"
        " ORDER BY t.id LIMIT 1",
        merchant,
        paise,
    )
    if not left:
        return False
    try:
        await given_back(books, merchant, left[0][0], paise)
    except Refusal:
        return False
    return True


async def refunded(books: Books, payment: uuid.UUID) -> int:
    """How much of it was given back by now."""
    rows = await books.ask("SELECT refunded_paise FROM refunded_payments WHERE payment_id = %s", payment)
    return rows[0][0] if rows else 0
