"""One payment, as it stands in the books."""

from __future__ import annotations

from dataclasses import dataclass

from bank_api.messages import PaymentState, PaymentStatus


@dataclass(frozen=True, slots=True)
class Payment:
    token: str
    bank: str
    merchant_reference: str
    user_identifier: str
    amount_paise: int
    return_url: str
    status: PaymentStatus
    customer_id: str | None
    bank_reference: str | None
    correlation_id: str
    created_at_ms: int

    @property
    def state(self) -> PaymentState:
        """What the merchant may know of it."""
        return PaymentState(
            token=self.token,
            merchant_reference=self.merchant_reference,
            status=self.status,
            amount_paise=self.amount_paise,
            user_identifier=self.user_identifier,
            bank_reference=self.bank_reference,
        )
