"""What goes wrong in one world, and until when. Times are milliseconds since the world began."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from money.withdrawal import PayoutContract

SECOND = 1_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
_FINAL_AFTER = (10 * SECOND, MINUTE, 10 * MINUTE, 10 * MINUTE, HOUR, 24 * HOUR)
_LATE_AT_MOST = 2 * HOUR


class Weather:
    """Half of the faults are off in any world, so that each is met alone and with each other."""

    __slots__ = (
        "brink",
        "burst",
        "cancels",
        "contract",
        "crash",
        "down_until",
        "error",
        "fails",
        "fickle",
        "final_after",
        "freeze",
        "freeze_for",
        "idempotent",
        "lag",
        "late",
        "late_at_most",
        "lose_answer",
        "lose_request",
        "lose_word",
        "pending",
        "pending_for",
        "refuses",
        "refuses_again",
        "repeat_request",
        "repeat_word",
        "reverses",
        "says_reversed",
        "until",
        "word_delay",
        "workers",
        "wrong_amount",
    )

    def __init__(self, r: Callable[[], float]) -> None:
        def some(most: float) -> float:
            return r() * most if r() < 0.5 else 0.0

        self.idempotent = r() < 0.5
        self.final_after = _FINAL_AFTER[int(r() * len(_FINAL_AFTER))]
        self.contract = PayoutContract(self.idempotent, timedelta(milliseconds=self.final_after))
        self.workers = 1 + int(r() * 3)
        self.burst = r() < 0.5
        self.until = int((5 + r() * 60) * SECOND) if r() < 0.97 else 26 * HOUR
        self.down_until = 0
        if self.until == 26 * HOUR:
            self.down_until = int(r() * 1.2 * self.until)
        # The network
        self.lose_request, self.lose_answer = some(0.5), some(0.5)
        self.repeat_request = some(0.4) if self.idempotent else 0.0
        self.late = some(0.4)
        self.late_at_most = min(int(self.final_after * 1.2), _LATE_AT_MOST)
        self.error = some(0.4)
        # Our workers
        self.crash, self.freeze = some(0.15), some(0.15)
        self.freeze_for = 40 * SECOND if r() < 0.7 else self.late_at_most + MINUTE
        # The bank
        self.lag = int(some(20 * SECOND)) if r() < 0.8 else int(some(self.late_at_most))
        self.pending, self.pending_for = some(0.6), int(r() * MINUTE)
        if self.until == 26 * HOUR:
            self.pending_for = int(r() * 27 * HOUR)
        self.fails, self.refuses, self.reverses = some(0.4), some(0.3), some(0.4)
        self.refuses_again = some(0.8)
        self.says_reversed = r() < 0.5
        self.fickle = 0.4 if r() < 0.15 else 0.0
        # Its webhooks
        self.lose_word, self.repeat_word = some(1.0), some(0.5)
        self.word_delay = int(some(60 * SECOND)) + 20
        self.wrong_amount = some(0.2)
        if self.fickle:  # its changes of mind matter most while somebody still holds an older answer
            self.fails, self.freeze, self.lose_answer = 0.5, 0.3, 0.4
        self.brink = self.final_after <= MINUTE and r() < 0.2
        if self.brink:  # everything takes as long as it may, and no longer
            self.late, self.freeze, self.lose_word = 0.5, 0.4, 1.0
            self.crash = self.error = self.lose_request = self.lose_answer = 0.0
            self.until = max(self.until, 3 * self.final_after + MINUTE)
        # People
        self.cancels = some(0.4)
