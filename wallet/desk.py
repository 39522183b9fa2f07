"""The desk of whoever looks after the books: compare, review, resolve; each opens what it needs, and closes it."""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import date

from bank_api.adapters import ADAPTERS
from bank_api.client import BankClient
from money.desk_errors import NotADay, UnknownBank
from settings import BANKS, settings
from shared_db.connection import Database
from shared_db.notices import Notices
from wallet.reconcile import reconcile
from wallet.resolve import has_failed, resolve, was_paid
from wallet.review import Item, review
from wallet.settle_withdrawal import WithdrawalSettlement

_DAY = re.compile(r"20[0-9]{2}-[0-9]{2}-[0-9]{2}")
_CONTRACTS = {name: adapter.payout_contract for name, adapter in ADAPTERS.items()}


async def compared(url: str, bank: str, day: str) -> dict[str, object]:
    """What `manage.py reconcile` prints. Raises NotADay, UnknownBank, and as `wallet.reconcile` does."""
    wanted = _parse_day(day)
    if bank not in BANKS:
        raise UnknownBank
    there = settings().bank(bank)
    async with (
        _opened(url) as database,
        BankClient(there.api_url, there.api_key.get_secret_value()) as client,
    ):
        found = await reconcile(database, client, bank=bank, day=wanted)
    exceptions = [
        {
            "type": one.type.value,
            "reference": one.reference,
            "ours_paise": one.ours_paise,
            "theirs_paise": one.theirs_paise,
        }
        for one in found.differences
    ]
    return {"bank": bank, "date": wanted.isoformat(), "matched": found.matched, "exceptions": exceptions}


async def waiting(url: str) -> list[Item]:
    """What waits for a person. Raises Unavailable."""
    async with _opened(url) as database:
        return await review(database, _CONTRACTS)


async def resolved(url: str, item: str, *, paid: str | None, failed: str | None, by: str) -> str:
    """What followed from a decision: one of both is given. Raises WordsRefused, and as `wallet.resolve` does."""
    decision = was_paid(paid, by=by) if paid is not None else has_failed(failed or "", by=by)
    async with _opened(url) as database:
        notices = Notices(database)
        settlement = WithdrawalSettlement(database, notices, _CONTRACTS)
        try:
            return await resolve(database, settlement, item, decision)
        finally:
            await settlement.drain()
            await notices.drain()


@asynccontextmanager
async def _opened(url: str) -> AsyncGenerator[Database]:
    database = Database(url, largest_pool=2)
    try:
        yield database
    finally:
        await database.close()


def _parse_day(text: str) -> date:
    """`2026-11-20`. Raises NotADay."""
    try:
        return date.fromisoformat(text if _DAY.fullmatch(text) else "")
    except ValueError:
        raise NotADay from None
