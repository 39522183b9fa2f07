"""Close one's wallet for good, once nothing is in it and nothing on its way."""

from __future__ import annotations

from money.errors import MoneyComing, MoneyInWallet, MoneyOnHold, NotClosed, WithdrawalOpen
from runtime.logs import logger
from shared_db import people, sessions, wallets
from shared_db.connection import Database
from shared_db.wallets import Obstacle
from wallet.caller import Caller
from wallet.confirm_password import confirm_password, must_still_be_right
from wallet.throttle import Throttle

log = logger(__name__)

REFUSALS: dict[Obstacle, type[NotClosed]] = {
    "balance": MoneyInWallet,
    "hold": MoneyOnHold,
    "on_ramp": MoneyComing,
    "withdrawal": WithdrawalOpen,
}
"""What to say of each thing that keeps it open."""


async def close_wallet(
    database: Database, throttle: Throttle, caller: Caller, *, password: str, address: str
) -> None:
    """Nobody signs in, finds or pays it from now on; every session ends, and the email stays taken.

    The phone is free for its owner's next wallet. `address` is the caller's network address, as text. Raises
    TooManyTries, WrongPassword, SignedOut, or the NotClosed of the first thing that keeps it open.
    """
    verified = await confirm_password(database, throttle, caller, password=password, address=address)
    async with database.transaction() as session:
        must_still_be_right(verified, await sessions.held_from(session, caller.owner_id, caller.session_id))
        obstacles = await wallets.close(session, caller.owner_id)
        if obstacles:
            raise REFUSALS[obstacles[0]]
        await people.change(session, caller.owner_id, phone_verified_at=None)
        await sessions.end_all(session, caller.owner_id)
    log.info("wallet closed", user_id=str(caller.owner_id))
