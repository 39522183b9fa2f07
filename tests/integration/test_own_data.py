"""All that is kept of one person as one file: complete, of nobody else, and never held as a whole."""

from __future__ import annotations

import json
import uuid
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from money.movements import Kind
from shared_db.saved_accounts import save
from tests.integration.withdrawal_town import ACCOUNT, IFSC, Town, opened
from tests.town import JWT_SECRET, gift, move
from user_app.own_data import everything_of
from wallet.bearer_tokens import BearerTokens
from wallet.caller import Caller
from wallet.passwords import Verified

MOST_CHARACTERS = 400_000
"""Of one piece."""


@pytest.fixture
async def town(database_url: str, tmp_path: Path) -> AsyncIterator[Town]:
    async with opened(database_url, tmp_path) as town:
        yield town


async def pieces(town: Town, one: Caller) -> list[str]:
    return [piece async for piece in everything_of(town.books.database, one)]


async def file_of(town: Town, one: Caller) -> dict[str, Any]:
    return json.loads("".join(await pieces(town, one)))


def caller(one: uuid.UUID) -> Caller:
    return Caller(one, uuid.uuid4())


async def test_somebody_with_nothing_gets_a_file_that_says_so(town: Town) -> None:
    asha = await town.books.person()

    found = await file_of(town, caller(asha))

    assert found["profile"]["id"] == str(asha)
    assert found["profile"]["balance"] == "0.00"
    assert {name: rows for name, rows in found.items() if name != "profile"} == {
        "savedAccounts": [],
        "sessions": [],
        "onRamps": [],
        "withdrawals": [],
        "transactions": [],
    }


async def test_everything_is_there_and_nothing_of_others_but_their_name(town: Town) -> None:
    asha = await town.books.person(100)
    ravi = await town.books.person(50, first_name='Ravi "\\\n', last_name="राव")
    await town.books.post(move(Kind.SEND, ravi, asha, 5_00), move(Kind.SEND, asha, ravi, 1_00))
    await town.books.on_ramp(asha)
    await town.books.on_ramp(ravi)
    paid = await town.asks(asha, 10)
    await town.asks(ravi, 10, account_number="987654321098")
    worker = town.worker()
    while await town.open_ones():
        await worker.turn()
    async with town.books.database.plain() as connection:
        await save(connection, asha, bank="hdfc", account_number=ACCOUNT, ifsc=IFSC, registered_name="Asha R")
    tokens = BearerTokens(town.books.database, secret=JWT_SECRET, hours=1)
    await tokens.issue(Verified(asha, "-"))
    await tokens.drain()

    found = await file_of(town, caller(asha))

    assert found["profile"]["balance"] == "94.00"
    [withdrawal] = found["withdrawals"]
    assert (withdrawal["id"], withdrawal["status"], withdrawal["accountNumber"]) == (
        str(paid),
        "paid",
        ACCOUNT,
    )
    assert [one["outcome"] for one in withdrawal["attempts"]] == ["succeeded"]
    assert [one["status"] for one in found["onRamps"]] == ["pending"]
    assert [one["kind"] for one in found["sessions"]] == ["program"]
    assert [one["registeredName"] for one in found["savedAccounts"]] == ["Asha R"]
    assert sorted(one["amount"] for one in found["transactions"]) == sorted(
        ["100.00", "5.00", "-1.00", "2000.00", "-10.00"]
    )
    assert {one["counterparty"] for one in found["transactions"]} == {None, 'Ravi "\\\n राव'}
    text = json.dumps(found)
    for of_ravi in (str(ravi), f"{ravi}@x.example", "987654321098"):
        assert of_ravi not in text


async def test_a_long_history_is_written_piece_by_piece_and_no_row_is_missing(town: Town) -> None:
    asha = await town.books.person()
    for _ in range(8):
        await town.books.post(*(gift(asha, 1_00) for _ in range(200)))
    await town.books.ask(
        "INSERT INTO sessions (id, owner_id, audience, expires_at)"
        " SELECT gen_random_uuid(), %s, 'api', now() FROM generate_series(1, 1000)",
        asha,
    )

    written = await pieces(town, caller(asha))

    found = json.loads("".join(written))
    assert len({one["id"] for one in found["transactions"]}) == 1_600
    assert len({one["id"] for one in found["sessions"]}) == 1_000
    assert max(map(len, written)) < MOST_CHARACTERS
    assert len(written) > 8
