"""What can move in the ledger: one movement becomes one transfer and two entries."""

from __future__ import annotations

import enum
import uuid
from typing import NamedTuple

from money.rupees import Paise


class Kind(enum.StrEnum):
    """Why money moved. A frozen wallet refuses SEND, PAYMENT and HOLD, and nothing else."""

    ON_RAMP = "on_ramp"
    HOLD = "hold"
    CAPTURE = "capture"
    RELEASE = "release"
    SEND = "send"
    PAYMENT = "payment"
    REFUND = "refund"
    REVERSAL = "reversal"
    PROMOTION = "promotion"
    COMPENSATION = "compensation"
    LOSS = "loss"


class Posting(enum.StrEnum):
    """What became of one movement."""

    POSTED = "posted"
    DUPLICATE = "duplicate"
    """The same movement stands in the ledger already, under this reference."""
    CONFLICT = "conflict"
    """Another movement stands under this reference; nothing was done."""
    INSUFFICIENT = "insufficient"
    FROZEN = "frozen"
    CLOSED = "closed"
    UNKNOWN_ACCOUNT = "unknown_account"
    DAY_LIMIT = "day_limit"
    """More of this kind would leave the source today than `day_limit_paise`."""
    STOPPED = "stopped"
    """Our books do not add up, and nothing new is held for withdrawals meanwhile."""


class Movement(NamedTuple):
    """A positive amount from one account to another.

    `reference` is formed by us and unique for ever (`on_ramp:<id>`). `holder` is the owner whose hold a
    CAPTURE settles; HOLD and RELEASE name the owner as one of the two sides already. `day_limit_paise` is how much
    of this kind may leave the source on one Kolkata day.
    """

    id: uuid.UUID
    reference: str
    kind: Kind
    source: uuid.UUID
    target: uuid.UUID
    amount_paise: Paise
    holder: uuid.UUID | None = None
    note: str | None = None
    day_limit_paise: int | None = None


class Posted(NamedTuple):
    """The outcome of one movement; `transfer_id` is the one that stands in the ledger, if any does."""

    outcome: Posting
    transfer_id: uuid.UUID | None
