"""What our client makes of a bank that is reached badly, and what the bank has done meanwhile."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from bank_api.client import BankClient, BankUnreachable
from tests.fault_proxy import (
    Behaviour,
    FaultProxy,
    black_hole,
    cut_after,
    drop_answer,
    fault_proxy,
    late,
    passed_on,
    reset,
    slow,
)
from tests.integration.dummy_bank_town import ACCOUNT, AMOUNT, IFSC, Town, a_town, free_port

TIMEOUT_SECONDS = 0.6
# At this pace an answer of the bank takes more than ten seconds, with a byte every 25 ms.
DRIPPING = slow(40)
BROKEN: dict[str, Behaviour] = {
    "late": late(30),
    "cut at once": cut_after(1),
    "cut in the head": cut_after(40),
    "cut in the body": cut_after(5, mark=b"\r\n\r\n"),
    "answer dropped": drop_answer(),
    "reset": reset(),
    "black hole": black_hole(),
    "slow": DRIPPING,
}
REACHES_THE_BANK = ["cut at once", "cut in the head", "cut in the body", "answer dropped", "slow"]


@dataclass
class BadLine:
    town: Town
    proxy: FaultProxy
    bank: BankClient

    async def pay_out(self) -> str:
        state = await self.bank.payout("w-1", ACCOUNT, IFSC, AMOUNT)
        assert state.utr
        return state.utr


@pytest.fixture
async def line(tmp_path: Path) -> AsyncIterator[BadLine]:
    async with (
        a_town(tmp_path) as town,
        fault_proxy(town.settings.dummy_bank_port) as proxy,
        BankClient(
            f"http://127.0.0.1:{proxy.port}/hdfc/api", "key-of-hdfc", timeout_seconds=TIMEOUT_SECONDS
        ) as bank,
    ):
        yield BadLine(town, proxy, bank)


@pytest.mark.parametrize("name", BROKEN)
async def test_a_broken_line_is_given_up_in_time_and_asking_again_gives_the_one_payout(
    line: BadLine, name: str
) -> None:
    line.proxy.next(BROKEN[name], passed_on())

    async with asyncio.timeout(20 * TIMEOUT_SECONDS):
        with pytest.raises(BankUnreachable):
            await line.pay_out()
    connections = line.proxy.connections
    paid_meanwhile = line.town.ask("SELECT count(*) FROM payout_movements")
    utr = await line.pay_out()

    assert (connections, paid_meanwhile) == (1, 1 if name in REACHES_THE_BANK else 0)
    assert line.town.ask("SELECT count(*) FROM payout_movements") == 1
    assert (await line.bank.payout_state("w-1")).utr == utr


async def test_behind_a_dropped_answer_the_bank_has_paid(line: BadLine) -> None:
    line.proxy.next(drop_answer())
    with pytest.raises(BankUnreachable):
        await line.pay_out()

    state = await line.town.hdfc.payout_state("w-1")

    assert (state.status, line.proxy.connections) == ("succeeded", 1)


async def test_every_question_is_given_up_in_the_same_way(line: BadLine) -> None:
    line.proxy.next(drop_answer(), reset(), cut_after(30))
    asked: list[Callable[[], Awaitable[object]]] = [
        lambda: line.bank.payout_state("w-1"),
        lambda: line.bank.verify_account(ACCOUNT, IFSC),
        lambda: line.bank.statement(line.town.today()),
    ]

    for ask in asked:
        with pytest.raises(BankUnreachable):
            await ask()

    assert line.proxy.connections == 3


async def test_a_statement_that_was_cut_off_is_not_taken_for_a_shorter_day(line: BadLine) -> None:
    await asyncio.gather(*(line.town.pay_out(f"w-{number}") for number in range(5)))
    whole = await line.town.hdfc.statement(line.town.today())
    line.proxy.next(cut_after(200, mark=b"\r\n\r\n"))

    with pytest.raises(BankUnreachable):
        await line.bank.statement(line.town.today())

    assert len(whole) == 5


async def test_nobody_listening_is_a_bank_that_cannot_be_reached() -> None:
    async with BankClient(f"http://127.0.0.1:{free_port()}/hdfc/api", "k") as bank:
        with pytest.raises(BankUnreachable):
            await bank.payout("w-1", ACCOUNT, IFSC, AMOUNT)


async def test_a_line_that_is_only_slow_is_a_line(line: BadLine) -> None:
    line.proxy.next(late(0.1))

    assert await line.pay_out()
