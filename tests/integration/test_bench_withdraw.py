"""The parts of `bench withdraw`: its bank, workers and claims, and that its last look notices a wrong payout."""

import asyncio
import uuid
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bank_api.client import BankClient, BankRefused
from bench import claims
from bench.instant_bank import Books, open_bank
from bench.withdrawals import (
    account_number,
    assert_each_was_paid_once_in_order,
    drained_per_second,
    hold_back,
    let_go,
    wait_until_final,
    waits_ms,
    workers,
)
from runtime.dev_secrets import fill_in
from shared_db.embedded_postgres import EmbeddedPostgres
from tests.integration.withdrawal_town import IFSC, Town, opened


@pytest.fixture
async def town(database_url: str, tmp_path: Path) -> AsyncIterator[Town]:
    async with opened(database_url, tmp_path) as town:
        yield town


async def test_two_workers_drain_a_backlog_and_the_banks_memory_agrees(town: Town, tmp_path: Path) -> None:
    owners = [await town.books.person(100) for _ in range(3)]
    for _ in range(4):
        for place, owner in enumerate(owners):
            await town.asks(owner, 10, account_number=account_number(place))
    hold_back(town.books.url)
    fill_in(tmp_path)

    with open_bank({"hdfc": 0.0, "axis": 0.0}) as bank:
        settings = {"HDFC_API_URL": bank.address("hdfc"), "AXIS_API_URL": bank.address("axis")}
        with workers(tmp_path, town.books.url, settings):
            waiting = await town.open_ones()
            let_go(town.books.url)
            await asyncio.to_thread(wait_until_final, town.books.url, within_seconds=30)

    assert waiting == 12
    assert_each_was_paid_once_in_order(town.books.url, bank.books)
    assert drained_per_second(town.books.url, last=12) > 0
    assert len(waits_ms(town.books.url, last=12)) == 12


async def test_what_the_bank_remembers_otherwise_is_noticed(town: Town, tmp_path: Path) -> None:
    asha = await town.books.person(100)
    first, second = [str(await town.asks(asha, 10, account_number=account_number(0))) for _ in range(2)]
    worker = town.worker()
    while await worker.turn():
        pass
    account = account_number(0)
    right = {first: account, second: account}

    assert_each_was_paid_once_in_order(town.books.url, Books(dict(right)))
    for wrong in (
        Books({second: account, first: account}),
        Books({first: account}),
        Books(right | {str(uuid.uuid4()): account}),
        Books({first: account, second: account_number(1)}),
        Books(dict(right), sent_again=1),
        Books(dict(right), overlaps=1),
    ):
        with pytest.raises(AssertionError):
            assert_each_was_paid_once_in_order(town.books.url, wrong)


async def test_the_instant_bank_pays_a_reference_once_and_sees_two_at_once() -> None:
    with open_bank({"hdfc": 0.0, "axis": 0.2}) as bank:
        async with (
            BankClient(bank.address("hdfc"), "any") as quick,
            BankClient(bank.address("axis"), "any") as slow,
        ):
            first = await quick.payout("w-1", account_number(0), IFSC, 100)
            again = await quick.payout("w-1", account_number(0), IFSC, 100)
            asked = await quick.payout_state("w-1")
            with pytest.raises(BankRefused, match="404"):
                await quick.payout_state("w-2")
            await asyncio.gather(*(slow.payout(f"w-{n}", account_number(1), IFSC, 100) for n in (3, 4)))

    assert first == again == asked
    assert first.status == "succeeded"
    assert bank.books.sent_again == 1
    assert bank.books.overlaps == 1
    assert set(bank.books.paid) == {"w-1", "w-3", "w-4"}


def test_claims_are_measured_in_every_shape(postgres_server: EmbeddedPostgres) -> None:
    cells = claims.measure(postgres_server.url, times=1, crowds=(7, 60))

    assert {one.lanes for one in cells} == {7, 60}
    assert len({one.shape for one in cells}) == 6
    assert set(claims.headline(cells)) == {"claim_ms_7_lanes", "claim_ms_60_lanes"}
