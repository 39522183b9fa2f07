"""A payment at the bank: created, then paid, declined or expired; a paid one may be refunded, once.

Every function here runs inside one transaction of the books.
"""

from __future__ import annotations

import secrets
import sqlite3
from dataclasses import dataclass, replace

from bank_api.messages import NewPayment, PaymentStatus
from dummy_bank.announcements import announce, leave_first_try_to_the_desk
from dummy_bank.faults import in_force
from dummy_bank.payment import Payment
from dummy_bank.references import new_reference
from dummy_bank.refusals import (
    AlreadyDecided,
    NotEnoughMoney,
    NotPaid,
    ReferenceReused,
    UnknownCustomer,
    UnknownPayment,
)

LIFETIME_MS = 15 * 60 * 1000
_MOST_AT_ONCE = 100
_COLUMNS = (
    "token, bank, merchant_reference, user_identifier, amount_paise, return_url, status,"
    " customer_id, bank_reference, correlation_id, created_at_ms"
)


@dataclass(frozen=True, slots=True)
class Decision:
    """How a payment stands after a button was pressed; `sending_id` None where it stood so before."""

    payment: Payment
    sending_id: int | None


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
    return _decision(connection, _pay(connection, payment, customer_id, now_ms), now_ms)


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
    faults = in_force(connection, bank)
    if faults.late_success_after_decline:
        connection.execute(
            "UPDATE payments SET late_success_at_ms = ? WHERE token = ?", (now_ms + faults.pending_ms, token)
        )
    return _decision(connection, declined, now_ms)


def pay_late_successes(connection: sqlite3.Connection, *, now_ms: int) -> int:
    """Take the amounts of declined payments after all, where this fault was in force then; how many were due."""
    rows = connection.execute(
        f"SELECT {_COLUMNS} FROM payments WHERE late_success_at_ms <= ?"  # noqa: S608 # a constant
        " ORDER BY late_success_at_ms LIMIT ?",
        (now_ms, _MOST_AT_ONCE),
    ).fetchall()
    for payment in (Payment(*row) for row in rows):
        connection.execute("UPDATE payments SET late_success_at_ms = NULL WHERE token = ?", (payment.token,))
        customer_id = payment.customer_id or ""
        if _balance_paise(connection, payment.bank, customer_id) >= payment.amount_paise:
            announce(connection, _pay(connection, payment, customer_id, now_ms), now_ms=now_ms)
    return len(rows)


def next_late_success_ms(connection: sqlite3.Connection) -> int | None:
    due: int | None = connection.execute(
        "SELECT min(late_success_at_ms) FROM payments WHERE late_success_at_ms IS NOT NULL"
    ).fetchone()[0]
    return due


def newest(connection: sqlite3.Connection, bank: str, count: int) -> list[Payment]:
    rows = connection.execute(
        f"SELECT {_COLUMNS} FROM payments WHERE bank = ? ORDER BY created_at_ms DESC, rowid DESC LIMIT ?",  # noqa: S608
        (bank, count),
    )
    return [Payment(*row) for row in rows]


def refund(connection: sqlite3.Connection, bank: str, token: str, *, now_ms: int) -> Payment:
    """Give the customer everything back; again: the same answer. Raises UnknownPayment or NotPaid."""
    payment = find(connection, bank, token, now_ms=now_ms)
    if payment.status == "refunded":
        return payment
    if payment.status != "paid":
        raise NotPaid(payment.status)
    connection.execute("UPDATE payments SET status = 'refunded' WHERE token = ?", (token,))
    _move(connection, payment, "refund", new_reference(connection, bank), now_ms)
    return replace(payment, status="refunded")


def _decision(connection: sqlite3.Connection, payment: Payment, now_ms: int) -> Decision:
    sending_id = announce(connection, payment, now_ms=now_ms)
    leave_first_try_to_the_desk(connection, sending_id, now_ms=now_ms)
    return Decision(payment, sending_id)


def _pay(connection: sqlite3.Connection, payment: Payment, customer_id: str, now_ms: int) -> Payment:
    paid = _decided(connection, payment, "paid", customer_id)
    _move(connection, paid, "payment", paid.bank_reference or "", now_ms)
    return paid


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
    reference = new_reference(connection, payment.bank)
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
