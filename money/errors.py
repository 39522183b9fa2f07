"""Every refusal a person or a bank can meet. The docstring is the sentence the person reads.

Refusal
├── NotAnAmount, AmountAboveLimit
├── InputRefused
├── EmailTaken, PhoneTaken, WrongSignIn, SignedOut, TooManyTries
├── NotFound
└── BankNotReachable
"""

from __future__ import annotations

import inspect


class Refusal(Exception):
    """This cannot be done."""

    @property
    def sentence(self) -> str:
        return inspect.cleandoc(type(self).__doc__ or "")


class NotAnAmount(Refusal):
    """Enter an amount in rupees above 0 with at most 2 decimals, such as 500 or 99.50."""


class AmountAboveLimit(Refusal):
    """This amount is above the limit for one payment."""

    def __init__(self, limit_paise: int) -> None:
        super().__init__()
        self.limit_paise = limit_paise


class InputRefused(Refusal):
    """Something in this form is missing or not as it should be."""


class EmailTaken(Refusal):
    """There is already an account with this email. Log in instead."""


class PhoneTaken(Refusal):
    """There is already an account with this phone number."""


class WrongSignIn(Refusal):
    """Email or password is not right."""


class SignedOut(Refusal):
    """Your session has ended. Please log in again."""


class TooManyTries(Refusal):
    """Too many tries. Please wait a little and try again."""

    def __init__(self, retry_after_seconds: int) -> None:
        super().__init__()
        self.retry_after_seconds = retry_after_seconds


class NotFound(Refusal):
    """There is no such thing here, or it is not yours."""


class BankNotReachable(Refusal):
    """Your bank cannot be reached just now. Nothing has moved; please try again in a little while."""
