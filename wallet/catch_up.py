"""What the banks know that a restored database does not: every statement since its snapshot, compared and told."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import NamedTuple

from bank_api.client import BankClient
from money.desk_errors import NotHeld
from money.times import kolkata_day
from shared_db.bank_books import clock
from shared_db.connection import Connection, Database, with_retries
from shared_db.restores import Held, TellingDifference, differences, held
from wallet.reconcile import reconcile

_ONE_DAY = timedelta(days=1)


class CaughtUp(NamedTuple):
    """The differences of all banks over all days on which the restored database may have missed something."""

    restore: Held
    first: date
    last: date
    differences: Sequence[TellingDifference]

    @property
    def undecided(self) -> int:
        """How many of them wait for a person."""
        return sum(not one.is_decided for one in self.differences)

    def as_json(self) -> dict[str, object]:
        """For programs; `paise` is the bank's amount, or ours where the bank has none."""
        sums: defaultdict[str, defaultdict[str, dict[str, int]]] = defaultdict(
            lambda: defaultdict(lambda: {"count": 0, "paise": 0})
        )
        for one in self.differences:
            cell = sums[one.bank][f"{one.type} {one.kind}"]
            cell["count"] += 1
            cell["paise"] += (one.ours_paise if one.theirs_paise is None else one.theirs_paise) or 0
        return {
            "snapshot_not_before": self.restore.snapshot_at.isoformat(),
            "restored_at": self.restore.restored_at.isoformat(),
            "first_day": self.first.isoformat(),
            "last_day": self.last.isoformat(),
            "banks": sums,
            "exceptions": [one._asdict() | {"day": one.day.isoformat()} for one in self.differences],
            "undecided": self.undecided,
        }


async def catch_up(database: Database, clients: Mapping[str, BankClient]) -> CaughtUp:
    """Compare each day from the one before the snapshot's up to today, bank by bank, and file what differs.

    Raises NotHeld, StatementNotThere where a bank gives no statement we can read, and Unavailable.
    """
    restore = await with_retries(database, held)
    if restore is None:
        raise NotHeld
    first = restore.first_day
    last = kolkata_day(await with_retries(database, clock))
    for bank, client in clients.items():
        for days in range((last - first).days + 1):
            await reconcile(database, client, bank=bank, day=first + days * _ONE_DAY)

    async def found(connection: Connection) -> Sequence[TellingDifference]:
        return await differences(connection, first, last)

    return CaughtUp(restore, first, last, await with_retries(database, found))
