"""The bank's customers: who they are, how they prove it, and what they have."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import sqlite3
from collections import defaultdict, deque
from dataclasses import dataclass

from dummy_bank.brands import BRANDS

DEMO_PASSWORD = "bank-demo-1"  # noqa: S105 # printed on every login page
OPENING_BALANCE_PAISE = 10_00_00_000_00
DEMO_CUSTOMERS = {"9876500001": "Asha", "9876500002": "Ravi", "9876500003": "Meera"}

_ROUNDS = 20_000  # play money: enough to be honest, little enough for a laptop
_SALT_BYTES = 16
_WRONG_TRIES = 10
_WITHIN_SECONDS = 60
_MOST_WATCHED = 10_000


@dataclass(frozen=True, slots=True)
class Customer:
    customer_id: str
    name: str
    balance_paise: int


def seed(connection: sqlite3.Connection) -> None:
    """Open the demo customers' accounts, where there are none."""
    for bank in BRANDS:
        opened = connection.execute("INSERT OR IGNORE INTO collected VALUES (?, 0)", (bank,)).rowcount
        for customer_id, name in DEMO_CUSTOMERS.items() if opened else ():
            connection.execute(
                "INSERT INTO customers VALUES (?, ?, ?, ?, ?)",
                (bank, customer_id, name, hashed(DEMO_PASSWORD), OPENING_BALANCE_PAISE),
            )


def customer(connection: sqlite3.Connection, bank: str, customer_id: str) -> Customer | None:
    row = connection.execute(
        "SELECT customer_id, name, balance_paise FROM customers WHERE bank = ? AND customer_id = ?",
        (bank, customer_id),
    ).fetchone()
    return Customer(*row) if row else None


def password_hash(connection: sqlite3.Connection, bank: str, customer_id: str) -> bytes:
    """The stored hash; one that no password has for an unknown customer, so that both take equally long."""
    row = connection.execute(
        "SELECT password_hash FROM customers WHERE bank = ? AND customer_id = ?", (bank, customer_id)
    ).fetchone()
    stored: bytes = row["password_hash"] if row else bytes(_SALT_BYTES)
    return stored


def hashed(password: str, salt: bytes | None = None) -> bytes:
    """Salt and PBKDF2 of a password. Takes some milliseconds: never on the event loop."""
    salt = salt or secrets.token_bytes(_SALT_BYTES)
    return salt + hashlib.pbkdf2_hmac("sha256", password.encode(), salt, _ROUNDS)


def is_password(password: str, stored: bytes) -> bool:
    return hmac.compare_digest(hashed(password, stored[:_SALT_BYTES]), stored)


class WrongTries:
    """Counts wrong passwords: ten within a minute, and that customer waits for the rest of it."""

    def __init__(self) -> None:
        self._tries: defaultdict[tuple[str, str], deque[float]] = defaultdict(deque)

    def must_wait(self, bank: str, customer_id: str, *, now: float) -> bool:
        tries = self._tries.get((bank, customer_id), ())
        return sum(at > now - _WITHIN_SECONDS for at in tries) >= _WRONG_TRIES

    def add(self, bank: str, customer_id: str, *, now: float) -> None:
        if len(self._tries) > _MOST_WATCHED:
            self._tries.clear()  # somebody invents customers; what is real fills up again at once
        tries = self._tries[bank, customer_id]
        tries.append(now)
        while len(tries) > _WRONG_TRIES:
            tries.popleft()
