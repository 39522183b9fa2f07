"""The circuit breaker of one bank: pure values, made anew by each call.

It opens when 10 of the last 20 calls of one worker failed, and then for all workers. One call is tried every 5
seconds, by one of them, and its success closes it for all. Withdrawals wait meanwhile, queued; other banks have
breakers of their own.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple


class BreakerRules(NamedTuple):
    """How patient we are with a bank."""

    failures: int = 10
    of_calls: int = 20
    try_every: timedelta = timedelta(seconds=5)


class BankCall(NamedTuple):
    """One call that is over. `answered`: the bank said something readable, be it a refusal or "not found".

    Times are the database's, which all workers share.
    """

    began_at: datetime
    latency: timedelta
    answered: bool


STANDARD = BreakerRules()


class Breaker(NamedTuple):
    """What one worker knows: its own last calls, and what all workers have agreed on."""

    rules: BreakerRules = STANDARD
    calls: tuple[BankCall, ...] = ()
    """The last ones, oldest first."""
    opened_at: datetime | None = None
    closed_at: datetime | None = None


def agreed(breaker: Breaker, opened_at: datetime | None, closed_at: datetime | None) -> Breaker:
    """The breaker once its worker has heard what all workers agreed on; what it alone believed is forgotten."""
    return breaker._replace(opened_at=opened_at, closed_at=closed_at or breaker.closed_at)


def after_call(breaker: Breaker, call: BankCall) -> Breaker:
    """The breaker once this call is over. Where it opens or closes, all workers are to hear of it."""
    rules = breaker.rules
    over_at = call.began_at + call.latency
    breaker = breaker._replace(calls=(*breaker.calls, call)[-rules.of_calls :])
    if breaker.opened_at is not None:
        # A slow answer to a call from before says nothing about now.
        if call.answered and call.began_at >= breaker.opened_at:
            return breaker._replace(opened_at=None, closed_at=over_at)
        return breaker
    if len(_failures(breaker)) < rules.failures:
        return breaker
    return breaker._replace(opened_at=over_at)


def is_calling(breaker: Breaker) -> bool:
    """Whether calls go to this bank as usual."""
    return breaker.opened_at is None


def failing_since(breaker: Breaker) -> datetime:
    """When the first of the failures began that opened it. A breaker that was closed later than that stays closed."""
    return min(call.began_at for call in _failures(breaker))


def _failures(breaker: Breaker) -> list[BankCall]:
    """Those since the breaker closed last; what opened it once does not open it again."""
    return [
        call
        for call in breaker.calls
        if not call.answered and (breaker.closed_at is None or call.began_at >= breaker.closed_at)
    ]
