"""Bank accounts as people write them: an account number and the IFSC of its branch."""

from __future__ import annotations

import re

from money.errors import AccountNumberRefused, IfscRefused

_ACCOUNT_NUMBER = re.compile(r"[0-9]{9,18}")
_IFSC = re.compile(r"[A-Z]{4}0[A-Z0-9]{6}")
_SHOWN = 4


def parse_account_number(text: str) -> str:
    """9 to 18 ASCII digits; blanks between them are how people read them out. Raises AccountNumberRefused."""
    number = text.replace(" ", "")
    if not _ACCOUNT_NUMBER.fullmatch(number):
        raise AccountNumberRefused
    return number


def parse_ifsc(text: str) -> str:
    """Four letters of the bank, a zero, six of the branch; in capitals. Raises IfscRefused."""
    code = text.strip(" ").upper() if text.isascii() else text
    if not _IFSC.fullmatch(code):
        raise IfscRefused
    return code


def masked(account_number: str) -> str:
    """Its last four digits, as it is shown."""
    return "•" * 4 + account_number[-_SHOWN:]
