"""Sign in to a shop with email and password: the same answer, in the same time, for whoever is not known."""

from __future__ import annotations

from money.errors import InputRefused, WrongSignIn
from shared_db.connection import Database
from shared_db.merchants import find_by_email
from wallet import passwords
from wallet.sign_up import clean_email
from wallet.throttle import Throttle


async def sign_in_to_shop(
    database: Database, throttle: Throttle, *, email: str, password: str, address: str
) -> passwords.Verified:
    """Who it is. Raises TooManyTries before any hashing, or WrongSignIn; `address` is the caller's network address."""
    try:
        email = clean_email(email)
    except InputRefused as error:
        raise WrongSignIn from error
    account = counted_as(email)
    await throttle.sign_in(account, address)
    async with database.transaction() as session:
        merchant = await find_by_email(session, email)
    stored = merchant.password_hash if merchant else None
    right = await passwords.matches(password[: passwords.LONGEST + 1], stored)
    if not right or merchant is None:
        raise WrongSignIn
    await throttle.signed_in(account, address)
    return passwords.Verified(merchant.id, merchant.password_hash)


def counted_as(email: str) -> str:
    """Whose tries these are: somebody who guesses at a wallet does not lock the shop of the same email, nor back."""
    return f"shop:{email}"
