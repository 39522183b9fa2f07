"""What the merchant is told, written in the transaction that makes it true."""

from __future__ import annotations

import secrets
import sqlite3
from datetime import UTC, datetime

from bank_api.messages import PaymentFailed, PaymentFailedEvent, PaymentSucceeded, PaymentSucceededEvent
from dummy_bank.payment import Payment

# Whoever decided the payment tries first; the background leaves the event alone for that long.
_FIRST_TRY_GETS_MS = 3_000


def announce(connection: sqlite3.Connection, payment: Payment, *, now_ms: int) -> str:
    """Put the event of a payment just decided into the outbox; the event's id."""
    timestamp = datetime.fromtimestamp(now_ms / 1000, UTC).isoformat(timespec="milliseconds")
    about = {
        "token": payment.token,
        "user_identifier": payment.user_identifier,
        "amount_paise": payment.amount_paise,
        "bank_reference": payment.bank_reference,
    }
    if payment.status == "paid":
        event = PaymentSucceededEvent(timestamp=timestamp, data=PaymentSucceeded.model_validate(about))
    else:
        event = PaymentFailedEvent(timestamp=timestamp, data=PaymentFailed.model_validate(about))
    event_id = "evt_" + secrets.token_hex(16)
    connection.execute(
        "INSERT INTO outbox (event_id, bank, token, body, correlation_id, next_attempt_at_ms)"
        " VALUES (?, ?, ?, ?, ?, ?)",
        (
            event_id, payment.bank, payment.token, event.model_dump_json(), payment.correlation_id,
            now_ms + _FIRST_TRY_GETS_MS,
        ),
    )  # fmt: skip
    return event_id
