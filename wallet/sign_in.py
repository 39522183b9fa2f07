"""Sign in with email and password: the same answer, in the same time, for whoever is not known."""

from __future__ import annotations

from money.errors import InputRefused, WalletClosed, WrongSignIn
from shared_db.connection import Database
from shared_db.people import find_by_email, is_open
from wallet import passwords
from wallet.sign_up import clean_email
from wallet.throttle import Throttle


async def sign_in(
    database: Database, throttle: Throttle, *, email: str, password: str, address: str
) -> passwords.Verified:
    """Who it is. Raises TooManyTries before any hashing, WrongSignIn, or WalletClosed to whoever knows the password.

    `address` is the caller's network address, as text.
    """
    try:
        email = clean_email(email)
    except InputRefused as error:
        raise WrongSignIn from error
    await throttle.sign_in(email, address)
    async with database.transaction() as session:
        user = await find_by_email(session, email)
    right = await passwords.matches(password[: passwords.LONGEST + 1], user.password_hash if user else None)
    if not right or user is None:
        raise WrongSignIn
    await throttle.signed_in(email, address)
    async with database.transaction() as session:
        if not await is_open(session, user.id):
            raise WalletClosed
    return passwords.Verified(user.id, user.password_hash)
