"""Limits that are counted in Redis, where there is one."""

from wallet.throttle import Throttle


def test_with_a_redis_limits_are_counted_there_with_what_is_installed():
    # Nothing is connected to yet: that comes with the first try.
    assert Throttle(factor=1, redis_url="redis://127.0.0.1:1/0")
