"""The password once more, of somebody who is signed in: what cannot be undone by the next press asks for it."""

from __future__ import annotations

from money.errors import WrongPassword
from shared_db.connection import Database
from shared_db.models import User
from shared_db.people import person
from wallet import passwords
from wallet.caller import Caller
from wallet.passwords import Verified
from wallet.throttle import Throttle


async def confirm_password(
    database: Database, throttle: Throttle, caller: Caller, *, password: str, address: str
) -> Verified:
    """Whose it is, counted like a sign-in: a stolen session must not be a way around that limit.

    `address` is the caller's network address, as text. Raises TooManyTries before any hashing, or WrongPassword.
    """
    async with database.transaction() as session:
        user = await person(session, caller.owner_id)
    await throttle.sign_in(user.email, address)
    if not await passwords.matches(password[: passwords.LONGEST + 1], user.password_hash):
        raise WrongPassword
    await throttle.signed_in(user.email, address)
    return Verified(user.id, user.password_hash)


def must_still_be_right(verified: Verified, held: User) -> None:
    """Raises WrongPassword when it was changed between the look and the lock."""
    if held.password_hash != verified.password_hash:
        raise WrongPassword
