"""Change one's own shop: its name, and its password, which may be the first one."""

from __future__ import annotations

from money.errors import LogInAgain, ShopNameRefused, WrongPassword
from runtime.logs import logger
from shared_db import merchants, sessions
from shared_db.connection import Database
from wallet import passwords
from wallet.caller import Caller
from wallet.connect_provider import FRESH, must_be_fresh
from wallet.sign_in_to_shop import counted_as
from wallet.sign_up import SHORTEST_ON_PAGES, clean_name, clean_password
from wallet.throttle import Throttle

log = logger(__name__)


async def rename_shop(database: Database, caller: Caller, *, name: str) -> None:
    """Raises ShopNameRefused, or SignedOut when the session has just ended."""
    name = clean_name(name, ShopNameRefused)
    async with database.transaction() as session:
        await sessions.shop_held_from(session, caller.owner_id, caller.session_id)
        await merchants.change(session, caller.owner_id, name=name)


async def change_shop_password(
    database: Database, throttle: Throttle, caller: Caller, *, current: str, chosen: str, address: str
) -> None:
    """Every other session ends. A shop without a password gets its first one, soon after a log-in only.

    `address` is the caller's network address. Raises PasswordRefused, TooManyTries, WrongPassword, LogInAgain,
    SignedOut.
    """
    chosen = clean_password(chosen, shortest=SHORTEST_ON_PAGES)
    before = await _confirmed(database, throttle, caller, current=current, address=address)
    password_hash = await passwords.hashed(chosen)
    async with database.transaction() as session:
        held = await sessions.shop_held_from(session, caller.owner_id, caller.session_id)
        if held.password_hash != before:
            raise WrongPassword
        if before is None and not await sessions.has_begun_within(session, caller.session_id, FRESH):
            raise LogInAgain
        await merchants.change(session, caller.owner_id, password_hash=password_hash)
        await sessions.end_others(session, caller.owner_id, but=caller.session_id)
    log.info("password changed", merchant_id=str(caller.owner_id))


async def _confirmed(
    database: Database, throttle: Throttle, caller: Caller, *, current: str, address: str
) -> str | None:
    """The hash of the password that was shown, None where the shop has none."""
    async with database.transaction() as session:
        merchant = await merchants.merchant(session, caller.owner_id)
    if merchant.password_hash is None:
        await must_be_fresh(database, caller)
        return None
    account = counted_as(merchant.email)
    await throttle.sign_in(account, address)
    if not await passwords.matches(current[: passwords.LONGEST + 1], merchant.password_hash):
        raise WrongPassword
    await throttle.signed_in(account, address)
    return merchant.password_hash
