"""What the bank refuses, each with the sentence that is read and the status that a server gets.

Refusal
    NotOurMerchant, UnknownPayment, UnknownPayout, UnknownCustomer, BadRequest, TooLarge, OutOfOrder,
    ReferenceReused, PayoutReferenceReused, ForeignReturnUrl, NotEnoughMoney, AlreadyDecided, NotPaid
"""

from __future__ import annotations

from typing import ClassVar


class Refusal(Exception):
    """We cannot do this."""

    status_code: ClassVar[int] = 409

    def __init__(self, payment_status: str | None = None) -> None:
        super().__init__(self.__class__.__doc__)
        self.payment_status = payment_status

    @property
    def sentence(self) -> str:
        return str(self)


class NotOurMerchant(Refusal):
    """The API key is missing or is not this bank's."""

    status_code = 401


class UnknownPayment(Refusal):
    """We know no such payment."""

    status_code = 404


class UnknownPayout(Refusal):
    """We know no such payout."""

    status_code = 404


class UnknownCustomer(Refusal):
    """We know no such customer."""

    status_code = 422


class BadRequest(Refusal):
    """The request is not what our contract describes."""

    status_code = 422


class TooLarge(Refusal):
    """The request is too large."""

    status_code = 413


class OutOfOrder(Refusal):
    """We cannot answer at the moment. Nothing has happened."""

    status_code = 503


class ReferenceReused(Refusal):
    """This merchant reference stands for a payment with another content."""


class PayoutReferenceReused(Refusal):
    """This reference stands for a payout into another account or of another amount. Nothing was paid."""


class ForeignReturnUrl(Refusal):
    """The return_url lies outside the origins registered for this merchant."""

    status_code = 422


class NotEnoughMoney(Refusal):
    """The account's balance is lower than the amount. Nothing was paid."""


class AlreadyDecided(Refusal):
    """This payment is decided already."""


class NotPaid(Refusal):
    """Only a paid payment can be refunded."""
