"""Every refusal a person or a bank can meet. The docstring is the sentence the person reads.

Refusal
├── NotAnAmount, AmountAboveLimit, DayLimitReached, DayLimitAtShopsReached
├── InvalidAccount, WalletFrozen, NotEnoughMoney
├── KeyUsedForAnother, KeyInUse
├── AboveWhatIsLeft, ShopHasTooLittle, PayerGone, RefundedMeanwhile
├── InputRefused
│   ├── EmailRefused, PhoneRefused, PasswordRefused
│   ├── FirstNameRefused, LastNameRefused, ShopNameRefused, HandleRefused
│   ├── AccountNumberRefused, IfscRefused, NoAccountChosen
│   ├── NoteRefused, ReasonRefused
│   └── DayRefused
├── EmailTaken, PhoneTaken, HandleTaken, IdentityTaken
├── WrongSignIn, WrongPassword, WalletClosed, SignedOut, TooManyTries
├── CodeRefused, NoPhone, CannotSend, NotShopsCode
├── ProviderNotSetUp, ProviderDeclined, ProviderAway, ProviderNotBelieved, VisitOver
├── KnownOtherwise, OnlyWayIn, LogInAgain
├── NotFound, ShopNotFound, TooLateToCancel, StatementTooLong
├── NotClosed
│   └── MoneyInWallet, MoneyOnHold, MoneyComing, WithdrawalOpen
├── OutgoingStopped, BankNotReachable
└── those of whoever settles by hand what no bank settles: desk_errors.py
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


class DayLimitReached(Refusal):
    """This is more than you may send in one day. Please try again tomorrow, or with less."""


class DayLimitAtShopsReached(Refusal):
    """This is more than you may pay to shops in one day. Please try again tomorrow, or with less."""


class InvalidAccount(Refusal):
    """There is nobody here whom you could send this to."""


class WalletFrozen(Refusal):
    """Your wallet is frozen. It takes money in, and lets none out."""


class NotEnoughMoney(Refusal):
    """There is not enough money in your wallet."""


class KeyUsedForAnother(Refusal):
    """This Idempotency-Key was used for another request."""


class KeyInUse(Refusal):
    """A request with this Idempotency-Key is still being worked on."""


class AboveWhatIsLeft(Refusal):
    """This is more than is left of this payment."""

    def __init__(self, left_paise: int) -> None:
        super().__init__()
        self.left_paise = left_paise


class ShopHasTooLittle(Refusal):
    """There is not enough money in your shop for this refund."""

    def __init__(self, available_paise: int) -> None:
        super().__init__()
        self.available_paise = available_paise


class PayerGone(Refusal):
    """This customer has closed their wallet, so nothing can be given back to it. Please settle it with them."""


class RefundedMeanwhile(Refusal):
    """Something of this payment was given back meanwhile, so nothing was given back now. Please look once more."""


class InputRefused(Refusal):
    """Something in this form is missing or not as it should be."""


class EmailRefused(InputRefused):
    """Enter an email address, such as asha@example.com."""


class PhoneRefused(InputRefused):
    """Enter an Indian mobile number of 10 digits, such as 98765 00001."""


class PasswordRefused(InputRefused):
    """Choose a password of at least 8 characters, and not more than 256."""


class FirstNameRefused(InputRefused):
    """Enter your first name, in any script, with at most 50 characters."""


class LastNameRefused(InputRefused):
    """Enter your last name, in any script, with at most 50 characters."""


class ShopNameRefused(InputRefused):
    """Enter your shop's name as customers know it, in any script, with at most 50 characters."""


class HandleRefused(InputRefused):
    """Choose 3 to 30 small letters and digits, beginning with a letter, such as chaipoint."""


class AccountNumberRefused(InputRefused):
    """Enter the account number as your bank writes it: 9 to 18 digits."""


class IfscRefused(InputRefused):
    """Enter the IFSC of your branch, such as HDFC0001234."""


