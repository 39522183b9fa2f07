"""Merchants as rows: written once with their account, found, changed, and vouched for by others."""

from __future__ import annotations

import uuid
from typing import NamedTuple

from psycopg.rows import args_row
from sqlalchemy.exc import IntegrityError
from sqlmodel import col, delete, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

from money.errors import EmailTaken, HandleTaken, IdentityTaken
from shared_db.connection import Connection
from shared_db.models import Account, Balance, Merchant, MerchantIdentity
from shared_db.people import is_open

_SHOP = """
SELECT m.id, m.name, m.handle FROM merchants m JOIN balances b ON b.account_id = m.id AND b.closed_at IS NULL
 WHERE m.handle = %s
"""

_AT = "SELECT id FROM merchants WHERE handle = %s"
_TAKES_PAYMENTS = """
SELECT 1 FROM merchants m JOIN balances b ON b.account_id = m.id AND b.closed_at IS NULL WHERE m.id = %s
"""


class Shop(NamedTuple):
    """What a customer may know of a merchant."""

    id: uuid.UUID
    name: str
    handle: str


async def open_account(session: AsyncSession, merchant: Merchant) -> None:
    """Write a merchant, its account and exactly one balance row of 0. Raises EmailTaken, HandleTaken."""
    session.add(Account(id=merchant.id, kind="merchant", name="merchant"))
    await session.flush()
    session.add(Balance(account_id=merchant.id))
    session.add(merchant)
    try:
        await session.flush()
    except IntegrityError as error:
        # Two sign-ups at once: the unique index lets one through, whoever looked first.
        for constraint, refusal in (
            ("merchants_email_key", EmailTaken),
            ("merchants_handle_key", HandleTaken),
        ):
            if constraint in str(error.orig):
                raise refusal from error
        raise


async def shop_at(connection: Connection, handle: str) -> Shop | None:
    """The open shop with this handle, exactly as it is written."""
    async with connection.cursor(row_factory=args_row(Shop)) as cursor:
        await cursor.execute(_SHOP, (handle,))
        return await cursor.fetchone()


async def merchant_at(connection: Connection, handle: str) -> uuid.UUID | None:
    """Whose handle this is, open or closed. Handles are never changed and never given to another."""
    row = await (await connection.execute(_AT, (handle,))).fetchone()
    return row[0] if row else None


async def takes_payments(connection: Connection, merchant_id: uuid.UUID) -> bool:
    """Whether there is such a shop, and it is open."""
    return await (await connection.execute(_TAKES_PAYMENTS, (merchant_id,))).fetchone() is not None


async def find_by_email(session: AsyncSession, email: str) -> Merchant | None:
    found = await session.exec(select(Merchant).where(col(Merchant.email) == email))
    return found.first()


async def merchant(session: AsyncSession, merchant_id: uuid.UUID) -> Merchant:
    """A merchant who is signed in, and so exists."""
    return (await session.exec(select(Merchant).where(col(Merchant.id) == merchant_id))).one()


async def held(session: AsyncSession, merchant_id: uuid.UUID) -> Merchant:
    """A merchant whom nobody else changes until this transaction ends."""
    locked = select(Merchant).where(col(Merchant.id) == merchant_id).with_for_update(key_share=True)
    return (await session.exec(locked.execution_options(populate_existing=True))).one()


async def is_still_right(session: AsyncSession, merchant_id: uuid.UUID, password_hash: str | None) -> bool:
    """Whether this is still the password, if one was shown, and the account open; then so it stays until the end."""
    shared = select(Merchant.password_hash).where(col(Merchant.id) == merchant_id).with_for_update(read=True)
    known = (await session.exec(shared)).first()
    return password_hash in {known, None} and await is_open(session, merchant_id)


async def change(session: AsyncSession, merchant_id: uuid.UUID, **fields: str | None) -> None:
    """Set the named columns of one merchant."""
    await session.exec(update(Merchant).where(col(Merchant.id) == merchant_id).values(**fields))


async def find_by_identity(session: AsyncSession, issuer: str, subject: str) -> Merchant | None:
    """Whom this provider vouches for under this name."""
    vouched = (
        select(Merchant)
        .join(MerchantIdentity, col(MerchantIdentity.merchant_id) == col(Merchant.id))
        .where(col(MerchantIdentity.issuer) == issuer, col(MerchantIdentity.subject) == subject)
    )
    return (await session.exec(vouched)).first()


async def connect(session: AsyncSession, identity: MerchantIdentity) -> None:
    """From now on this provider vouches for this merchant. Raises IdentityTaken: for another, or by another name."""
    session.add(identity)
    try:
        await session.flush()
    except IntegrityError as error:
        raise IdentityTaken from error


async def disconnect(session: AsyncSession, merchant_id: uuid.UUID, issuer: str) -> None:
    """This provider vouches for this merchant no more."""
    one = delete(MerchantIdentity).where(
        col(MerchantIdentity.merchant_id) == merchant_id, col(MerchantIdentity.issuer) == issuer
    )
    await session.exec(one)


async def identities_of(session: AsyncSession, merchant_id: uuid.UUID) -> list[MerchantIdentity]:
    """Everybody who vouches for this merchant."""
    own = (
        select(MerchantIdentity)
        .where(col(MerchantIdentity.merchant_id) == merchant_id)
        .order_by(col(MerchantIdentity.created_at))
    )
    return list((await session.exec(own)).all())
