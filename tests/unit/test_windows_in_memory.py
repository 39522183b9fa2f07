"""Moving windows in memory count what the library's own storage counts, and forget what is over."""

import random

import pytest
from limits import parse
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import MovingWindowRateLimiter

from wallet.windows_in_memory import WindowsInMemory


class Clock:
    def __init__(self) -> None:
        self.now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.mark.parametrize("seed", range(20))
async def test_it_allows_what_the_librarys_own_storage_allows(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock, dice = Clock(), random.Random(seed)
    monkeypatch.setattr("limits.aio.storage.memory.time.time", clock)
    ours, theirs = MovingWindowRateLimiter(WindowsInMemory(clock)), MovingWindowRateLimiter(MemoryStorage())
    limit = parse(f"{dice.randint(1, 5)}/minute")

    for _ in range(300):
        clock.now += dice.choice((0, 0.5, 7, 61))
        key = dice.choice("abc")
        cost = dice.choice((1, 1, 1, 2, 9))

        assert await ours.hit(limit, key, cost=cost) == await theirs.hit(limit, key, cost=cost)
        if dice.random() < 0.05:
            await ours.clear(limit, key)
            await theirs.clear(limit, key)


async def test_the_end_of_a_window_is_told_by_its_oldest_count() -> None:
    clock = Clock()
    windows, limit = MovingWindowRateLimiter(WindowsInMemory(clock)), parse("2/minute")
    await windows.hit(limit, "a")
    clock.now += 10
    await windows.hit(limit, "a")

    stats = await windows.get_window_stats(limit, "a")

    assert (stats.reset_time - clock.now, stats.remaining) == (50, 0)
    assert (await windows.get_window_stats(limit, "b")).remaining == 2


async def test_keys_of_the_past_are_cleared_away_while_others_are_counted() -> None:
    clock = Clock()
    storage = WindowsInMemory(clock)
    windows, minute, hour = MovingWindowRateLimiter(storage), parse("5/minute"), parse("5/hour")
    for number in range(1_000):
        await windows.hit(minute, str(number))
    await windows.hit(hour, "kept")
    clock.now += 61

    for _ in range(600):
        await windows.hit(minute, "new")

    assert len(storage) == 2
    assert (await windows.get_window_stats(hour, "kept")).remaining == 4
