"""Emails and phones as they are shown to others and on paper: enough to be recognized, too little to be used."""

from __future__ import annotations

_SHOWN = 4


def masked_email(email: str) -> str:
    """`a***@batua.example`."""
    name, domain = email.rsplit("@", 1)
    return f"{name[:1]}***@{domain}"


def masked_phone(phone: str) -> str:
    """`••••0001`."""
    return "•" * 4 + phone[-_SHOWN:]
