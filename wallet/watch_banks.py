"""Show how the banks are in our metrics: breakers that all workers share, and how the last calls went."""

from __future__ import annotations

from prometheus_client import Gauge

from shared_db.bank_health import health_of_banks
from shared_db.connection import Database, with_retries

_breaker_open = Gauge(
    "batua_bank_breaker_open", "1 while withdrawals wait because the bank is down", ["bank"]
)
_calls = Gauge("batua_bank_calls", "Calls of the last 15 minutes that count, 20 at most", ["bank"])
_answered = Gauge("batua_bank_calls_answered", "How many of them the bank answered", ["bank"])
_latency = Gauge("batua_bank_latency_median_ms", "Median of the answered ones, in milliseconds", ["bank"])


async def show_banks(database: Database) -> int:
    """Bring the figures up to date; 0, there is never more to do at once. Raises Unavailable."""
    for bank, health in (await with_retries(database, health_of_banks)).items():
        _breaker_open.labels(bank).set(not health.is_open_for_calls)
        _calls.labels(bank).set(health.calls)
        _answered.labels(bank).set(health.answered)
        if health.median_latency_ms is not None:
            _latency.labels(bank).set(health.median_latency_ms)
    return 0
