"""Choose when a shop's balance goes to its bank by itself, where to, and how much of it stays."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime

from money.errors import NoAccountChosen
from money.rupees import parse_typed_rupees
from money.settlements import Plan, Rhythm
from shared_db.connection import Connection, Database, with_retries
from shared_db.saved_accounts import saved_one
from shared_db.settlements import set_plan


async def plan_settlements(
    database: Database, merchant_id: uuid.UUID, plan: Plan, *, saved_account_id: str, keep: str
) -> None:
    """From now on this plan holds. Raises NotAnAmount; NoAccountChosen where it needs an account of the shop's own."""
    keep_paise = parse_keep(keep)

    async def write(connection: Connection) -> None:
        account = await saved_one(connection, merchant_id, saved_account_id)
        if account is None and plan.rhythm is not Rhythm.OFF:
            raise NoAccountChosen
        await set_plan(
            connection,
            merchant_id,
            plan,
            saved_account_id=account.id if account else None,
            keep_paise=keep_paise,
            now=datetime.now(UTC),
        )

    await with_retries(database, write)


def parse_keep(text: str) -> int:
    """What stays, in paise: nothing where nothing is said. Raises NotAnAmount."""
    return 0 if text.strip() in {"", "0"} else parse_typed_rupees(text)
