"""How long we wait: for a worker, for an answer, before the next question, and before a person is called."""

from __future__ import annotations

from datetime import timedelta

CALL_TIMEOUT = timedelta(seconds=8)
LEASE = timedelta(seconds=20)
"""How long a claim holds a lane. A call that has not begun CALL_TIMEOUT before its end is not made at all."""
ATTENTION_AFTER = timedelta(hours=24)

_FIRST = timedelta(seconds=0.5)
_QUICK_AT_MOST = timedelta(seconds=10)
_DOUBLINGS = 5  # 0.5 s doubled five times is above 10 s
# By age: quickly for ten minutes; then one wait of a minute, one of ten, and an hour each.
_BANDS = (
    (timedelta(minutes=11), timedelta(minutes=1)),
    (timedelta(minutes=21), timedelta(minutes=10)),
)
_QUICK_FOR = timedelta(minutes=10)
_SLOWEST = timedelta(hours=1)


def wait(tries: int, age: timedelta) -> timedelta:
    """Before the next question, after so many answers without an outcome. Nobody sleeps over the 24 hours' end."""
    assert tries >= 0
    pause = _pause(tries, age)
    left = ATTENTION_AFTER - age
    return min(pause, left) if left > timedelta(0) else pause


def _pause(tries: int, age: timedelta) -> timedelta:
    if age < _QUICK_FOR:
        return min(_FIRST * 2 ** min(tries, _DOUBLINGS), _QUICK_AT_MOST)
    for until, pause in _BANDS:
        if age < until:
            return pause
    return _SLOWEST
