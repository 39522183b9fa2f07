"""The batcher: a crowd shares, a lone caller waits for nobody, and no caller pays for another's mistake."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

import pytest

from runtime.batcher import Batcher, Busy, Unavailable


class Book:
    """What is flushed into: remembers every flush, and waits at its gate when that is shut."""

    def __init__(self) -> None:
        self.flushes: list[list[int]] = []
        self.at_once = 0
        self.most_at_once = 0
        self.gate = asyncio.Event()
        self.gate.set()
        self.before: Callable[[Sequence[int]], None] = lambda _: None

    async def flush(self, items: Sequence[int]) -> Sequence[str]:
        self.flushes.append(list(items))
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            await self.gate.wait()
            self.before(items)
        finally:
            self.at_once -= 1
        return [f"done {item}" for item in items]


async def soon(*awaited: Awaitable[str]) -> list[str | BaseException]:
    async with asyncio.timeout(2):
        return await asyncio.gather(*awaited, return_exceptions=True)


async def turns_of_the_loop() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


async def test_a_lone_caller_is_served_at_once_and_alone() -> None:
    book = Book()
    batcher = Batcher("test", book.flush)

    outcome = await asyncio.wait_for(batcher.submit(7), 1)

    assert outcome == "done 7"
    assert book.flushes == [[7]]


async def test_whoever_comes_while_one_flush_runs_shares_the_next() -> None:
    book = Book()
    book.gate.clear()
    batcher = Batcher("test", book.flush, largest=100)

    first = asyncio.create_task(batcher.submit(0))
    await turns_of_the_loop()
    crowd = [asyncio.create_task(batcher.submit(number)) for number in range(1, 151)]
    await turns_of_the_loop()
    book.gate.set()
    outcomes = await soon(first, *crowd)

    assert outcomes == [f"done {number}" for number in range(151)]
    assert [len(one) for one in book.flushes] == [1, 100, 50]


async def test_a_crowd_is_shared_among_the_flushers_that_are_free() -> None:
    book = Book()
    book.gate.clear()
    batcher = Batcher("test", book.flush, largest=100, flushers=2, divides=True)

    crowd = [asyncio.create_task(batcher.submit(number)) for number in range(11)]
    await turns_of_the_loop()
    later = [asyncio.create_task(batcher.submit(number)) for number in range(11, 15)]
    await turns_of_the_loop()
    book.gate.set()
    await soon(*crowd, *later)

    assert [len(flush) for flush in book.flushes[:2]] == [6, 5]
    assert sorted(item for flush in book.flushes for item in flush) == list(range(15))


async def test_two_flushers_work_at_once_and_never_three() -> None:
    book = Book()
    book.gate.clear()
    batcher = Batcher("test", book.flush, largest=2, flushers=2)

    callers = [asyncio.create_task(batcher.submit(number)) for number in range(20)]
    await turns_of_the_loop()
    book.gate.set()
    await soon(*callers)

    assert book.most_at_once == 2
    assert sorted(item for one in book.flushes for item in one) == list(range(20))


async def test_one_bad_item_never_hurts_its_neighbours() -> None:
    def refuse_13(items: Sequence[int]) -> None:
        if 13 in items:
            raise LookupError("13")

    book = Book()
    book.before = refuse_13
    batcher = Batcher("test", book.flush)

    outcomes = await soon(*(batcher.submit(number) for number in range(20)))

    assert isinstance(outcomes.pop(13), LookupError)
    assert outcomes == [f"done {number}" for number in range(20) if number != 13]


async def test_a_flush_that_forgets_somebody_fails_him_and_nobody_hangs() -> None:
    async def forgetful(items: Sequence[int]) -> Sequence[str]:
        return [f"done {item}" for item in items if item != 3]

    batcher = Batcher("test", forgetful)

    outcomes = await soon(*(batcher.submit(number) for number in range(5)))

    assert isinstance(outcomes[3], AssertionError)
    assert outcomes[:3] + outcomes[4:] == ["done 0", "done 1", "done 2", "done 4"]


async def test_when_the_database_is_away_all_are_told_by_one_try() -> None:
    def away(_: Sequence[int]) -> None:
        raise Unavailable

    book = Book()
    book.before = away
    batcher = Batcher("test", book.flush)

    outcomes = await soon(*(batcher.submit(number) for number in range(20)))

    assert all(isinstance(one, Unavailable) for one in outcomes)
    assert [len(one) for one in book.flushes] == [20]


async def test_the_database_goes_away_while_a_failed_batch_is_tried_one_by_one() -> None:
    def fails(items: Sequence[int]) -> None:
        if len(items) > 1:
            raise LookupError
        if items == [3]:
            raise Unavailable

    book = Book()
    book.before = fails
    batcher = Batcher("test", book.flush)

    outcomes = await soon(*(batcher.submit(number) for number in range(6)))

    assert outcomes[:3] == ["done 0", "done 1", "done 2"]
    assert all(isinstance(one, Unavailable) for one in outcomes[3:])
    assert book.flushes == [[0, 1, 2, 3, 4, 5], [0], [1], [2], [3]], "nobody after him is even tried"


async def test_stopping_while_the_database_is_away_tells_all_who_wait_after_one_more_try() -> None:
    def away(_: Sequence[int]) -> None:
        raise Unavailable

    book = Book()
    book.before = away
    book.gate.clear()
    batcher = Batcher("test", book.flush, largest=2)
    callers = [asyncio.create_task(batcher.submit(number)) for number in range(9)]
    await turns_of_the_loop()

    draining = asyncio.create_task(batcher.drain())
    await turns_of_the_loop()
    book.gate.set()
    await asyncio.wait_for(draining, 2)

    assert all(isinstance(one, Unavailable) for one in await soon(*callers))
    assert len(book.flushes) == 1


async def test_after_the_database_is_back_the_next_caller_is_served() -> None:
    def away(_: Sequence[int]) -> None:
        raise Unavailable

    book = Book()
    book.before = away
    batcher = Batcher("test", book.flush)
    await soon(batcher.submit(1))
    book.before = lambda _: None

    [outcome] = await soon(batcher.submit(2))

    assert outcome == "done 2"


async def test_a_full_house_says_so_before_anything_is_done() -> None:
    book = Book()
    book.gate.clear()
    batcher = Batcher("test", book.flush, largest=1, most_waiting=3)
    callers = [asyncio.create_task(batcher.submit(0))]
    await turns_of_the_loop()
    callers += [asyncio.create_task(batcher.submit(number)) for number in (1, 2, 3)]
    await turns_of_the_loop()

    with pytest.raises(Busy):
        await batcher.submit(4)

    book.gate.set()
    assert await soon(*callers) == ["done 0", "done 1", "done 2", "done 3"]
    assert book.flushes == [[0], [1], [2], [3]]


@pytest.mark.parametrize("fails", [False, True])
async def test_a_caller_who_leaves_does_not_take_his_item_with_him(*, fails: bool) -> None:
    def perhaps(items: Sequence[int]) -> None:
        if fails and 2 in items:
            raise LookupError

    book = Book()
    book.before = perhaps
    book.gate.clear()
    batcher = Batcher("test", book.flush)
    first = asyncio.create_task(batcher.submit(1))
    await turns_of_the_loop()
    leaver, stayer = asyncio.create_task(batcher.submit(2)), asyncio.create_task(batcher.submit(3))
    await turns_of_the_loop()

    leaver.cancel()
    await turns_of_the_loop()
    book.gate.set()
    outcomes = await soon(first, stayer)

    assert leaver.cancelled()
    assert outcomes == ["done 1", "done 3"]
    assert [2, 3] in book.flushes


async def test_a_caller_who_leaves_during_the_flush_does_not_stop_it() -> None:
    book = Book()
    book.gate.clear()
    batcher = Batcher("test", book.flush)
    leaver = asyncio.create_task(batcher.submit(1))
    await turns_of_the_loop()

    leaver.cancel()
    await turns_of_the_loop()
    book.gate.set()
    await turns_of_the_loop()
    outcomes = await soon(batcher.submit(2))

    assert leaver.cancelled()
    assert outcomes == ["done 2"]
    assert book.flushes == [[1], [2]]


@pytest.mark.parametrize("turns", range(6))
@pytest.mark.parametrize("flushers", [1, 2])
async def test_whoever_comes_in_the_very_moment_a_flush_ends_is_served_too(flushers: int, turns: int) -> None:
    book = Book()
    book.gate.clear()
    batcher = Batcher("test", book.flush, flushers=flushers)

    async def come_when_the_gate_opens() -> str:
        await book.gate.wait()
        for _ in range(turns):
            await asyncio.sleep(0)
        return await batcher.submit(2)

    first = asyncio.create_task(batcher.submit(1))
    await turns_of_the_loop()
    second = asyncio.create_task(come_when_the_gate_opens())
    await turns_of_the_loop()
    book.gate.set()
    done, late = await asyncio.wait({first, second}, timeout=1)
    for one in late:
        one.cancel()

    assert not late, "nobody else will come and wake him"
    assert {one.result() for one in done} == {"done 1", "done 2"}


@pytest.mark.parametrize("turns", range(6))
@pytest.mark.parametrize("flushers", [1, 2])
async def test_whoever_is_taken_in_the_very_moment_of_a_stop_has_his_outcome_before_it_ends(
    flushers: int, turns: int
) -> None:
    book = Book()
    book.gate.clear()
    batcher = Batcher("test", book.flush, flushers=flushers)
    first = asyncio.create_task(batcher.submit(1))
    await turns_of_the_loop()
    book.gate.set()
    for _ in range(turns):
        await asyncio.sleep(0)

    second = asyncio.create_task(batcher.submit(2))
    await asyncio.sleep(0)
    await asyncio.wait_for(batcher.drain(), 1)
    await turns_of_the_loop()

    assert (first.done(), second.done()) == (True, True)
    assert await soon(first, second) == ["done 1", "done 2"]


async def test_callers_who_come_one_after_another_never_wait_for_a_worker_that_has_gone() -> None:
    book = Book()
    batcher = Batcher("test", book.flush, flushers=2)

    async def one_after_another(start: int) -> list[str]:
        return [await batcher.submit(number) for number in range(start, start + 200)]

    async with asyncio.timeout(5):
        outcomes = await asyncio.gather(*(one_after_another(start) for start in (0, 1_000, 2_000)))
        await batcher.drain()

    assert [len(one) for one in outcomes] == [200] * 3
    assert book.most_at_once <= 2


async def test_stopping_finishes_what_was_taken_and_takes_nothing_more() -> None:
    book = Book()
    book.gate.clear()
    batcher = Batcher("test", book.flush, largest=2)
    callers = [asyncio.create_task(batcher.submit(number)) for number in range(7)]
    await turns_of_the_loop()

    draining = asyncio.create_task(batcher.drain())
    await turns_of_the_loop()
    with pytest.raises(Busy):
        await batcher.submit(8)
    assert not draining.done()
    book.gate.set()
    await asyncio.wait_for(draining, 2)

    assert await soon(*callers) == [f"done {number}" for number in range(7)]
    assert 8 not in {item for one in book.flushes for item in one}


async def test_stopping_when_nothing_was_ever_taken_returns_at_once() -> None:
    batcher = Batcher("test", Book().flush)

    await asyncio.wait_for(batcher.drain(), 1)
    await asyncio.wait_for(batcher.drain(), 1)

    with pytest.raises(Busy):
        await batcher.submit(1)
