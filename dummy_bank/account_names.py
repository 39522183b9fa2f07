"""In whose name an account stands: every account exists here, and keeps its name."""

from __future__ import annotations

import hashlib

_FIRST = (
    "Aarav", "Aditi", "Amina", "Arjun", "Deepa", "Farhan", "Gurpreet", "Harish", "Ishaan", "Jaya", "Kavita", "Lakshmi",
    "Manoj", "Neha", "Omkar", "Pooja", "Rahul", "Sana", "Tara", "Vikram",
)  # fmt: skip
_LAST = (
    "Agarwal", "Banerjee", "Chopra", "D'Souza", "Fernandes", "Gupta", "Iyer", "Joshi", "Khan", "Kulkarni", "Menon",
    "Nair", "Patel", "Rao", "Reddy", "Sharma", "Singh", "Thomas", "Verma",
)  # fmt: skip


def registered_name(account_number: str) -> str:
    number = int.from_bytes(hashlib.blake2b(account_number.encode(), digest_size=8).digest())
    others, first = divmod(number, len(_FIRST))
    return f"{_FIRST[first]} {_LAST[others % len(_LAST)]}"
