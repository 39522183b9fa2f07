"""Ask for a withdrawal as the pages do: first whose account it is, as advice; then once, however often pressed."""

from __future__ import annotations

import asyncio
import uuid
from typing import NamedTuple

from bank_api.client import BankError
from money.rupees import Paise
from runtime.logs import logger
from shared_db.connection import Connection, with_retries
from shared_db.ids import new_id
from shared_db.saved_accounts import save
from shared_ui.services import WebServices
from wallet.caller import Caller

log = logger(__name__)
_ADVICE_WITHIN_SECONDS = 3.0


class Order(NamedTuple):
    """A withdrawal that is about to be confirmed. It is asked for under its own key, so twice is once."""

    key: uuid.UUID
    bank: str
    account_number: str
    ifsc: str
    amount_paise: Paise
    registered_name: str | None = None


def new_order(bank: str, account_number: str, ifsc: str, amount_paise: Paise) -> Order:
    return Order(new_id(), bank, account_number, ifsc, amount_paise)


async def with_name(the: WebServices, order: Order) -> Order:
    """The same with the name in which its bank keeps the account, where the bank says so in time."""
    try:
        async with asyncio.timeout(_ADVICE_WITHIN_SECONDS):
            account = await the.banks[order.bank].verify_account(order.account_number, order.ifsc)
    except (BankError, TimeoutError):
        log.info("the bank did not say whose account this is", bank=order.bank)
        return order
    return order._replace(registered_name=account.registered_name)


async def ask_for(the: WebServices, caller: Caller, order: Order) -> uuid.UUID:
    """The withdrawal. Raises what `Withdrawals.request` raises; the account is kept for the next time."""
    withdrawal_id = await the.withdrawals.request(
        caller.owner_id,
        bank=order.bank,
        account_number=order.account_number,
        ifsc=order.ifsc,
        amount_paise=order.amount_paise,
        reference=f"page:{caller.owner_id}:withdrawal:{order.key}",
    )

    async def keep(connection: Connection) -> None:
        await save(
            connection,
            caller.owner_id,
            bank=order.bank,
            account_number=order.account_number,
            ifsc=order.ifsc,
            registered_name=order.registered_name,
        )

    await with_retries(the.database, keep)
    return withdrawal_id
