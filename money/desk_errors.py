"""Refusals that whoever operates a wallet can meet, at the command line.

Refusal (errors.py)
├── NotADay, DayNotBegun, UnknownBank, StatementNotThere
├── NotHeld, NotAMoment, NotYet
└── NotResolved
    ├── NothingWaits, StillUnderWay, NeverSent, SettledAlready
    ├── ResolvedAlready, ChangedMeanwhile, WordsRefused
    ├── NotLost, AnotherUtr, WentBack, NotAnOwner, AccountWanted
    └── OwnerWanted, PaymentsFirst
"""

from __future__ import annotations

from money.errors import Refusal


class NotADay(Refusal):
    """A day is written YYYY-MM-DD, such as 2026-11-20."""


class DayNotBegun(Refusal):
    """This day has not begun in India yet, so no bank has a statement of it."""


class UnknownBank(Refusal):
    """We have no account at a bank of this name."""


class StatementNotThere(Refusal):
    """The bank gives no statement that we can read. Nothing was compared; please try again later."""


class NotHeld(Refusal):
    """Nothing is held. A `manage.py restore` that was cut off is begun again; otherwise `manage.py hold` says so."""


class NotAMoment(Refusal):
    """A moment is written with its offset, such as 2026-11-27T21:00:00+05:30, or as a day, YYYY-MM-DD."""


class NotYet(Refusal):
    """This moment has not come yet: say as of when the database is, which is in the past."""


class NotResolved(Refusal):
    """This cannot be resolved. Nothing has moved."""


class NothingWaits(NotResolved):
    """Nothing waits for a person under this id. `manage.py review` lists what does."""


class StillUnderWay(NotResolved):
    """The bank is still being asked about this withdrawal, and its answer settles it. Nothing has moved."""


class NeverSent(NotResolved):
    """This withdrawal was never sent to the bank, so there is nothing to decide. Nothing has moved."""


class SettledAlready(NotResolved):
    """This withdrawal is settled already. Nothing has moved."""


class ResolvedAlready(NotResolved):
    """Somebody has resolved this already. Nothing has moved."""


class ChangedMeanwhile(NotResolved):
    """This has changed while you decided. Nothing has moved; please look at it again."""


class WordsRefused(NotResolved):
    """Write 1 to 100 characters on one line, each of them to be seen."""


class NotLost(NotResolved):
    """An owner is named only for what a bank's statement has and we have no row of, or no token."""


class AnotherUtr(NotResolved):
    """The bank's line has another UTR. Nothing has moved; look which of them you mean."""


class WentBack(NotResolved):
    """The bank has this and its way back, or gives it back because we refused its word. Decide with --failed."""


class NotAnOwner(NotResolved):
    """Nobody with an open wallet or shop that could have this has this id. Nothing has moved."""


class AccountWanted(NotResolved):
    """A payout went to an account: name it as --account NUMBER/IFSC, and a payment without one."""


class OwnerWanted(NotResolved):
    """We lost our row of this, or its token: say whose it is by --owner, or decide with --failed. Nothing has moved."""


class PaymentsFirst(NotResolved):
    """The wallet is short of this while payments are undecided or pending. Decide those first. Nothing has moved."""
