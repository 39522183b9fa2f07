"""A storm: 1,000 payments told 5,000 times by 8 processes, shuffled, doubled, contradicted; each is credited once."""

import asyncio
import multiprocessing
import random
import sys
import uuid
from collections import Counter
from collections.abc import AsyncIterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import NamedTuple

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from money.rupees import Paise
from shared_db.models import OnRamp
from tests.town import Books, bank_clients, event_body, in_process, served, signed, wallet_settings
from wallet.sweep_on_ramps import sweep
from webhook_server.app import create_app

PAYMENTS, CALLS_EACH, OWNERS, PROCESSES = 1_000, 5, 40, 8
AT_ONCE = 40
DONE_WITHIN_SECONDS = 120


class Call(NamedTuple):
    """One attempt at telling us of one payment."""

    event_id: str
    body: str
    is_failure: bool
    token: str


@pytest.fixture
async def books(database_url: str) -> AsyncIterator[Books]:
    async with Books(database_url) as books:
        yield books


async def test_a_storm_of_webhooks_credits_every_payment_exactly_once(books: Books, tmp_path: Path) -> None:
    seed = random.randrange(2**32)
    sys.stdout.write(f"seed {seed}\n")
    dice = random.Random(seed)
    owners = [await books.person() for _ in range(OWNERS)]
    rows = await payments(books, owners, dice)
    calls = storm(rows, dice)

    answers = await told_by_eight_processes(calls, books.url, tmp_path)
    after_the_storm = await statuses(books)
    await every_balance_is_what_was_credited(books, rows)
    books.is_right()
    asked = await swept_until_nothing_is_due(books, rows)

    captured = Counter(
        call.token
        for call, said in zip(calls, answers, strict=True)
        if said == "captured" and not call.is_failure
    )
    late = PAYMENTS - after_the_storm["success"]
    assert set(answers) <= {"captured", "duplicate", "recorded"}
    assert set(captured.values()) == {1}
    assert len(captured) == after_the_storm["success"]
    assert after_the_storm == {"success": PAYMENTS - late, "failure": late}
    assert asked == late > 0, "whatever the bank called failed first is asked about, and nothing else"
    assert await statuses(books) == {"success": PAYMENTS}
    assert await books.ask("SELECT count(*), count(DISTINCT reference) FROM transfers") == [
        (PAYMENTS, PAYMENTS)
    ]
    assert await books.ask("SELECT count(*) FROM bank_events") == [(len({call.event_id for call in calls}),)]
    await every_balance_is_what_was_credited(books, rows)
    books.is_right()


async def payments(books: Books, owners: list[uuid.UUID], dice: random.Random) -> list[OnRamp]:
    return [
        await books.on_ramp(dice.choice(owners), amount_paise=Paise(dice.randint(1, 5_000_00)))
        for _ in range(PAYMENTS)
    ]


def storm(rows: list[OnRamp], dice: random.Random) -> list[Call]:
    """Five calls about each payment, each under the first event's id or one of its own; one in ten is contradicted."""
    calls: list[Call] = []
    for row in rows:
        first = f"evt_{uuid.uuid4().hex}"
        ids = [first, *(dice.choice((first, f"evt_{uuid.uuid4().hex}")) for _ in range(CALLS_EACH - 1))]
        told = [Call(one, event_body(row), is_failure=False, token=row.token or "") for one in ids]
        if dice.random() < 0.1:
            told[-1] = Call(
                f"evt_{uuid.uuid4().hex}", event_body(row, paid=False), is_failure=True, token=row.token or ""
            )
        calls += told
    dice.shuffle(calls)
    return calls


async def told_by_eight_processes(calls: list[Call], url: str, folder: Path) -> list[str]:
    """The answer to each call, in the calls' order."""
    loop = asyncio.get_running_loop()
    with ProcessPoolExecutor(PROCESSES, mp_context=multiprocessing.get_context("spawn")) as processes:
        shares = await asyncio.wait_for(
            asyncio.gather(
                *(
                    loop.run_in_executor(processes, tell, calls[number::PROCESSES], url, folder)
                    for number in range(PROCESSES)
                )
            ),
            DONE_WITHIN_SECONDS,
        )
    answers = [""] * len(calls)
    for number, share in enumerate(shares):
        answers[number::PROCESSES] = share
    return answers


def tell(calls: list[Call], url: str, folder: Path) -> list[str]:
    """One process: a webhook server of its own on the shared database, and whoever calls it."""
    return asyncio.run(_tell(calls, url, folder))


async def _tell(calls: list[Call], url: str, folder: Path) -> list[str]:
    lanes = asyncio.Semaphore(AT_ONCE)

    async with in_process(create_app(wallet_settings(folder), url)) as client:

        async def call(one: Call) -> str:
            async with lanes:
                headers = signed(one.body, event_id=one.event_id)
                answer = await client.post("/webhooks/hdfc", content=one.body, headers=headers)
            return answer.json().get("status") or f"{answer.status_code}"

        return await asyncio.gather(*(call(one) for one in calls))


async def swept_until_nothing_is_due(books: Books, rows: list[OnRamp]) -> int:
    """The sweeper asks a bank that tells the truth: all was paid. How many times it asked."""
    by_token = {row.token: row for row in rows}

    async def state(request: Request) -> Response:
        row = by_token[request.path_params["token"]]
        return JSONResponse(
            {
                "token": row.token,
                "merchant_reference": str(row.id),
                "status": "paid",
                "amount_paise": row.amount_paise,
                "user_identifier": str(row.user_id),
                "bank_reference": "UTR1",
            }
        )

    bank = Starlette(routes=[Route("/{bank}/api/payments/{token}", state)])
    asked = 0
    async with served(bank) as url, bank_clients(url) as clients:
        while some := await sweep(books.database, clients, books.notices):
            asked += some
    return asked


async def statuses(books: Books) -> dict[str, int]:
    found = await books.ask("SELECT status, count(*) FROM on_ramps GROUP BY status")
    return dict(found)


async def every_balance_is_what_was_credited(books: Books, rows: list[OnRamp]) -> None:
    credited = {one for (one,) in await books.ask("SELECT id FROM on_ramps WHERE status = 'success'")}
    due = Counter[uuid.UUID]()
    for row in rows:
        due[row.user_id] += row.amount_paise if row.id in credited else 0

    found = await books.ask("SELECT account_id, balance_paise FROM balances")

    assert {owner: paise for owner, paise in found if paise} == {
        owner: paise for owner, paise in due.items() if paise
    }
