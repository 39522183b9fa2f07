"""What is done in one run, and what is broken on purpose."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from datetime import timedelta

BANKS = ("hdfc", "axis")
FINAL_WITHIN_SECONDS = 60
WORKERS = tuple(f"worker-{number}" for number in range(1, 5))
DESKS = ("desk-1", "desk-2")
NOT_FOUND_IS_FINAL_AFTER = timedelta(seconds=5)
"""What a bank promises that would pay a reference twice: more than any latency below."""


class Broken(enum.StrEnum):
    """What goes wrong, in the scratch database or in its workers alone."""

    HASTY = "hasty"
    """A worker that got no answer sends again without asking; at a bank that pays twice then."""
    GUESSING = "guessing"
    """No answer is taken for a failure."""
    UNHELD = "unheld"
    """A withdrawal is queued also where its money could not be held."""
    NEWEST_FIRST = "newest-first"
    """A worker takes an owner's newest withdrawal, not the oldest."""
    LATE = "late"
    """A worker's late write is taken. Only one that was frozen shows it."""


@dataclass(frozen=True)
class Plan:
    """One run."""

    seed: int
    owners: int
    withdrawals: int
    seconds: float
    """How long the storm rages."""
    is_idempotent: bool = True
    """Whether the banks pay one reference once, and the workers count on it."""
    broken: Broken | None = None
    cancelled: float = 0.1
    """How many of them their owners want back at once."""

    @property
    def faults(self) -> dict[str, object]:
        """Every fault of a bank that has to do with payouts."""
        return {
            "seed": self.seed,
            "latency_ms": [20, 300],
            "error_rate": 0.08,
            "drop_response_rate": 0.08,
            "pending_rate": 0.2,
            "pending_ms": 1200,
            "fail_rate": 0.1,
            "reversal_rate": 0.15,
            "reversal_after_ms": 400,
            "idempotent_references": self.is_idempotent,
            "webhook_delay_ms": 150,
            "webhook_duplicates": 1,
            "webhook_new_ids": True,
            "webhook_shuffle": True,
            "webhook_loss_rate": 0.3,
        }

    @property
    def faults_that_stay(self) -> dict[str, object]:
        """A bank that keeps no references keeps none in fine weather either."""
        return {"idempotent_references": self.is_idempotent}
