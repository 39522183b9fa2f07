"""Six-digit codes: made for one person, purpose and contact, good for ten minutes, one use and five wrong tries.

The database keeps an HMAC of each under a key of our own: who has read it cannot find a code by trying them all.
"""

from __future__ import annotations

import hmac
import re
import secrets
import uuid
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from money.errors import CodeRefused
from shared_db.models import Code

LIFE = timedelta(minutes=10)
_DIGITS = 6
_SIX_DIGITS = re.compile(r"[0-9]{6}")
_KEY_LABEL = b"batua six-digit codes 1"
"""Makes a key of a secret that has other uses as well."""


class Purpose(StrEnum):
    """What a code proves. One of another purpose proves nothing."""

    VERIFY_EMAIL = "verify_email"
    VERIFY_PHONE = "verify_phone"
    RESET_PASSWORD = "reset_password"  # noqa: S105 # the name of a purpose


class Codes:
    """Makes codes, and the hashes they are known by, under one secret."""

    def __init__(self, *, secret: str) -> None:
        self._key = hmac.digest(secret.encode(), _KEY_LABEL, "sha256")

    def make(self, user_id: uuid.UUID, purpose: Purpose, contact: str) -> tuple[str, Code]:
        """A new code as it is sent, and its row, which does not know it."""
        code = f"{secrets.randbelow(10**_DIGITS):0{_DIGITS}}"
        now = datetime.now(UTC)
        return code, Code(
            user_id=user_id,
            purpose=purpose.value,
            contact=contact,
            code_hash=self.hashed(user_id, purpose, contact, code),
            created_at=now,
            expires_at=now + LIFE,
        )

    def hashed(self, user_id: uuid.UUID, purpose: Purpose, contact: str, code: str) -> str:
        """In hex. Nobody else's code, and none of another purpose or contact, has the same."""
        text = "\n".join((str(user_id), purpose.value, contact, code))
        return hmac.digest(self._key, text.encode(), "sha256").hex()


def clean_code(text: str) -> str:
    """Six digits, without blanks around them. Raises CodeRefused."""
    code = text.strip()
    if not _SIX_DIGITS.fullmatch(code):
        raise CodeRefused
    return code
