"""Sign up: one person, one wallet of 0, in one transaction."""

from __future__ import annotations

import re
import unicodedata

from email_validator import EmailNotValidError, validate_email

from money.errors import (
    EmailRefused,
    FirstNameRefused,
    InputRefused,
    LastNameRefused,
    PasswordRefused,
    PhoneRefused,
)
from shared_db.connection import Database
from shared_db.ids import new_id
from shared_db.models import User
from shared_db.people import open_wallet
from wallet import passwords
from wallet.written import hides_something

SHORTEST_ON_PAGES = 8
"""Characters of a password that is chosen on a page. The REST API keeps an older promise, `passwords.SHORTEST`."""
_LONGEST_NAME = 50
_MOBILE = re.compile(r"(?:\+91|91|0)?(?P<number>[6-9][0-9]{9})")
_BLANK_LETTERS = {"\u115f", "\u1160", "\u3164", "\uffa0"}
"""Letters by their class that nobody can see."""


async def sign_up(
    database: Database,
    *,
    email: str,
    first_name: str,
    last_name: str,
    password: str,
    phone: str | None = None,
) -> passwords.Verified:
    """The new person, who has yet to verify email and phone. Raises InputRefused or EmailTaken.

    A phone that is somebody else's is no error here and tells nothing: that shows when it is to be verified.
    """
    user = User(
        id=new_id(),
        email=clean_email(email),
        phone=clean_phone(phone) if phone is not None else None,
        first_name=clean_name(first_name, FirstNameRefused),
        last_name=clean_name(last_name, LastNameRefused),
        password_hash=await passwords.hashed(clean_password(password)),
    )
    async with database.transaction() as session:
        await open_wallet(session, user)
    return passwords.Verified(user.id, user.password_hash)


def clean_email(text: str) -> str:
    """Trimmed and case-folded. Raises EmailRefused; whether the mailbox exists is not asked."""
    try:
        checked = validate_email(text.strip(), check_deliverability=False, test_environment=True)
    except EmailNotValidError as error:
        raise EmailRefused from error
    return checked.normalized.casefold()


def clean_name(text: str, refusal: type[InputRefused]) -> str:
    """Trimmed, 1 to 50 characters of any script. Raises `refusal`, also where nothing of it can be seen."""
    name = unicodedata.normalize("NFC", text).strip()
    shows = any(one.isalnum() and one not in _BLANK_LETTERS for one in name)
    if not 1 <= len(name) <= _LONGEST_NAME or hides_something(name) or not shows:
        raise refusal
    return name


def clean_phone(text: str) -> str:
    """An Indian mobile number as E.164, `+919876500001`. Raises PhoneRefused.

    People write it with 0, 91 or +91 before it, and with blanks or hyphens inside.
    """
    match = _MOBILE.fullmatch(text.strip().replace(" ", "").replace("-", ""))
    if not match:
        raise PhoneRefused
    return f"+91{match['number']}"


def clean_password(text: str, *, shortest: int = passwords.SHORTEST) -> str:
    """6 to 256 characters, as they are; pages ask for `SHORTEST_ON_PAGES`. Raises PasswordRefused."""
    if not shortest <= len(text) <= passwords.LONGEST:
        raise PasswordRefused
    return text
