"""People as rows: written once with their wallet, changed, found."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy.exc import IntegrityError
from sqlmodel import col, or_, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

from money.errors import EmailTaken, PhoneTaken
from shared_db.connection import Connection
from shared_db.models import Account, Balance, User

MOST_FOUND = 20
_HAS_WALLET = """
SELECT 1 FROM users u JOIN balances b ON b.account_id = u.id AND b.closed_at IS NULL WHERE u.id = %s
"""


async def open_wallet(session: AsyncSession, user: User) -> None:
    """Write a person, their account and exactly one balance row of 0. Raises EmailTaken."""
    session.add(Account(id=user.id, kind="user", name="user"))
    await session.flush()
    session.add(Balance(account_id=user.id))
    session.add(user)
    try:
        await session.flush()
    except IntegrityError as error:
        # Two sign-ups at once: the unique index lets one through, whoever looked first.
        if "users_email_key" in str(error.orig):
            raise EmailTaken from error
        raise


async def find_by_email(session: AsyncSession, email: str) -> User | None:
    found = await session.exec(select(User).where(col(User.email) == email))
    return found.first()


async def person(session: AsyncSession, user_id: uuid.UUID) -> User:
    """A person who is signed in, and so exists."""
    return (await session.exec(select(User).where(col(User.id) == user_id))).one()


async def held(session: AsyncSession, user_id: uuid.UUID) -> User:
    """A person whose row, and whose codes with it, nobody else changes until this transaction ends."""
    found = await session.exec(select(User).where(col(User.id) == user_id).with_for_update(key_share=True))
    return found.one()


async def held_by_email(session: AsyncSession, email: str) -> User | None:
    """The same, for whoever has this email."""
    found = await session.exec(select(User).where(col(User.email) == email).with_for_update(key_share=True))
    return found.first()


async def hash_held_still(session: AsyncSession, user_id: uuid.UUID) -> str | None:
    """A person's password hash, which cannot change until this transaction ends; None where their wallet is closed."""
    found = await session.exec(
        select(User.password_hash).where(col(User.id) == user_id).with_for_update(read=True)
    )
    password_hash = found.first()
    return password_hash if await is_open(session, user_id) else None


async def is_still_right(session: AsyncSession, user_id: uuid.UUID, password_hash: str | None) -> bool:
    """Whether this is still a person's password and their wallet open; then so it stays until this transaction ends."""
    return await hash_held_still(session, user_id) == password_hash


async def is_held_open(session: AsyncSession, user_id: uuid.UUID) -> bool:
    """Whether a person's wallet is open; then it stays so until this transaction ends."""
    await session.exec(select(User.id).where(col(User.id) == user_id).with_for_update(read=True))
    return await is_open(session, user_id)


async def is_open(session: AsyncSession, user_id: uuid.UUID) -> bool:
    """Whether a person's wallet is open. After a lock it sees what the lock has waited for."""
    wallet = select(Balance.account_id).where(
        col(Balance.account_id) == user_id, col(Balance.closed_at).is_(None)
    )
    return (await session.exec(wallet)).first() is not None


async def anybody_but(session: AsyncSession, emails: list[str]) -> bool:
    """Whether there is a person with none of these emails."""
    found = await session.exec(select(User.id).where(col(User.email).not_in(emails)).limit(1))
    return found.first() is not None


async def change(session: AsyncSession, user_id: uuid.UUID, **fields: str | datetime | None) -> None:
    """Set the named columns of one person. Raises PhoneTaken when a phone is verified that is somebody else's."""
    try:
        await session.exec(update(User).where(col(User.id) == user_id).values(**fields))
    except IntegrityError as error:
        # Two at once: the unique index lets one through, whoever looked first.
        if "users_verified_phone_key" in str(error.orig):
            raise PhoneTaken from error
        raise


async def find_by_name(session: AsyncSession, text: str, *, but: uuid.UUID | None) -> list[User]:
    """At most 20 people with an open wallet whose first or last name holds this very text, in any case; never `but`."""
    statement = (
        select(User)
        .join(Balance, col(Balance.account_id) == col(User.id))
        .where(col(Balance.closed_at).is_(None))
        .order_by(col(User.first_name), col(User.last_name), col(User.id))
        .limit(MOST_FOUND)
    )
    if text:
        statement = statement.where(
            or_(
                col(User.first_name).icontains(text, autoescape=True),
                col(User.last_name).icontains(text, autoescape=True),
            )
        )
    if but is not None:
        statement = statement.where(col(User.id) != but)
    return list((await session.exec(statement)).all())


async def has_wallet(connection: Connection, user_id: uuid.UUID) -> bool:
    """Whether there is such a person, and their wallet is open."""
    cursor = await connection.execute(_HAS_WALLET, (user_id,))
    return await cursor.fetchone() is not None
