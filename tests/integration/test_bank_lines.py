"""The lines to a bank: used again, freed whatever becomes of a call, and closed when nobody needs them."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from bank_api.client import BankClient, BankUnreachable
from bank_api.lines import IDLE_SECONDS, MOST_LINES

ANSWER = b'{"reference": "w-1", "status": "succeeded", "utr": "UTR1", "reason": null}'


class Bank:
    """One that answers when it may, and counts who is on the line."""

    def __init__(self) -> None:
        self.may_answer = asyncio.Event()
        self.may_answer.set()
        self.opened = 0
        self.open: set[asyncio.StreamWriter] = set()
        self.asked = 0
        self.port = 0

    async def pick_up(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.opened += 1
        self.open.add(writer)
        try:
            while await reader.readuntil(b"\r\n\r\n"):
                self.asked += 1
                await self.may_answer.wait()
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(ANSWER), ANSWER))
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            self.open.discard(writer)
            writer.close()

    async def is_asked(self, times: int) -> None:
        while self.asked < times:  # noqa: ASYNC110 # a socket cannot set an Event
            await asyncio.sleep(0.01)


@asynccontextmanager
async def calling(bank: Bank, timeout_seconds: float = 5) -> AsyncIterator[BankClient]:
    async with (
        await asyncio.start_server(bank.pick_up, "127.0.0.1", 0) as server,
        BankClient(
            f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/api",
            "a-key",
            timeout_seconds=timeout_seconds,
        ) as client,
    ):
        yield client
        bank.may_answer.set()


@pytest.fixture
async def bank() -> Bank:
    return Bank()


async def test_one_call_after_another_goes_over_the_same_line(bank: Bank) -> None:
    async with calling(bank) as client:
        for _ in range(5):
            await client.payout_state("w-1")

        assert bank.opened == 1


async def test_a_crowd_has_a_line_each_and_the_next_crowd_finds_them(bank: Bank) -> None:
    async with calling(bank) as client:
        for _ in range(2):
            bank.may_answer.clear()
            crowd = [asyncio.create_task(client.payout_state("w-1")) for _ in range(30)]
            await bank.is_asked(bank.asked + 30)
            bank.may_answer.set()
            await asyncio.gather(*crowd)

        assert bank.opened == 30


async def test_whoever_finds_all_lines_taken_waits_for_one(bank: Bank) -> None:
    async with calling(bank) as client:
        bank.may_answer.clear()
        crowd = [asyncio.create_task(client.payout_state("w-1")) for _ in range(MOST_LINES + 5)]
        await bank.is_asked(MOST_LINES)
        await asyncio.sleep(0.05)
        on_the_line = bank.asked
        bank.may_answer.set()
        answers = await asyncio.gather(*crowd)

        assert on_the_line == MOST_LINES
        assert len(answers) == MOST_LINES + 5
        assert bank.opened == MOST_LINES


async def test_a_bank_that_never_answers_takes_no_line_for_good(bank: Bank) -> None:
    async with calling(bank, timeout_seconds=1) as client:
        bank.may_answer.clear()
        crowd = [client.payout_state("w-1") for _ in range(MOST_LINES + 5)]
        came = await asyncio.gather(*crowd, return_exceptions=True)
        bank.may_answer.set()
        after = await asyncio.gather(*(client.payout_state("w-1") for _ in range(MOST_LINES)))

        assert {type(one) for one in came} == {BankUnreachable}
        assert {one.utr for one in after} == {"UTR1"}


@pytest.mark.parametrize("turns", range(6))
async def test_callers_who_leave_at_any_moment_give_their_lines_back(bank: Bank, turns: int) -> None:
    async with calling(bank) as client:
        bank.may_answer.clear()
        crowd = [asyncio.create_task(client.payout_state("w-1")) for _ in range(MOST_LINES + 5)]
        for _ in range(turns):
            await asyncio.sleep(0)
        for one in crowd:
            one.cancel()
        await asyncio.gather(*crowd, return_exceptions=True)
        bank.may_answer.set()
        after = await asyncio.gather(*(client.payout_state("w-1") for _ in range(MOST_LINES)))

        assert {one.utr for one in after} == {"UTR1"}


async def test_a_line_that_the_bank_has_closed_is_not_used_again(bank: Bank) -> None:
    async with calling(bank) as client:
        await client.payout_state("w-1")
        for writer in list(bank.open):
            writer.close()
        await asyncio.sleep(0.05)
        await client.payout_state("w-1")

        assert bank.opened == 2


async def test_lines_that_nobody_needed_for_a_while_are_closed(bank: Bank) -> None:
    async with calling(bank) as client:
        bank.may_answer.clear()
        crowd = [asyncio.create_task(client.payout_state("w-1")) for _ in range(5)]
        await bank.is_asked(5)
        bank.may_answer.set()
        await asyncio.gather(*crowd)
        await asyncio.sleep(IDLE_SECONDS + 0.1)
        await client.payout_state("w-1")
        await asyncio.sleep(0.05)

        assert len(bank.open) == 1
