"""Six-digit codes as rows: the newest of each person and purpose. Whoever calls holds the person's row."""

from __future__ import annotations

import hmac
import uuid
from datetime import UTC, datetime

from sqlmodel import col, delete, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

from shared_db.models import Code

MOST_WRONG_TRIES = 5


async def put(session: AsyncSession, code: Code) -> None:
    """Write a new code in the place of the last one of its person and purpose."""
    await forget(session, code.user_id, code.purpose)
    session.add(code)
    await session.flush()


async def redeem(
    session: AsyncSession, user_id: uuid.UUID, purpose: str, *, contact: str, code_hash: str
) -> bool:
    """Whether this is the code that was sent there and is still good; it is used up then.

    A wrong one is counted once the transaction is committed: do not raise for it inside.
    """
    found = await session.exec(select(Code).where(col(Code.user_id) == user_id, col(Code.purpose) == purpose))
    code = found.first()
    now = datetime.now(UTC)
    if code is None or not _is_good(code, contact, now):
        return False
    this = update(Code).where(col(Code.user_id) == user_id, col(Code.purpose) == purpose)
    if not hmac.compare_digest(code.code_hash, code_hash):
        await session.exec(this.values(tries=code.tries + 1))
        return False
    await session.exec(this.values(used_at=now))
    return True


async def forget(session: AsyncSession, user_id: uuid.UUID, purpose: str) -> None:
    """As if none had been sent."""
    await session.exec(delete(Code).where(col(Code.user_id) == user_id, col(Code.purpose) == purpose))


def _is_good(code: Code, contact: str, now: datetime) -> bool:
    return (
        code.contact == contact
        and code.used_at is None
        and now < code.expires_at
        and code.tries < MOST_WRONG_TRIES
    )
