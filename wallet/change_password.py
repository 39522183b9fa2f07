"""Choose another password, knowing the one before. Every other session and token ends."""

from __future__ import annotations

from runtime.logs import logger
from shared_db import people, sessions
from shared_db.connection import Database
from wallet import passwords
from wallet.caller import Caller
from wallet.confirm_password import confirm_password, must_still_be_right
from wallet.sign_up import SHORTEST_ON_PAGES, clean_password
from wallet.throttle import Throttle

log = logger(__name__)


async def change_password(
    database: Database, throttle: Throttle, caller: Caller, *, current: str, chosen: str, address: str
) -> None:
    """The caller's session stays. `address` is their network address, as text.

    Raises PasswordRefused, TooManyTries, WrongPassword where `current` is not theirs, or SignedOut.
    """
    chosen = clean_password(chosen, shortest=SHORTEST_ON_PAGES)
    verified = await confirm_password(database, throttle, caller, password=current, address=address)
    password_hash = await passwords.hashed(chosen)
    async with database.transaction() as session:
        must_still_be_right(verified, await sessions.held_from(session, caller.owner_id, caller.session_id))
        await people.change(session, caller.owner_id, password_hash=password_hash)
        await sessions.end_others(session, caller.owner_id, but=caller.session_id)
    log.info("password changed", user_id=str(caller.owner_id))
