"""Send shops' balances to their banks when their plans' hour has come: once a day each, by one worker of all."""

from __future__ import annotations

from datetime import datetime

from prometheus_client import Counter

from runtime.logs import correlated, current_correlation_id, logger, new_correlation_id
from shared_db.connection import Connection, Database, with_retries
from shared_db.notices import Notices
from shared_db.settlements import Settled, count_up, settle_due

log = logger(__name__)
_AT_ONCE = 100
_COUNTED_AT_ONCE = 10
"""In turns of their own: one with millions of entries keeps no other from being added up."""
_turns = Counter(
    "batua_settlement_turns", "Plans of settlements whose hour had come, by outcome", ["outcome"]
)


class Settlements:
    """One per worker process."""

    def __init__(self, database: Database, notices: Notices, banks: tuple[str, ...]) -> None:
        self._database = database
        self._notices = notices
        self._banks = banks

    async def take(self, now: datetime) -> int:
        """Settle some of what is due, and add up what was settled; how many of both. Raises Unavailable."""
        with correlated(new_correlation_id()):
            settled = await self._settle(now)
        # Told before anything is added up: that may take its time.
        self._notices.about({one.merchant_id for one in settled})
        counted = 0
        while counted < _COUNTED_AT_ONCE and (owner := await with_retries(self._database, count_up)):
            self._notices.about([owner])
            counted += 1
        # What stays due is looked at again after a pause.
        return counted + sum(one.outcome != "stopped" for one in settled)

    async def _settle(self, now: datetime) -> list[Settled]:
        async def work(connection: Connection) -> list[Settled]:
            return await settle_due(
                connection,
                now=now,
                most=_AT_ONCE,
                banks=self._banks,
                correlation_id=current_correlation_id(),
            )

        settled = await with_retries(self._database, work)
        for one in settled:
            _turns.labels(one.outcome).inc()
            log.info("a plan's hour had come", merchant=str(one.merchant_id), outcome=one.outcome)
        return settled
