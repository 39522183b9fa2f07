"""A worker and the real bank with a broken line between them: asked again, never guessed, each paid once."""

import asyncio
import itertools
import uuid
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from bank_api.client import BankClient
from money.breaker import STANDARD
from money.withdrawal import CALL_TIMEOUT
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
from tests.integration.withdrawal_town import Town, Worker, opened
from tests.withdraw_storm.books import the_banks
from wallet.send_withdrawals import Lanes

SEND, ENQUIRE = "send", "enquire"
PAID_UNSEEN = [(SEND, "unreadable"), (ENQUIRE, "succeeded")]
NEVER_ARRIVED = [(SEND, "unreadable"), (ENQUIRE, "not_found"), (SEND, "succeeded")]
# One byte of an answer every 50 ms: no single read waits for long, and the whole takes longer than any call may.
DRIPPING = slow(20)
BROKEN: dict[str, tuple[Behaviour, list[tuple[str, str]]]] = {
    "late": (late(0.3), [(SEND, "succeeded")]),
    "cut in the head": (cut_after(40), PAID_UNSEEN),
    "cut in the body": (cut_after(5, mark=b"\r\n\r\n"), PAID_UNSEEN),
    "answer dropped": (drop_answer(), PAID_UNSEEN),
    "reset": (reset(), NEVER_ARRIVED),
}
_TIMEOUT_SECONDS = CALL_TIMEOUT.total_seconds()
TAKES_TOO_LONG: list[tuple[Behaviour, list[tuple[str, str]]]] = [
    (black_hole(), NEVER_ARRIVED),
    (DRIPPING, PAID_UNSEEN),
    # It reaches the bank all the same, when it has been asked about and sent again.
    (late(_TIMEOUT_SECONDS + 1), NEVER_ARRIVED),
]


@dataclass
class BadLine:
    """A worker whose every call to HDFC goes through the proxy."""

    town: Town
    proxy: FaultProxy
    worker: Worker
    bank_books: Path

    async def is_dealt_with(self) -> None:
        """Turn after turn without waiting for back-offs, until nothing is open."""
        while await self.town.open_ones():
            await self.town.make_due()
            await self.worker.turn()

    async def is_paid_once_and_so_we_say(self, *withdrawals: uuid.UUID) -> None:
        """By the bank's own books, which know of nothing else."""
        payouts = the_banks(self.bank_books).payouts
        assert sorted(one.reference for one in payouts) == sorted(str(one) for one in withdrawals)
        assert [one.paid_paise for one in payouts] == [10_00] * len(withdrawals)
        ours = await self.town.books.ask("SELECT id, status, utr FROM withdrawals")
        assert {(str(one), utr) for one, _, utr in ours} == {(one.reference, one.utr) for one in payouts}
        assert {status for _, status, _ in ours} == {"paid"}


@pytest.fixture
async def line(database_url: str, tmp_path: Path) -> AsyncIterator[BadLine]:
    async with opened(database_url, tmp_path) as town:
        port = urlsplit(town.bank.url).port
        assert port
        async with (
            fault_proxy(port) as proxy,
            BankClient(f"http://127.0.0.1:{proxy.port}/hdfc/api", "key-of-hdfc") as bank,
        ):
            worker = town.worker()
            worker.lanes = {
                "hdfc": Lanes("hdfc", bank, worker.database, worker.settlement, "on a bad line", STANDARD)
            }
            yield BadLine(town, proxy, worker, tmp_path / "dummy_bank" / "books.sqlite3")


@pytest.mark.parametrize("name", BROKEN)
async def test_whatever_the_line_does_to_a_call_it_is_paid_once_and_the_attempts_tell_of_it(
    line: BadLine, name: str
) -> None:
    asha = await line.town.books.person(100)
    withdrawal = await line.town.asks(asha, 10)
    behaviour, calls = BROKEN[name]
    line.proxy.next(behaviour, passed_on())

    await line.worker.turn()
    after_one_call = await line.town.status(withdrawal), await line.town.has(asha)
    await line.is_dealt_with()

    assert after_one_call == (("paid", (90, 0)) if len(calls) == 1 else ("unknown", (90, 10)))
    assert await line.town.attempts(withdrawal) == calls
    await line.is_paid_once_and_so_we_say(withdrawal)
    assert await line.town.has(asha) == (90, 0)


