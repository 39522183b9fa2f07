"""Each night after two o'clock in Kolkata, yesterday's statement of a bank beside our ledger, by one worker."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from prometheus_client import Gauge

from bank_api.client import BankClient
from money.desk_errors import StatementNotThere
from money.times import kolkata_day
from runtime.logs import logger
from shared_db.connection import Connection, Database, with_retries
from shared_db.reconciliations import Night, claim_night, count_open, finish_night, put_off_night
from wallet.reconcile import reconcile

log = logger(__name__)
_NOT_BEFORE = timedelta(hours=2)
_LEASE = timedelta(minutes=15)
"""After it another worker takes a night whose worker has died; all calls to a bank fit in."""
_FIRST_PAUSE = timedelta(minutes=5)
_LONGEST_PAUSE = timedelta(hours=1)
_DOUBLINGS = 4  # five minutes doubled four times is above an hour
_open = Gauge(
    "batua_reconciliation_exceptions_open", "Differences with a bank that wait for a person", ["bank"]
)


@dataclass(frozen=True, slots=True)
class Nights:
    """One bank's nightly comparison, as one worker takes it."""

    bank: str
    client: BankClient
    database: Database

    async def take(self, now: datetime) -> int:
        """Compare the oldest day that is due, if nobody else does; how many were compared. Raises Unavailable."""

        async def claim(connection: Connection) -> Night | None:
            return await claim_night(connection, self.bank, latest_night(now), now=now, lease=_LEASE)

        night = await with_retries(self.database, claim)
        compared = await self._compare(night, now) if night else 0
        _open.labels(self.bank).set(await with_retries(self.database, self._count))
        return compared

    async def _compare(self, night: Night, now: datetime) -> int:
        async def finish(connection: Connection) -> None:
            await finish_night(connection, self.bank, night, now=now)

        async def put_off(connection: Connection, words: str) -> None:
            until = now + min(_FIRST_PAUSE * 2 ** min(night.tries - 1, _DOUBLINGS), _LONGEST_PAUSE)
            await put_off_night(connection, self.bank, night, until=until, words=words)

        try:
            await reconcile(self.database, self.client, bank=self.bank, day=night.day)
        except StatementNotThere as error:
            words = str(error)
            log.warning("the nightly comparison is put off", bank=self.bank, day=str(night.day), words=words)
            await with_retries(self.database, lambda connection: put_off(connection, words))
            return 0
        await with_retries(self.database, finish)
        return 1

    async def _count(self, connection: Connection) -> int:
        return await count_open(connection, self.bank)


def latest_night(now: datetime) -> date:
    """The day that is to be compared by now: yesterday, from two o'clock on."""
    return kolkata_day(now - _NOT_BEFORE) - timedelta(days=1)
