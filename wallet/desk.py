"""The desk of whoever looks after the books: compare, review, resolve; each opens what it needs, and closes it."""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import date

from bank_api.adapters import ADAPTERS
from bank_api.client import BankClient
from money.desk_errors import NotADay, UnknownBank
from settings import BANKS, settings
from shared_db.connection import Database
from shared_db.notices import Notices
from shared_db.restores import let_out
from wallet.catch_up import catch_up
from wallet.reconcile import reconcile
from wallet.resolve import has_failed, one_line, resolve, resolve_lost, was_paid
from wallet.resolve_lost import whose
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


async def resolved(
    url: str,
    item: str,
    *,
    paid: str | None,
    failed: str | None,
    by: str,
    owner: str | None = None,
    account: str | None = None,
) -> str:
    """What followed from a decision: one of `paid` and `failed` is given. Raises WordsRefused, and as `wallet.resolve`.

    With `owner`, it is about a payment or payout whose row was lost; `account` is where such a payout went.
    """
    decision = was_paid(paid, by=by) if paid is not None else has_failed(failed or "", by=by)
    async with _opened(url) as database:
        notices = Notices(database)
        settlement = WithdrawalSettlement(database, notices, _CONTRACTS)
        try:
            if owner is None:
                return await resolve(database, settlement, item, decision)
            of = whose(owner, account)
            followed = await resolve_lost(database, item, decision, of)
            notices.about([of.owner_id])
            return followed
        finally:
            await settlement.drain()
            await notices.drain()


async def caught_up(url: str, *, open_by: str | None) -> dict[str, object]:
    """What `manage.py catch-up` prints. With a name and nothing undecided, money may leave again.

    "stopped" is what it stays where it was held once more meanwhile, or where our books do not add up.

    Raises WordsRefused, and as `wallet.catch_up` does.
    """
    name = one_line(open_by) if open_by is not None else None
    async with _opened(url) as database, AsyncExitStack() as stack:
        clients = {
            bank: await stack.enter_async_context(BankClient(there.api_url, there.api_key.get_secret_value()))
            for bank in BANKS
            for there in [settings().bank(bank)]
        }
        found = await catch_up(database, clients)
    outgoing = "held"
    if name is not None and not found.undecided:
        outgoing = "open" if let_out(url, name, up_to=found.restore.number) else "stopped"
    return found.as_json() | {"outgoing": outgoing}


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
