"""Watch whether our books add up. While they do not, no withdrawal leaves; whatever comes in goes on."""

from __future__ import annotations

from datetime import datetime, timedelta

from prometheus_client import Gauge

from runtime.logs import logger
from shared_db.connection import Connection, Database, with_retries
from shared_db.solvency import Verdict, look

log = logger(__name__)
_ok = Gauge("batua_solvency_ok", "1 while our books add up, 0 while outgoing money is stopped")
_difference = Gauge("batua_solvency_difference_paise", "What owners have more than the house's accounts say")
_looked_at = Gauge("batua_solvency_looked_at_seconds", "When any worker looked last, in seconds since 1970")
_EVERY = timedelta(seconds=0.9)


class Watch:
    """One per worker process; whoever comes first looks for all."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._broken_since: datetime | None = None
        self._words: str | None = None
        self._is_behind = False

    async def look(self) -> int:
        """Look once, and say what has changed; 1 when there is more to look at. Raises Unavailable."""

        async def work(connection: Connection) -> Verdict:
            return await look(connection, pause=timedelta(0) if self._is_behind else _EVERY)

        verdict = await with_retries(self._database, work)
        self._is_behind = verdict.behind
        _ok.set(verdict.broken_since is None)
        _difference.set(verdict.difference_paise)
        _looked_at.set(verdict.followed_at.timestamp())
        self._tell(verdict)
        return int(verdict.behind)

    def _tell(self, verdict: Verdict) -> None:
        """An alarm when it breaks and when it breaks in another way; a line when it holds again."""
        if verdict.broken_since and verdict.words != self._words:
            log.error(
                "our books do not add up; outgoing money is stopped",
                since=verdict.broken_since.isoformat(),
                difference_paise=verdict.difference_paise,
                words=verdict.words,
            )
        elif self._broken_since and not verdict.broken_since:
            log.warning(
                "our books add up again; outgoing money goes on", broken_since=self._broken_since.isoformat()
            )
        self._broken_since, self._words = verdict.broken_since, verdict.words