async def test_what_takes_too_long_is_given_up_asked_for_and_paid_once(line: BadLine) -> None:
    owners = [await line.town.books.person(100) for _ in TAKES_TOO_LONG]
    withdrawals = [await line.town.asks(owner, 10) for owner in owners]
    line.proxy.next(*(behaviour for behaviour, _ in TAKES_TOO_LONG), passed_on())

    async with asyncio.timeout(_TIMEOUT_SECONDS + 4):
        await line.worker.turn()
    unknown = [
        (await line.town.status(one), await line.town.has(owner))
        for one, owner in zip(withdrawals, owners, strict=True)
    ]
    await line.is_dealt_with()
    await asyncio.sleep(1.5)  # until the late one has come

    assert unknown == [("unknown", (90, 10))] * 3
    # Which of them met what is chance.
    assert sorted([await line.town.attempts(one) for one in withdrawals]) == sorted(
        calls for _, calls in TAKES_TOO_LONG
    )
    await line.is_paid_once_and_so_we_say(*withdrawals)


@pytest.mark.parametrize("name", ["answer dropped", "reset", "cut in the body"])
async def test_an_enquiry_that_breaks_is_an_enquiry_that_is_made_again(line: BadLine, name: str) -> None:
    asha = await line.town.books.person(100)
    withdrawal = await line.town.asks(asha, 10)
    behaviour, _ = BROKEN[name]
    line.proxy.next(drop_answer(), behaviour, behaviour, passed_on())

    await line.is_dealt_with()

    assert await line.town.attempts(withdrawal) == [
        (SEND, "unreadable"),
        (ENQUIRE, "unreadable"),
        (ENQUIRE, "unreadable"),
        (ENQUIRE, "succeeded"),
    ]
    await line.is_paid_once_and_so_we_say(withdrawal)


async def test_a_line_that_does_everything_pays_each_once_in_each_owners_order(line: BadLine) -> None:
    owners = [await line.town.books.person(100) for _ in range(5)]
    asked = [[await line.town.asks(owner, 10) for _ in range(4)] for owner in owners]
    # The slow ones come in one crowd, at first: their eight seconds pass together.
    crowd = [black_hole(), DRIPPING, late(0.2), reset(), drop_answer()]
    mix = [passed_on(), cut_after(1), reset(), late(0.05), drop_answer(), cut_after(60), passed_on()]
    line.proxy.next(*crowd, *(mix * 3), passed_on())

    await line.is_dealt_with()

    for owner, withdrawals in zip(owners, asked, strict=True):
        assert await line.town.statuses(owner) == ["paid"] * len(withdrawals)
        assert await line.town.has(owner) == (60, 0)
    await line.is_paid_once_and_so_we_say(*itertools.chain(*asked))
    assert await _calls_one_after_the_other(line.town) > 20 + len(crowd) - 2
    captured = await line.town.books.ask("SELECT count(*) FROM transfers WHERE kind = 'capture'")
    assert captured == [(20,)]


async def _calls_one_after_the_other(town: Town) -> int:
    """How many calls there were; of no owner did one begin before the one before was over, nor out of order."""
    calls = await town.books.ask(
        "SELECT w.owner_id, w.number, a.began_at, a.began_at + a.latency_ms * interval '1 ms', a.call, a.outcome"
        "  FROM withdrawal_attempts a JOIN withdrawals w ON w.id = a.withdrawal_id ORDER BY 1, 3"
    )
    for (owner, number, _, ended, *_1), (next_owner, next_number, began, *_2) in itertools.pairwise(calls):
        if owner == next_owner:
            assert number <= next_number
            assert (began - ended).total_seconds() > -0.002  # milliseconds are rounded
    assert {outcome for *_, outcome in calls} <= {"succeeded", "unreadable", "not_found"}
    return len(calls)
