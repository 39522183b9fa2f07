"""Add money from a bank by netbanking: write a pending row, ask the bank for a token, send the browser there."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from urllib.parse import urlsplit

from bank_api.client import BankClient, BankError, BankUnreachable
from money.errors import AmountAboveLimit, BankNotReachable
from money.on_ramp import EXPIRES_AFTER, Status, next_enquiry
from money.rupees import Paise
from runtime.logs import correlated, current_correlation_id, logger
from shared_db.connection import Database
from shared_db.ids import new_id
from shared_db.models import OnRamp
from shared_db.on_ramps import TokenTaken, keep_token, mark_not_started, open_on_ramp

log = logger(__name__)


async def start(
    database: Database,
    bank: BankClient,
    *,
    bank_name: str,
    user_id: uuid.UUID,
    amount_paise: Paise,
    limit_paise: int,
    return_url: str,
) -> OnRamp:
    """The pending on-ramp with the bank's token and page. `{id}` in `return_url` becomes its id.

    Raises AmountAboveLimit; WalletClosed; and BankNotReachable when the bank gave no token. Nothing has moved then.
    """
    if amount_paise > limit_paise:
        raise AmountAboveLimit(limit_paise)
    on_ramp = _pending(user_id, bank_name, amount_paise)
    with correlated(on_ramp.correlation_id):
        async with database.transaction() as session:
            await open_on_ramp(session, on_ramp)
        # The bank is asked outside any transaction: it may take its time, and no lock of ours waits for it.
        try:
            created = await bank.create_payment(
                merchant_reference=str(on_ramp.id),
                user_identifier=str(user_id),
                amount_paise=amount_paise,
                return_url=return_url.replace("{id}", str(on_ramp.id)),
            )
            _must_be_a_page(created.redirect_url)
            async with database.transaction() as session:
                await keep_token(session, on_ramp.id, token=created.token, redirect_url=created.redirect_url)
        except (BankError, TokenTaken) as error:
            log.warning(
                "no token from the bank", bank=bank_name, on_ramp_id=str(on_ramp.id), error=str(error)
            )
            async with database.transaction() as session:
                await mark_not_started(session, on_ramp.id)
            raise BankNotReachable from error
        log.info("on-ramp started", bank=bank_name, on_ramp_id=str(on_ramp.id), amount_paise=amount_paise)
    on_ramp.token, on_ramp.redirect_url = created.token, created.redirect_url
    return on_ramp


def _must_be_a_page(address: str) -> None:
    """The browser is sent there, so it is a web page and no script. Raises BankUnreachable: nonsense is no answer."""
    if urlsplit(address).scheme not in {"http", "https"}:
        raise BankUnreachable("the bank's page is no web address")


def _pending(user_id: uuid.UUID, bank_name: str, amount_paise: Paise) -> OnRamp:
    now = datetime.now(UTC)
    return OnRamp(
        id=new_id(),
        user_id=user_id,
        bank=bank_name,
        amount_paise=amount_paise,
        status=Status.PENDING.value,
        correlation_id=current_correlation_id(),
        created_at=now,
        expires_at=now + EXPIRES_AFTER,
        next_enquiry_at=next_enquiry(now, now),
    )
