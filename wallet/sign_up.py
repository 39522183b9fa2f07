"""Sign up: one person, one wallet of 0, in one transaction."""

from __future__ import annotations

import re
import unicodedata

from email_validator import EmailNotValidError, validate_email

from money.errors import InputRefused
from shared_db.connection import Database
from shared_db.ids import new_id
from shared_db.models import User
from shared_db.people import open_wallet
from wallet import passwords

_LONGEST_NAME = 50
_MOBILE = re.compile(r"(?:\+91|91|0)?(?P<number>[6-9][0-9]{9})")
_INVISIBLE = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
_JOINERS = {"\u200c", "\u200d"}
"""Zero-width joiners: Indian scripts need them inside words."""
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
    """The new person. Raises InputRefused, EmailTaken or PhoneTaken."""
    user = User(
        id=new_id(),
        email=clean_email(email),
        phone=clean_phone(phone) if phone is not None else None,
        first_name=clean_name(first_name),
        last_name=clean_name(last_name),
        password_hash=await passwords.hashed(clean_password(password)),
    )
    async with database.transaction() as session:
        await open_wallet(session, user)
    return passwords.Verified(user.id, user.password_hash)


def clean_email(text: str) -> str:
    """Trimmed and case-folded. Raises InputRefused; whether the mailbox exists is not asked."""
    try:
        checked = validate_email(text.strip(), check_deliverability=False, test_environment=True)
    except EmailNotValidError as error:
        raise InputRefused from error
    return checked.normalized.casefold()


def clean_name(text: str) -> str:
    """Trimmed, 1 to 50 characters of any script. Raises InputRefused, also where nothing of it can be seen."""
    name = unicodedata.normalize("NFC", text).strip()
    hidden = any(unicodedata.category(one) in _INVISIBLE and one not in _JOINERS for one in name)
    shows = any(one.isalnum() and one not in _BLANK_LETTERS for one in name)
    if not 1 <= len(name) <= _LONGEST_NAME or hidden or not shows:
        raise InputRefused
    return name


def clean_phone(text: str) -> str:
    """An Indian mobile number as E.164, `+919876500001`. Raises InputRefused.

    People write it with 0, 91 or +91 before it, and with blanks or hyphens inside.
    """
    match = _MOBILE.fullmatch(text.strip().replace(" ", "").replace("-", ""))
    if not match:
        raise InputRefused
    return f"+91{match['number']}"


def clean_password(text: str) -> str:
    """6 to 256 characters, as they are. Raises InputRefused."""
    if not passwords.SHORTEST <= len(text) <= passwords.LONGEST:
        raise InputRefused
    return text
