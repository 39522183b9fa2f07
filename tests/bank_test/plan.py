"""What every process of one run knows: the database, the people in it, and what is broken on purpose."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from pathlib import Path

from money.accounts import BankAccount, bank_account_id
from tests.bank_test.broken import Broken

WORKERS = 8
CALLERS = 6
RECEIVABLE, CASH, IN_FLIGHT = (bank_account_id("hdfc", one) for one in BankAccount)


@dataclass(frozen=True)
class Plan:
    """One run. `hot` are on one side of every other transfer."""

    url: str
    folder: Path
    seed: int
    hot: tuple[uuid.UUID, ...]
    others: tuple[uuid.UUID, ...]
    broken: Broken | None = None

    @property
    def people(self) -> tuple[uuid.UUID, ...]:
        return (*self.hot, *self.others)

    @property
    def closing(self) -> Path:
        """Once this file is there, workers ask nothing new. (A lock could die with whoever holds it.)"""
        return self.folder / "closing"

    def log_of(self, worker: int) -> Path:
        return self.folder / f"worker-{worker}.log"
