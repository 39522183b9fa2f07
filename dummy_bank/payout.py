"""One payout, as it stands in the books."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from bank_api.messages import PayoutState

BookedStatus: TypeAlias = Literal["pending", "succeeded", "failed", "reversed"]

_FAILED = "The beneficiary's bank did not accept the credit."
_REVERSED = "The beneficiary's bank has sent the money back."


@dataclass(frozen=True, slots=True)
class Payout:
    payout_id: int
    bank: str
    reference: str
    number: int
    """Which payout under this reference it is; from 1."""
    account_number: str
    ifsc: str
    amount_paise: int
    status: BookedStatus
    utr: str | None
    correlation_id: str
    created_at_ms: int
    next_status: BookedStatus | None
    """What it becomes at `next_at_ms`; None once it is final."""
    next_at_ms: int | None
    reversal_after_ms: int | None
    """How long after its success it comes back; None where it does not, or has a `next_status` for that."""

    @property
    def state(self) -> PayoutState:
        """What the merchant may know of it."""
        if self.status in {"pending", "succeeded"}:
            return PayoutState(
                reference=self.reference,
                status="pending" if self.status == "pending" else "succeeded",
                utr=self.utr,
            )
        reason = _FAILED if self.status == "failed" else _REVERSED
        return PayoutState(reference=self.reference, status="failed", utr=self.utr, reason=reason)
