"""Freeze one's wallet by a press: it takes money in and lets none out. Unfreezing asks for the password."""

from __future__ import annotations

from runtime.logs import logger
from shared_db import sessions, wallets
from shared_db.connection import Database
from wallet.caller import Caller
from wallet.confirm_password import confirm_password, must_still_be_right
from wallet.throttle import Throttle

log = logger(__name__)


async def freeze(database: Database, caller: Caller) -> None:
    """From now on nothing is sent, and queued withdrawals wait; again: the same. Raises SignedOut."""
    async with database.transaction() as session:
        await sessions.held_from(session, caller.owner_id, caller.session_id)
        await wallets.freeze(session, caller.owner_id)
    log.info("wallet frozen", user_id=str(caller.owner_id))


async def unfreeze(
    database: Database, throttle: Throttle, caller: Caller, *, password: str, address: str
) -> None:
    """What waits leaves within seconds. `address` is the caller's network address, as text.

    Raises TooManyTries, WrongPassword or SignedOut.
    """
    verified = await confirm_password(database, throttle, caller, password=password, address=address)
    async with database.transaction() as session:
        must_still_be_right(verified, await sessions.held_from(session, caller.owner_id, caller.session_id))
        await wallets.unfreeze(session, caller.owner_id)
    log.info("wallet unfrozen", user_id=str(caller.owner_id))
