"""Show in our metrics how much is under way, and how old the oldest of it is."""

from __future__ import annotations

from prometheus_client import Gauge

from shared_db.connection import Database, with_retries
from shared_db.queues import OPEN_STATES, Open, open_withdrawals, waiting_by_bank
from shared_db.restores import held_since

_lanes = Gauge("batua_lanes_waiting", "Owners whose withdrawal has not ended", ["bank"])
_due = Gauge("batua_lanes_due", "Owners whose withdrawal a worker would take now", ["bank"])
_on_ramps = Gauge("batua_on_ramps_pending", "Payments that a bank is still asked about", ["bank"])
_oldest_on_ramp = Gauge(
    "batua_on_ramps_oldest_pending_seconds", "Age of the oldest of them; 0 without any", ["bank"]
)
_open = Gauge("batua_withdrawals_open", "Withdrawals that have not ended, by state", ["bank", "status"])
_oldest = Gauge(
    "batua_withdrawals_oldest_open_seconds",
    "Age of the oldest in this state; 0 without any",
    ["bank", "status"],
)
_held_since = Gauge(
    "batua_outgoing_held_since_seconds",
    "When the database was brought back from which nobody has let money out yet, in seconds since 1970; 0: it is open",
)
_NONE = Open(0, 0.0)


async def show_queues(database: Database) -> int:
    """Bring the figures up to date; 0, there is never more to do at once. Raises Unavailable."""
    waiting = await with_retries(database, waiting_by_bank)
    found = await with_retries(database, open_withdrawals)
    since = await with_retries(database, held_since)
    _held_since.set(since.timestamp() if since else 0)
    for one in waiting:
        _lanes.labels(one.bank).set(one.lanes)
        _due.labels(one.bank).set(one.due_lanes)
        _on_ramps.labels(one.bank).set(one.on_ramps)
        _oldest_on_ramp.labels(one.bank).set(one.oldest_on_ramp_seconds)
        for status in OPEN_STATES:
            these = found.get((one.bank, status), _NONE)
            _open.labels(one.bank, status).set(these.withdrawals)
            _oldest.labels(one.bank, status).set(these.oldest_seconds)
    return 0
