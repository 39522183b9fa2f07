"""The numbers that a bank gives to what it has moved: unique, believable, and meaning nothing."""

from __future__ import annotations

import secrets
import sqlite3

from dummy_bank.brands import BRANDS


def new_reference(connection: sqlite3.Connection, bank: str) -> str:
    """A reference (UTR) that stands nowhere in the books yet."""
    while True:
        reference = f"{BRANDS[bank].reference_prefix}{secrets.randbelow(10**11):011d}"
        taken = connection.execute(
            "SELECT 1 FROM payments WHERE bank_reference = ?1 UNION ALL SELECT 1 FROM movements WHERE utr = ?1"
            " UNION ALL SELECT 1 FROM payout_movements WHERE utr = ?1",
            (reference,),
        ).fetchone()
        if not taken:
            return reference
