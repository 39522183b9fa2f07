"""A payment at the bank: created, then paid, declined or expired; a paid one may be refunded, once.

Every function here runs inside one transaction of the books.
"""

from __future__ import annotations

import secrets
import sqlite3
from dataclasses import dataclass, replace

from bank_api.messages import NewPayment, PaymentStatus
from dummy_bank.announcements import announce
from dummy_bank.brands import BRANDS
from dummy_bank.payment import Payment
from dummy_bank.refusals import (
    AlreadyDecided,
    NotEnoughMoney,
    NotPaid,
    ReferenceReused,
    UnknownCustomer,
    UnknownPayment,
)

LIFETIME_MS = 15 * 60 * 1000
_COLUMNS = (
    "token, bank, merchant_reference, user_identifier, amount_paise, return_url, status,"
    " customer_id, bank_reference, correlation_id, created_at_ms"
)


@dataclass(frozen=True, slots=True)
class Decision:
    """How a payment stands after a button was pressed; `event_id` None where it stood so before."""

    payment: Payment
    event_id: str | None


def create(
    connection: sqlite3.Connection, bank: str, order: NewPayment, *, correlation_id: str, now_ms: int
) -> Payment:
    """A new payment, or the one that this reference stands for. Raises ReferenceReused."""
    payment = Payment(
        token="pay_" + secrets.token_urlsafe(24),
        bank=bank,
        merchant_reference=order.merchant_reference,
        user_identifier=order.user_identifier,
        amount_paise=order.amount_paise,
        return_url=order.return_url,
        status="created",
        customer_id=None,
        bank_reference=None,
        correlation_id=correlation_id,
        created_at_ms=now_ms,
    )
    row = connection.execute(
        f"SELECT {_COLUMNS} FROM payments WHERE bank = ? AND merchant_reference = ?",  # noqa: S608 # a constant
        (bank, order.merchant_reference),
    ).fetchone()
    if row is None:
        connection.execute(
            f"INSERT INTO payments ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",  # noqa: S608
            (
                payment.token, bank, order.merchant_reference, order.user_identifier, order.amount_paise,
                order.return_url, "created", None, None, correlation_id, now_ms,
            ),
        )  # fmt: skip
        return payment
    known = Payment(*row)
    if (known.user_identifier, known.amount_paise, known.return_url) != (
        order.user_identifier,
        order.amount_paise,
        order.return_url,
    ):
        raise ReferenceReused
    return known


def find(connection: sqlite3.Connection, bank: str, token: str, *, now_ms: int) -> Payment:
    """Raises UnknownPayment, for the other bank's tokens too."""
    row = connection.execute(
        f"SELECT {_COLUMNS} FROM payments WHERE bank = ? AND token = ?",  # noqa: S608 # a constant
        (bank, token),
    ).fetchone()
    if row is None:
        raise UnknownPayment
    payment = Payment(*row)
    too_late = payment.status == "created" and now_ms >= payment.created_at_ms + LIFETIME_MS
    return replace(payment, status="expired") if too_late else payment


def approve(
    connection: sqlite3.Connection, bank: str, token: str, customer_id: str, *, now_ms: int
) -> Decision:
    """Take the amount from this customer, and write the event that tells the merchant.

    Again by the same customer: nothing happens. Raises UnknownPayment, UnknownCustomer, NotEnoughMoney or
    AlreadyDecided.
    """
    payment = find(connection, bank, token, now_ms=now_ms)
    if payment.status == "paid" and payment.customer_id == customer_id:
        return Decision(payment, None)
    if payment.status != "created":
        raise AlreadyDecided(payment.status)
    balance = _balance_paise(connection, bank, customer_id)
    if balance < payment.amount_paise:
        raise NotEnoughMoney(payment.status)
    paid = _decided(connection, payment, "paid", customer_id)
    _move(connection, paid, "payment", paid.bank_reference or "", now_ms)
    return Decision(paid, announce(connection, paid, now_ms=now_ms))


def decline(
    connection: sqlite3.Connection, bank: str, token: str, customer_id: str, *, now_ms: int
) -> Decision:
    """Refuse the payment for good, and write the event that tells the merchant. Raises as `approve` does."""
    payment = find(connection, bank, token, now_ms=now_ms)
    if payment.status == "declined":
        return Decision(payment, None)
    if payment.status != "created":
        raise AlreadyDecided(payment.status)
    _balance_paise(connection, bank, customer_id)
    declined = _decided(connection, payment, "declined", customer_id)
    return Decision(declined, announce(connection, declined, now_ms=now_ms))


def refund(connection: sqlite3.Connection, bank: str, token: str, *, now_ms: int) -> Payment:
    """Give the customer everything back; again: the same answer. Raises UnknownPayment or NotPaid."""
    payment = find(connection, bank, token, now_ms=now_ms)
    if payment.status == "refunded":
        return payment
    if payment.status != "paid":
        raise NotPaid(payment.status)
    connection.execute("UPDATE payments SET status = 'refunded' WHERE token = ?", (token,))
    _move(connection, payment, "refund", _new_reference(connection, bank), now_ms)
    return replace(payment, status="refunded")


def _balance_paise(connection: sqlite3.Connection, bank: str, customer_id: str) -> int:
    row = connection.execute(
        "SELECT balance_paise FROM customers WHERE bank = ? AND customer_id = ?", (bank, customer_id)
    ).fetchone()
    if row is None:
        raise UnknownCustomer
    balance: int = row["balance_paise"]
    return balance


def _decided(
    connection: sqlite3.Connection, payment: Payment, status: PaymentStatus, customer_id: str
) -> Payment:
    # A declined payment gets a reference too: the customer quotes it when asking us what happened.
    reference = _new_reference(connection, payment.bank)
    connection.execute(
        "UPDATE payments SET status = ?, customer_id = ?, bank_reference = ? WHERE token = ?",
        (status, customer_id, reference, payment.token),
    )
    return replace(payment, status=status, customer_id=customer_id, bank_reference=reference)


def _move(connection: sqlite3.Connection, payment: Payment, kind: str, utr: str, now_ms: int) -> None:
    """Between the customer and what we have collected: the sum of both stays as it is."""
    from_customer = payment.amount_paise if kind == "payment" else -payment.amount_paise
    connection.execute(
        "INSERT INTO movements (bank, customer_id, token, kind, amount_paise, utr, at_ms) VALUES (?, ?, ?, ?, ?, ?, ?)",
        (payment.bank, payment.customer_id, payment.token, kind, payment.amount_paise, utr, now_ms),
    )
    connection.execute(
        "UPDATE customers SET balance_paise = balance_paise - ? WHERE bank = ? AND customer_id = ?",
        (from_customer, payment.bank, payment.customer_id),
    )
    connection.execute(
        "UPDATE collected SET balance_paise = balance_paise + ? WHERE bank = ?", (from_customer, payment.bank)
    )


def _new_reference(connection: sqlite3.Connection, bank: str) -> str:
    while True:
        reference = f"{BRANDS[bank].reference_prefix}{secrets.randbelow(10**11):011d}"
        taken = connection.execute(
            "SELECT 1 FROM payments WHERE bank_reference = ? UNION ALL SELECT 1 FROM movements WHERE utr = ?",
            (reference, reference),
        ).fetchone()
        if not taken:
            return reference
