"""What can be broken in a bank on purpose, and the dice that say where it breaks.

The same seed breaks the same things, in whatever order they come and whenever they do. A die is thrown by
hashing the seed, the bank, the name of the fault, and what it is thrown for:

- for a request (latency, 503, no answer): what is asked for, its reference (payments and payouts; for enquiries
  of payments and refunds the token), and how often that very thing has been asked for since the faults were set
  or the bank was started. Requests turned away by `down`, the key or the contract are not counted;
- for a payout (pending, failed, reversed): its reference, and how many payouts stand under it already;
- for a webhook (loss, shuffle): the event's type, the payment's or payout's reference, the payout's number
  under it, and which of the duplicates it is;
- for a statement: the day, and each line's kind and reference.

A rate of 0 never strikes and a rate of 1 always does.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from typing import Annotated, Self, TypeAlias

from pydantic import ConfigDict, Field, ValidationError, model_validator

from bank_api.messages import Message

_LONGEST_PAUSE_MS = 30 * 24 * 60 * 60 * 1000
_LONGEST_LATENCY_MS = 10 * 60 * 1000
_DIE_BYTES = 6  # 48 bits, so that the quotient below never rounds up to 1

Rate: TypeAlias = Annotated[float, Field(ge=0, le=1)]
PauseMs: TypeAlias = Annotated[int, Field(ge=0, le=_LONGEST_PAUSE_MS)]
LatencyMs: TypeAlias = Annotated[int, Field(ge=0, le=_LONGEST_LATENCY_MS)]


class Faults(Message):
    """The faults of one bank; a field left out is as in a bank that works."""

    model_config = ConfigDict(extra="forbid")

    seed: Annotated[int, Field(ge=-(2**63), lt=2**63)] = 7
    down: bool = False
    latency_ms: Annotated[tuple[LatencyMs, LatencyMs], Field(strict=False)] = (0, 0)
    """From and to; JSON has lists only, hence not strict."""
    error_rate: Rate = 0
    drop_response_rate: Rate = 0
    pending_rate: Rate = 0
    pending_ms: PauseMs = 1000
    """How long a payout is pending, and how long after a decline its late success comes."""
    fail_rate: Rate = 0
    reversal_rate: Rate = 0
    """Of the payouts that succeed."""
    reversal_after_ms: PauseMs = 1000
    idempotent_references: bool = True
    webhook_delay_ms: PauseMs = 0
    webhook_duplicates: Annotated[int, Field(ge=0, le=20)] = 0
    webhook_new_ids: bool = False
    webhook_shuffle: bool = False
    webhook_loss_rate: Rate = 0
    late_success_after_decline: bool = False
    statement_errors: Annotated[int, Field(ge=0, le=1000)] = 0

    @model_validator(mode="after")
    def _the_shortest_latency_comes_first(self) -> Self:
        shortest, longest = self.latency_ms
        if shortest > longest:
            raise ValueError("the first latency is longer than the second")
        return self

    def strike(self, rate: float, *about: str | int) -> bool:
        return self.die(*about) < rate

    def die(self, *about: str | int) -> float:
        """A number from 0 to just below 1, the same for ever for this seed and these words."""
        thrown = hashlib.blake2b(json.dumps([self.seed, *about]).encode(), digest_size=_DIE_BYTES).digest()
        return int.from_bytes(thrown) / 2 ** (8 * _DIE_BYTES)


NONE = Faults()


def in_force(connection: sqlite3.Connection, bank: str) -> Faults:
    """They stand in the books, so a bank that was started again is as broken as before."""
    row = connection.execute("SELECT settings FROM faults WHERE bank = ?", (bank,)).fetchone()
    try:
        return Faults.model_validate_json(row["settings"]) if row else NONE
    except ValidationError:
        return NONE  # another version of ours set them, and knew other faults


def put_in_force(connection: sqlite3.Connection, bank: str, faults: Faults) -> None:
    connection.execute(
        "INSERT INTO faults VALUES (?, ?) ON CONFLICT (bank) DO UPDATE SET settings = excluded.settings",
        (bank, faults.model_dump_json()),
    )
