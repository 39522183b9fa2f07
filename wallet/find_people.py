"""Find somebody to send money to: by the beginning of a name, or by a whole verified phone number or email."""

from __future__ import annotations

import unicodedata

from money.errors import EmailRefused, PhoneRefused
from shared_db.connection import Connection, Database, with_retries
from shared_db.recipients import Recipient, first_by_name, named, with_email, with_phone
from wallet.caller import Caller
from wallet.sign_up import clean_email, clean_phone
from wallet.throttle import Throttle
from wallet.written import hides_something

_LONGEST_TEXT = 254


async def find_people(database: Database, throttle: Throttle, caller: Caller, text: str) -> list[Recipient]:
    """At most 20, never the caller, never a closed wallet; the first by name for an empty text. Raises TooManyTries."""
    sought = " ".join(unicodedata.normalize("NFC", text).split())
    if not sought:
        return await with_retries(database, lambda connection: first_by_name(connection, but=caller.owner_id))
    await throttle.finding_people(str(caller.owner_id))
    if len(sought) > _LONGEST_TEXT or hides_something(sought):
        return []
    return await with_retries(database, lambda connection: _found(connection, caller, sought))


async def _found(connection: Connection, caller: Caller, sought: str) -> list[Recipient]:
    if (email := _email(sought)) is not None:
        return await with_email(connection, email, but=caller.owner_id)
    if (phone := _phone(sought)) is not None:
        return await with_phone(connection, phone, but=caller.owner_id)
    return await named(connection, sought, but=caller.owner_id)


def _email(text: str) -> str | None:
    try:
        return clean_email(text)
    except EmailRefused:
        return None


def _phone(text: str) -> str | None:
    try:
        return clean_phone(text)
    except PhoneRefused:
        return None
