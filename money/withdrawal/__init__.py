"""The decision core of withdrawals: `next_step(row, event)` says what follows, and does nothing itself.

queued -> sending | cancelled; sending -> paid | failed | unknown; unknown -> sending | paid | failed |
needs_attention; needs_attention -> paid | failed; paid -> reversed. No clock, no chance, no input or output: the
service runs it, and so does the simulator that attacks it.
"""

from money.withdrawal.events import (
    Answered,
    Booking,
    Cancelled,
    Claimed,
    Event,
    NoOutcome,
    Outcome,
    Resolved,
    Step,
    Told,
)
from money.withdrawal.patience import ATTENTION_AFTER, CALL_TIMEOUT, LEASE, wait
from money.withdrawal.row import (
    MAY_BECOME,
    SENT,
    Call,
    Correction,
    PayoutContract,
    Status,
    Withdrawal,
    is_open,
    is_out,
)
from money.withdrawal.rules import next_step, not_found_is_final_at

__all__ = [
    "ATTENTION_AFTER",
    "CALL_TIMEOUT",
    "LEASE",
    "MAY_BECOME",
    "SENT",
    "Answered",
    "Booking",
    "Call",
    "Cancelled",
    "Claimed",
    "Correction",
    "Event",
    "NoOutcome",
    "Outcome",
    "PayoutContract",
    "Resolved",
    "Status",
    "Step",
    "Told",
    "Withdrawal",
    "is_open",
    "is_out",
    "next_step",
    "not_found_is_final_at",
    "wait",
]
