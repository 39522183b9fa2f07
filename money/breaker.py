"""The circuit breaker of one bank, and how well that bank is: pure values, made anew by each call.

It opens when 10 of the last 20 calls failed. Then one call is tried every 5 seconds, and its success closes it.
Withdrawals wait meanwhile, queued; other banks have breakers of their own.
"""

from __future__ import annotations

import statistics
from datetime import datetime, timedelta
from typing import NamedTuple


class BreakerRules(NamedTuple):
    """How patient we are with a bank."""

    failures: int = 10
    of_calls: int = 20
    try_every: timedelta = timedelta(seconds=5)


class BankCall(NamedTuple):
    """One call that is over. `answered`: the bank said something readable, be it a refusal or "not found"."""

    began_at: datetime
    latency: timedelta
    answered: bool


class Health(NamedTuple):
    """What people see before they choose a bank. Without a call yet there is nothing to see."""

    calls: int
    success_rate: float
    median_latency: timedelta | None


STANDARD = BreakerRules()


class Breaker(NamedTuple):
    rules: BreakerRules = STANDARD
    calls: tuple[BankCall, ...] = ()
    """The last ones, oldest first."""
    opened_at: datetime | None = None
    closed_at: datetime | None = None
    next_try_at: datetime | None = None


def ask_to_call(breaker: Breaker, at: datetime) -> tuple[Breaker, bool]:
    """Whether a call may be made now. A try of an open breaker is given to one asker, and the next waits."""
    if breaker.next_try_at is None:
        return breaker, True
    if at < breaker.next_try_at:
        return breaker, False
    return breaker._replace(next_try_at=at + breaker.rules.try_every), True


def after_call(breaker: Breaker, call: BankCall) -> Breaker:
    """The breaker once this call is over."""
    rules = breaker.rules
    over_at = call.began_at + call.latency
    breaker = breaker._replace(calls=(*breaker.calls, call)[-rules.of_calls :])
    if breaker.opened_at is not None:
        # A slow answer to a call from before says nothing about now.
        if call.answered and call.began_at >= breaker.opened_at:
            return breaker._replace(opened_at=None, next_try_at=None, closed_at=over_at)
        return breaker
    if sum(_counts(breaker, one) for one in breaker.calls) < rules.failures:
        return breaker
    return breaker._replace(opened_at=over_at, next_try_at=over_at + rules.try_every)


def is_calling(breaker: Breaker) -> bool:
    """Whether calls go to this bank as usual."""
    return breaker.opened_at is None


def health(breaker: Breaker) -> Health | None:
    """How the last calls went. Latency counts answered calls only; of a timeout we know just our own patience."""
    if not breaker.calls:
        return None
    answered = [one.latency for one in breaker.calls if one.answered]
    return Health(
        calls=len(breaker.calls),
        success_rate=len(answered) / len(breaker.calls),
        median_latency=statistics.median_low(answered) if answered else None,
    )


def _counts(breaker: Breaker, call: BankCall) -> bool:
    """A failure since the breaker closed last; what opened it once does not open it again."""
    return not call.answered and (breaker.closed_at is None or call.began_at >= breaker.closed_at)