class NoAccountChosen(InputRefused):
    """Choose one of your bank accounts for your settlements."""


class NoteRefused(InputRefused):
    """Write a note of at most 140 characters on one line, each of them to be seen."""


class ReasonRefused(InputRefused):
    """Write why, in 1 to 140 characters on one line, each of them to be seen."""


class DayRefused(InputRefused):
    """Choose a day, such as 20 November 2026."""


class EmailTaken(Refusal):
    """There is already an account with this email. Log in instead."""


class PhoneTaken(Refusal):
    """There is already an account with this phone number."""


class HandleTaken(Refusal):
    """Another shop has this handle. Choose another one."""


class IdentityTaken(Refusal):
    """This sign-in belongs to another account already, or yours is connected with another one."""


class WrongSignIn(Refusal):
    """Email or password is not right."""


class WrongPassword(Refusal):
    """This password is not right."""


class WalletClosed(Refusal):
    """This wallet is closed."""


class SignedOut(Refusal):
    """Your session has ended. Please log in again."""


class TooManyTries(Refusal):
    """Too many tries. Please wait a little and try again."""

    def __init__(self, retry_after_seconds: int) -> None:
        super().__init__()
        self.retry_after_seconds = retry_after_seconds


class CodeRefused(Refusal):
    """This code is not right or has expired. Ask for a new one."""


class NoPhone(Refusal):
    """There is no phone number in your account yet. Add it first."""


class NotShopsCode(Refusal):
    """This is not the code of a shop on Batua, so nothing was opened. Ask the shop for its Batua code or handle."""


class CannotSend(Refusal):
    """We cannot send messages just now. Nothing was sent; please try again in a little while."""


class ProviderNotSetUp(Refusal):
    """This way to log in is not set up here. Use your email and password."""


class ProviderDeclined(Refusal):
    """You did not allow it there, so nothing has happened. Try again, or use your password."""


class ProviderAway(Refusal):
    """It cannot be reached just now, so nothing has happened. Try again in a moment, or use your password."""


class ProviderNotBelieved(Refusal):
    """What came back from there does not prove who you are, so nothing has happened. Please try again."""


class VisitOver(Refusal):
    """This was begun in another browser, is used already, or took too long. Nothing has happened; begin again."""


class KnownOtherwise(Refusal):
    """There is a shop with this email already. Log in as you always do, by password, then connect this in Settings."""


class OnlyWayIn(Refusal):
    """This is your only way in. Set a password, or connect another account, first."""


class LogInAgain(Refusal):
    """Only soon after a log-in can this be done. Log out, log in again, and do it within 15 minutes."""


class NotFound(Refusal):
    """There is no such thing here, or it is not yours."""


class ShopNotFound(Refusal):
    """There is no shop with this handle, or it takes no payments any more."""


class TooLateToCancel(Refusal):
    """This withdrawal has left for your bank already and can no longer be cancelled."""


class NotClosed(Refusal):
    """Your wallet cannot be closed yet. Nothing has changed."""


class MoneyInWallet(NotClosed):
    """There is still money in your wallet. Send it to somebody, or take it out to your bank, first."""


class MoneyOnHold(NotClosed):
    """Money is still on hold for a withdrawal. Wait until it has arrived at your bank or come back."""


class MoneyComing(NotClosed):
    """Money you are adding is still on its way. Finish it at your bank, or wait until we know what became of it."""


class WithdrawalOpen(NotClosed):
    """A withdrawal is still open. Cancel it while it is queued, or wait until your bank has settled it."""


class StatementTooLong(Refusal):
    """This month has more movements than a PDF can hold well. Download them as CSV instead."""


class OutgoingStopped(Refusal):
    """Withdrawals are stopped for a moment while we check our books. Your money is safe; nothing has moved."""


class BankNotReachable(Refusal):
    """Your bank cannot be reached just now. Nothing has moved; please try again in a little while."""
