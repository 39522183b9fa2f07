"""Withdrawals at a bank that brings each of them to another end."""

from __future__ import annotations

import uuid
from collections.abc import Awaitable, Callable

import httpx

from bank_api.adapters import ADAPTERS
from money.rupees import Paise
from shared_db.saved_accounts import save
from tests.e2e.newcomers import apart
from tests.e2e.stack import Stack, wait_for
from tests.town import Books
from wallet.settle_withdrawal import WithdrawalSettlement
from wallet.withdraw import Withdrawals

_ACCOUNT, _IFSC = "501234567893456", "HDFC0001234"
_AMOUNT_PAISE = Paise(1_00_000_00)
_LONG_NAME = "Thiruvenkatanathapuram Subramaniyaswamy Nagarajan Pillai"
_PENDING_FOR_EVER: dict[str, object] = {"pending_rate": 1, "pending_ms": 30 * 24 * 3600 * 1000}
_ENDS: dict[str, dict[str, object]] = {
    "paid": {},
    "failed": {"fail_rate": 1},
    "reversed": {"reversal_rate": 1, "reversal_after_ms": 100},
    "unknown": _PENDING_FOR_EVER,
}


def withdrawals_of_every_end(stack: Stack, owner: uuid.UUID) -> dict[str, str]:
    """Ids by status. The one that is unknown stays so, and the queued one waits behind it."""
    found: dict[str, str] = {}
    for status, broken in _ENDS.items():
        _break(stack, broken)
        found[status] = asked_for(stack, owner)
        _stands(stack, found[status], status)
    found |= {"queued": asked_for(stack, owner), "cancelled": asked_for(stack, owner)}
    _with_desk(stack, lambda desk: desk.cancel(uuid.UUID(found["cancelled"])))
    _break(stack, {})
    return found


def withdrawal_that_needs_attention(stack: Stack, owner: uuid.UUID) -> str:
    """Its bank has not said for a day what became of it."""
    _break(stack, _PENDING_FOR_EVER)
    found = asked_for(stack, owner)
    _stands(stack, found, "unknown")
    stack.sql("UPDATE withdrawals SET first_sent_at = now() - interval '25 hours' WHERE id = %s", found)
    _stands(stack, found, "needs_attention")
    _break(stack, {})
    return found


def withdrawal_that_waits(stack: Stack, owner: uuid.UUID, amount_paise: int) -> None:
    """Its bank has it and does not say more."""
    _break(stack, _PENDING_FOR_EVER)
    _stands(stack, asked_for(stack, owner, Paise(amount_paise)), "unknown")
    _break(stack, {})


def keep_account(stack: Stack, owner: uuid.UUID) -> None:
    async def keep() -> None:
        async with Books(stack.database_url) as books, books.database.plain() as connection:
            await save(
                connection,
                owner,
                bank="hdfc",
                account_number=_ACCOUNT,
                ifsc=_IFSC,
                registered_name=_LONG_NAME,
            )

    apart(keep())


def asked_for(stack: Stack, owner: uuid.UUID, amount_paise: Paise = _AMOUNT_PAISE) -> str:
    asked: list[uuid.UUID] = []

    async def ask(desk: Withdrawals) -> None:
        asked.append(
            await desk.request(
                owner, bank="hdfc", account_number=_ACCOUNT, ifsc=_IFSC, amount_paise=amount_paise
            )
        )

    _with_desk(stack, ask)
    return str(asked[0])


def _break(stack: Stack, faults: dict[str, object]) -> None:
    answer = httpx.put(f"{stack.bank_url}/hdfc/control/faults", json=faults, timeout=20)
    assert answer.is_success, answer.text


def _stands(stack: Stack, withdrawal: str, status: str) -> None:
    wait_for(
        lambda: stack.rows("SELECT status FROM withdrawals WHERE id = %s", withdrawal) == [(status,)],
        f"a withdrawal to be {status}",
    )


def _with_desk(stack: Stack, work: Callable[[Withdrawals], Awaitable[None]]) -> None:
    async def do() -> None:
        async with Books(stack.database_url) as books:
            contracts = {name: adapter.payout_contract for name, adapter in ADAPTERS.items()}
            settlement = WithdrawalSettlement(books.database, books.notices, contracts)
            desk = Withdrawals(books.database, books.notices, settlement)
            await work(desk)
            await desk.drain()
            await settlement.drain()

    apart(do())
