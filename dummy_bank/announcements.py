"""What the merchant is told, written in the transaction that makes it true."""

from __future__ import annotations

import secrets
import sqlite3
from datetime import UTC, datetime

from bank_api.messages import (
    Event,
    PaymentFailed,
    PaymentFailedEvent,
    PaymentSucceeded,
    PaymentSucceededEvent,
    PayoutEvent,
    PayoutOutcome,
)
from dummy_bank.faults import in_force
from dummy_bank.payment import Payment
from dummy_bank.payout import Payout

_FIRST_TRY_GETS_MS = 3_000
_SHUFFLED_WITHIN_MS = 3_000
_EVENT_OF = {
    "succeeded": "payout.succeeded",
    "failed": "payout.failed",
    "reversed": "payout.reversed",
}

_WRITE = (
    "INSERT INTO outbox (event_id, bank, token, payout_id, body, correlation_id, state, new_id_each_try,"
    " not_before_ms, next_attempt_at_ms) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)


def announce(connection: sqlite3.Connection, payment: Payment, *, now_ms: int) -> int:
    """Put the event of a payment just decided into the outbox; the id of its first sending."""
    about = {
        "token": payment.token,
        "user_identifier": payment.user_identifier,
        "amount_paise": payment.amount_paise,
        "bank_reference": payment.bank_reference,
    }
    if payment.status == "paid":
        event = PaymentSucceededEvent(timestamp=_time(now_ms), data=PaymentSucceeded.model_validate(about))
    else:
        event = PaymentFailedEvent(timestamp=_time(now_ms), data=PaymentFailed.model_validate(about))
    die = (event.type, payment.merchant_reference, 1)
    return _write(connection, payment, event, die, now_ms)


def leave_first_try_to_the_desk(connection: sqlite3.Connection, sending_id: int, *, now_ms: int) -> None:
    """Keep the background from a sending that goes out at once, with the customer's browser waiting for it."""
    connection.execute(
        "UPDATE outbox SET next_attempt_at_ms = ? WHERE sending_id = ? AND not_before_ms = 0",
        (now_ms + _FIRST_TRY_GETS_MS, sending_id),
    )


def announce_payout(connection: sqlite3.Connection, payout: Payout, *, now_ms: int) -> None:
    """Put the event of a payout that has just become what it is into the outbox."""
    event = PayoutEvent.model_validate(
        {
            "type": _EVENT_OF[payout.status],
            "timestamp": _time(now_ms),
            "data": PayoutOutcome(
                reference=payout.reference, amount_paise=payout.amount_paise, bank_reference=payout.utr
            ),
        }
    )
    _write(connection, payout, event, (event.type, payout.reference, payout.number), now_ms)


def _write(
    connection: sqlite3.Connection,
    about: Payment | Payout,
    event: Event,
    die: tuple[str | int, ...],
    now_ms: int,
) -> int:
    """One row for each sending that this bank's faults make of the event; the id of the first."""
    faults = in_force(connection, about.bank)
    is_lost = faults.strike(faults.webhook_loss_rate, about.bank, "webhook lost", *die)
    event_id = _event_id()
    sendings: list[int] = []
    for duplicate in range(1 if is_lost else 1 + faults.webhook_duplicates):
        not_before_ms = now_ms + faults.webhook_delay_ms if faults.webhook_delay_ms else 0
        if faults.webhook_shuffle:
            late = faults.die(about.bank, "webhook shuffled", *die, duplicate)
            not_before_ms = max(not_before_ms, now_ms) + int(_SHUFFLED_WITHIN_MS * late)
        written = connection.execute(
            _WRITE,
            (
                _event_id() if duplicate and faults.webhook_new_ids else event_id, about.bank,
                about.token if isinstance(about, Payment) else None,
                about.payout_id if isinstance(about, Payout) else None,
                event.model_dump_json(exclude_none=isinstance(about, Payout)), about.correlation_id,
                "lost" if is_lost else "waiting", faults.webhook_new_ids, not_before_ms,
                max(now_ms, not_before_ms),
            ),
        )  # fmt: skip
        assert written.lastrowid, "a row that was written has a number"
        sendings.append(written.lastrowid)
    return sendings[0]


def _time(now_ms: int) -> str:
    return datetime.fromtimestamp(now_ms / 1000, UTC).isoformat(timespec="milliseconds")


def _event_id() -> str:
    return "evt_" + secrets.token_hex(16)
