"""Rupees at the edges, integer paise inside: the only place where one becomes the other."""

from __future__ import annotations

import re
from typing import NewType

from money.errors import NotAnAmount

Paise = NewType("Paise", int)

LARGEST_PAISE = Paise(2**63 - 1)
"""What a BIGINT holds."""

_PAISE_PER_RUPEE = 100
_PLAIN = re.compile(r"(?P<rupees>[0-9]{1,17})(?:\.(?P<paise>[0-9]{1,2}))?")


def parse_rupees(text: str) -> Paise:
    """`"500"`, `"500.5"` or `"500.50"` as paise.

    Raises NotAnAmount for everything else than a positive amount with at most two decimals: no sign, no
    exponent, no grouping, no blanks, no digits of other scripts.
    """
    match = _PLAIN.fullmatch(text)
    if not match:
        raise NotAnAmount
    paise = int(match["rupees"]) * _PAISE_PER_RUPEE + int((match["paise"] or "0").ljust(2, "0"))
    if not 0 < paise <= LARGEST_PAISE:
        raise NotAnAmount
    return Paise(paise)


def format_rupees(paise: int) -> str:
    """`₹12,34,567.89`, grouped the Indian way; a minus sign stands before the rupee sign."""
    rupees, rest = divmod(abs(paise), _PAISE_PER_RUPEE)
    sign = "-" if paise < 0 else ""
    return f"{sign}₹{_grouped(rupees)}.{rest:02d}"


def json_rupees(paise: int) -> int | float:
    """The JSON number for an amount: whole rupees as an integer, else the shortest decimal that says it."""
    rupees, rest = divmod(abs(paise), _PAISE_PER_RUPEE)
    sign = -1 if paise < 0 else 1
    return sign * (float(f"{rupees}.{rest:02d}") if rest else rupees)


def _grouped(rupees: int) -> str:
    digits = str(rupees)
    head, tail = digits[:-3], digits[-3:]
    while head:
        head, tail = head[:-2], f"{head[-2:]},{tail}"
    return tail
