"""The comparison everyone writes first: a transfer through SQLModel sessions and row locks.

It checks funds, moves them, and writes the transfer and two entries on our own tables. It knows no reference that
stands already, no limits, no frozen wallets and no day's totals.
"""

from __future__ import annotations

import uuid
from datetime import UTC, datetime

from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import create_async_engine
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from money.errors import NotEnoughMoney
from money.movements import Kind
from money.rupees import Paise
from shared_db.ids import new_id
from shared_db.models import Balance, Entry, Transfer


class RowLocks:
    """Sends money with one session and one transaction for each transfer."""

    def __init__(self, url: str, *, connections: int) -> None:
        self._engine = create_async_engine(
            make_url(url).set(drivername="postgresql+psycopg"), pool_size=connections, max_overflow=0
        )

    async def send(self, sender: uuid.UUID, recipient: uuid.UUID, amount_paise: Paise) -> uuid.UUID:
        """The transfer. Raises NotEnoughMoney."""
        both = (
            select(Balance)
            .where(col(Balance.account_id).in_((sender, recipient)))
            .order_by(col(Balance.account_id))
            .with_for_update()
        )
        async with AsyncSession(self._engine, expire_on_commit=False) as session, session.begin():
            rows = {row.account_id: row for row in await session.exec(both)}
            if rows[sender].balance_paise < amount_paise:
                raise NotEnoughMoney
            now = datetime.now(UTC)
            transfer = Transfer(
                id=new_id(),
                reference=f"send:{new_id()}",
                kind=Kind.SEND.value,
                source_id=sender,
                target_id=recipient,
                amount_paise=amount_paise,
                created_at=now,
            )
            session.add(transfer)
            for account, amount in ((sender, -amount_paise), (recipient, amount_paise)):
                row = rows[account]
                row.balance_paise += amount
                row.last_number += 1
                session.add(
                    Entry(
                        account_id=account,
                        number=row.last_number,
                        transfer_id=transfer.id,
                        amount_paise=amount,
                        balance_after_paise=row.balance_paise,
                        created_at=now,
                    )
                )
        return transfer.id

    async def close(self) -> None:
        await self._engine.dispose()
