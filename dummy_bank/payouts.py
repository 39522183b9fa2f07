"""A payout at the bank: succeeded, failed or pending at once; what is pending becomes one of both later.

What succeeded may come back: it is reversed then. When what happens next stands in the books, so that a
restart changes nothing. Every function here runs inside one transaction of the books.
"""

from __future__ import annotations

import sqlite3
from dataclasses import replace

from bank_api.messages import NewPayout
from dummy_bank.announcements import announce_payout
from dummy_bank.faults import in_force
from dummy_bank.payout import Payout
from dummy_bank.references import new_reference
from dummy_bank.refusals import PayoutReferenceReused, UnknownPayout

_COLUMNS = (
    "payout_id, bank, reference, number, account_number, ifsc, amount_paise, status, utr, correlation_id,"
    " created_at_ms, next_status, next_at_ms, reversal_after_ms"
)
_MOST_AT_ONCE = 100


def pay(
    connection: sqlite3.Connection, bank: str, order: NewPayout, *, correlation_id: str, now_ms: int
) -> Payout:
    """A new payout, or the one that this reference stands for. Raises PayoutReferenceReused.

    Where the fault says that references are not idempotent, it is always a new one.
    """
    known = _newest(connection, bank, order.reference)
    if known and (known.account_number, known.ifsc, known.amount_paise) != (
        order.account_number,
        order.ifsc,
        order.amount_paise,
    ):
        raise PayoutReferenceReused
    if known and in_force(connection, bank).idempotent_references:
        return _up_to_date(connection, known, now_ms)
    number = known.number + 1 if known else 1
    return _decide(connection, _write(connection, bank, order, number, correlation_id, now_ms), now_ms)


def find(connection: sqlite3.Connection, bank: str, reference: str, *, now_ms: int) -> Payout:
    """The newest payout under this reference, as it stands now. Raises UnknownPayout."""
    known = _newest(connection, bank, reference)
    if known is None:
        raise UnknownPayout
    return _up_to_date(connection, known, now_ms)


def newest(connection: sqlite3.Connection, bank: str, count: int) -> list[Payout]:
    rows = connection.execute(
        f"SELECT {_COLUMNS} FROM payouts WHERE bank = ? ORDER BY payout_id DESC LIMIT ?",  # noqa: S608
        (bank, count),
    )
    return [Payout(*row) for row in rows]


def change_what_is_due(connection: sqlite3.Connection, *, now_ms: int) -> int:
    """Let up to a hundred payouts become what they are to become by now; how many did."""
    rows = connection.execute(
        f"SELECT {_COLUMNS} FROM payouts WHERE next_at_ms <= ? ORDER BY next_at_ms LIMIT ?",  # noqa: S608
        (now_ms, _MOST_AT_ONCE),
    ).fetchall()
    for row in rows:
        _up_to_date(connection, Payout(*row), now_ms)
    return len(rows)


def next_due_ms(connection: sqlite3.Connection) -> int | None:
    due: int | None = connection.execute(
        "SELECT min(next_at_ms) FROM payouts WHERE next_at_ms IS NOT NULL"
    ).fetchone()[0]
    return due


def _newest(connection: sqlite3.Connection, bank: str, reference: str) -> Payout | None:
    row = connection.execute(
        f"SELECT {_COLUMNS} FROM payouts WHERE bank = ? AND reference = ?"  # noqa: S608 # a constant
        " ORDER BY number DESC LIMIT 1",
        (bank, reference),
    ).fetchone()
    return Payout(*row) if row else None


def _write(
    connection: sqlite3.Connection, bank: str, order: NewPayout, number: int, correlation_id: str, now_ms: int
) -> Payout:
    row = connection.execute(
        "INSERT INTO payouts (bank, reference, number, account_number, ifsc, amount_paise, status,"  # noqa: S608
        f" correlation_id, created_at_ms) VALUES (?, ?, ?, ?, ?, ?, 'pending', ?, ?) RETURNING {_COLUMNS}",
        (
            bank, order.reference, number, order.account_number, order.ifsc, order.amount_paise,
            correlation_id, now_ms,
        ),
    ).fetchone()  # fmt: skip
    return Payout(*row)


def _decide(connection: sqlite3.Connection, payout: Payout, now_ms: int) -> Payout:
    """Throw the dice once for everything that will become of it."""
    faults = in_force(connection, payout.bank)
    die = (payout.reference, payout.number)
    fails = faults.strike(faults.fail_rate, payout.bank, "payout failed", *die)
    comes_back = not fails and faults.strike(faults.reversal_rate, payout.bank, "payout reversed", *die)
    waits = faults.strike(faults.pending_rate, payout.bank, "payout pending", *die)
    decided = replace(
        payout,
        next_status="failed" if fails else "succeeded",
        next_at_ms=now_ms + faults.pending_ms if waits else now_ms,
        reversal_after_ms=faults.reversal_after_ms if comes_back else None,
    )
    if waits:
        _keep(connection, decided)
        return decided
    return _become(connection, decided, now_ms)


def _up_to_date(connection: sqlite3.Connection, payout: Payout, now_ms: int) -> Payout:
    # One step at a time: a reversal counts from the success, even where both are long overdue.
    if payout.next_at_ms is not None and payout.next_at_ms <= now_ms:
        return _become(connection, payout, now_ms)
    return payout


def _become(connection: sqlite3.Connection, payout: Payout, now_ms: int) -> Payout:
    """Make it what it was to become next: move the money, keep it, and write the event."""
    status = payout.next_status
    assert status, "only what has a next status changes"
    utr, next_status, next_at_ms = payout.utr, None, None
    if status == "succeeded":
        utr = new_reference(connection, payout.bank)
        _move(connection, payout, "payout", utr, now_ms)
        if payout.reversal_after_ms is not None:
            next_status, next_at_ms = "reversed", now_ms + payout.reversal_after_ms
    elif status == "reversed":
        _move(connection, payout, "reversal", new_reference(connection, payout.bank), now_ms)
    became = replace(payout, status=status, utr=utr, next_status=next_status, next_at_ms=next_at_ms)
    _keep(connection, became)
    announce_payout(connection, became, now_ms=now_ms)
    return became


def _keep(connection: sqlite3.Connection, payout: Payout) -> None:
    connection.execute(
        "UPDATE payouts SET status = ?, utr = ?, next_status = ?, next_at_ms = ?, reversal_after_ms = ?"
        " WHERE payout_id = ?",
        (
            payout.status, payout.utr, payout.next_status, payout.next_at_ms, payout.reversal_after_ms,
            payout.payout_id,
        ),
    )  # fmt: skip


def _move(connection: sqlite3.Connection, payout: Payout, kind: str, utr: str, now_ms: int) -> None:
    connection.execute(
        "INSERT INTO payout_movements (bank, payout_id, kind, amount_paise, utr, at_ms) VALUES (?, ?, ?, ?, ?, ?)",
        (payout.bank, payout.payout_id, kind, payout.amount_paise, utr, now_ms),
    )
