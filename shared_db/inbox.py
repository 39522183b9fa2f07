"""The inbox: every signed word of a bank is kept once, in the transaction that acts on it."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from shared_db.ledger import Connection

_KEEP = """
INSERT INTO bank_events (bank, event_id, type, subject, on_ramp_id, body, verdict, reason, received_at)
SELECT u.*, clock_timestamp() FROM unnest(
    %s::text[], %s::text[], %s::text[], %s::text[], %s::uuid[], %s::text[], %s::text[], %s::text[]) AS u
ON CONFLICT (bank, event_id) DO NOTHING
"""


@dataclass(frozen=True, slots=True)
class KeptEvent:
    """One word of a bank and what we made of it. `body` is the signed text, unchanged."""

    bank: str
    event_id: str
    type: str
    subject: str
    on_ramp_id: uuid.UUID | None
    body: str
    verdict: str
    reason: str | None


async def keep(connection: Connection, events: Sequence[KeptEvent]) -> None:
    """Write them; the first word under an event id stays, a repeat changes nothing."""
    columns = (
        [one.bank for one in events],
        [one.event_id for one in events],
        [one.type for one in events],
        [one.subject for one in events],
        [one.on_ramp_id for one in events],
        [one.body for one in events],
        [one.verdict for one in events],
        [one.reason for one in events],
    )
    await connection.execute(_KEEP, columns)
