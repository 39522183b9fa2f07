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
_TYPED = re.compile(r"(?:₹[ \t]?)?(?P<amount>(?:[0-9]+|[1-9][0-9]?(?:,[0-9]{2})*,[0-9]{3})(?:\.[0-9]+)?)")
_LONGEST_TYPED = 64
_SIZES = ((10**7, "Cr"), (10**5, "L"), (10**3, "K"))


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


def parse_typed_rupees(text: str) -> Paise:
    """What a person types on a page: also `"1,00,000.00"`, `"₹ 500"` and blanks around it.

    Raises NotAnAmount for everything that parse_rupees refuses then, and for commas that stand elsewhere than the
    Indian way: whoever writes 100,000 may have meant another amount.
    """
    match = _TYPED.fullmatch(text.strip(" \t")) if len(text) <= _LONGEST_TYPED else None
    if not match:
        raise NotAnAmount
    return parse_rupees(match["amount"].replace(",", ""))


def format_rupees(paise: int) -> str:
    """`₹12,34,567.89`, grouped the Indian way; a minus sign stands before the rupee sign."""
    rupees, rest = rupees_and_paise(paise)
    sign = "-" if paise < 0 else ""
    return f"{sign}₹{_grouped(rupees)}.{rest:02d}"


def decimal_rupees(paise: int) -> str:
    """`-1234.50`, as programs and spreadsheets read it."""
    rupees, rest = rupees_and_paise(paise)
    return f"{'-' if paise < 0 else ''}{rupees}.{rest:02d}"


def json_rupees(paise: int) -> int | float:
    """The JSON number for an amount: whole rupees as an integer, else the shortest decimal that says it."""
    rupees, rest = rupees_and_paise(paise)
    sign = -1 if paise < 0 else 1
    return sign * (float(f"{rupees}.{rest:02d}") if rest else rupees)


def short_rupees(paise: int) -> str:
    """`₹50`, `₹7.5K`, `₹25L`, `₹2.25Cr`: how an axis says a round amount, cut after two decimals."""
    rupees, _ = rupees_and_paise(paise)
    size, sign = next(((size, sign) for size, sign in _SIZES if rupees >= size), (1, ""))
    whole, rest = divmod(rupees * _PAISE_PER_RUPEE // size, _PAISE_PER_RUPEE)
    decimals = f".{rest:02d}".rstrip("0").rstrip(".")
    return f"{'-' if paise < 0 else ''}₹{_grouped(whole)}{decimals}{sign}"


def rupees_and_paise(paise: int) -> tuple[int, int]:
    """The two parts of an amount, without its sign."""
    return divmod(abs(paise), _PAISE_PER_RUPEE)


def _grouped(rupees: int) -> str:
    digits = str(rupees)
    head, tail = digits[:-3], digits[-3:]
    while head:
        head, tail = head[:-2], f"{head[-2:]},{tail}"
    return tail
