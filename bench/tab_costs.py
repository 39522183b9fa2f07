"""What open pages cost: memory of the web processes and of Redis, for a tab more."""

from __future__ import annotations

import time
from collections.abc import Sequence

import psutil
from redis import Redis

from bench.tabs import open_tabs

_SETTLE_SECONDS = 2
_IDLE_SECONDS = 5


def cost_of_tabs(
    pids: Sequence[int], url: str, cookies: Sequence[str], redis_url: str | None
) -> dict[str, float]:
    """Open one tab for each cookie: KB a tab in the processes and in Redis, and the share of a core while all idle.

    A first few tabs are opened and closed before, so that what is loaded once is not counted.
    """
    with open_tabs(url, cookies[: len(cookies) // 5]):
        time.sleep(_SETTLE_SECONDS)
    own, redis, before = _own_bytes(pids), _redis_bytes(redis_url), _cores(pids)
    with open_tabs(url, cookies):
        time.sleep(_SETTLE_SECONDS)
        more, more_in_redis = _own_bytes(pids) - own, _redis_bytes(redis_url) - redis
        idle = _cores(pids) - before
    return {
        "tabs": len(cookies),
        "tab_kb": round(more / len(cookies) / 1000, 1),
        "tab_redis_kb": round(more_in_redis / len(cookies) / 1000, 1),
        "idle_cores_per_1000_tabs": round(idle / len(cookies) * 1000, 3),
    }


def _own_bytes(pids: Sequence[int]) -> int:
    return sum(psutil.Process(pid).memory_full_info().uss for pid in pids)


def _cores(pids: Sequence[int]) -> float:
    """The share of a core that they take for some seconds."""
    before = _cpu_seconds(pids)
    time.sleep(_IDLE_SECONDS)
    return (_cpu_seconds(pids) - before) / _IDLE_SECONDS


def _cpu_seconds(pids: Sequence[int]) -> float:
    taken = [psutil.Process(pid).cpu_times() for pid in pids]
    return sum(one.user + one.system for one in taken)


def _redis_bytes(url: str | None) -> int:
    if url is None:
        return 0
    with Redis.from_url(url) as redis:
        told = redis.info("memory")
        assert isinstance(told, dict)
        return told["used_memory"]
