"""What `POST /api/v1/account/transfer` refuses, in the order of the contract, and the notes that it takes."""

import json
import uuid
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from money.accounts import system_accounts
from settings import BANKS
from tests.integration.transfer_town import (
    FROZEN,
    INVALID_ACCOUNT,
    INVALID_AMOUNT,
    LIMIT,
    POOR,
    Person,
    Town,
    opened,
    said,
)


@pytest.fixture
async def town(database_url: str, tmp_path: Path) -> AsyncIterator[Town]:
    async with opened(database_url, tmp_path) as town:
        yield town


@pytest.fixture
async def client(town: Town) -> httpx.AsyncClient:
    return await town.process()


# What is refused, and in which order


async def test_refusals_come_in_the_order_of_the_contract(town: Town) -> None:
    asha, ravi = await town.person(10), await town.person()
    client = await town.process(transfer_limit_paise=50_00, transfer_day_limit_paise=40_00)
    await town.freeze(asha)
    stranger = Person(asha.id, "not a token")

    everything_wrong = [
        said(await stranger.sends(client, "nobody", -1)),
        said(await asha.sends(client, "nobody", -1)),
        said(await asha.sends(client, uuid.uuid4(), 51)),
        said(await asha.sends(client, asha, 51)),
        said(await asha.sends(client, ravi, 51)),
        said(await asha.sends(client, uuid.uuid4(), 41)),
        said(await asha.sends(client, ravi, 41)),
        said(await asha.sends(client, ravi, 11)),
    ]
    await town.books.ask("UPDATE balances SET frozen_at = NULL")

    assert everything_wrong == [
        (403, {}),
        INVALID_AMOUNT,
        *[INVALID_ACCOUNT] * 2,
        LIMIT,
        INVALID_ACCOUNT,
        LIMIT,
        FROZEN,
    ]
    assert said(await asha.sends(client, ravi, 11)) == POOR
    assert (await asha.sends(client, ravi, 10)).status_code == 200


AMOUNTS = (
    *(
        "0",
        "0.00",
        "-1",
        "-0",
        "+5",
        "1.005",
        "1e3",
        "1E3",
        "NaN",
        "Infinity",
        "",
        " 5",
        "5 ",
        "5\n",
        ".5",
        "5.",
    ),
    *("1,000", "₹5", "१२", "\u0665", "\uff15", "0x10", "1_000", "92233720368547758.08", "9" * 400),
)
RAW_AMOUNTS = (
    *(
        "0",
        "0.0",
        "-1",
        "-0",
        "-0.01",
        "1.005",
        "1e3",
        "1E+2",
        "5e-1",
        "NaN",
        "Infinity",
        "-Infinity",
        "9" * 400,
    ),
    *("1e400", "92233720368547758.08", "9223372036854775808", "true", "null", "[5]", "{}", '{"amount": 5}'),
)


async def test_hostile_amounts_are_invalid_amounts(town: Town, client: httpx.AsyncClient) -> None:
    asha, ravi = await town.person(100), await town.person()
    bodies = [f'{{"to": "{ravi.id}", "amount": {one}}}' for one in (*RAW_AMOUNTS, *map(json.dumps, AMOUNTS))]
    bodies += [f'{{"to": "{ravi.id}"}}', f'{{"amount": 5, "to": {json.dumps(str(ravi.id))}']

    answers = {body: said(await asha.posts(client, body)) for body in bodies}

    assert {body: one for body, one in answers.items() if one != INVALID_AMOUNT} == {}
    assert await town.sent() == 0
    good = [
        said(await asha.sends(client, ravi, one))[0] for one in (1, 1.5, "1.50", 0.01, "0.01", 1.0, "007")
    ]
    assert good == [200] * 7


BODIES = (
    *("", "null", "[]", "5", '"x"', "{}", "{", "\xff", "not json", "[" * 50_000, '{"to": 5, "amount": 5}'),
    *(
        '{"to": null, "amount": 5}',
        '{"to": ["TO"], "amount": 5}',
        '{"to": "TO", "amount": 5, "currency": "INR"}',
    ),
    *('{"to": "TO", "amount": 5, "from": "TO"}', '{"TO": "TO", "amount": 5}'),
    *('{"to": "TO", "amount": 5, "note": 5}', '{"to": "TO", "amount": 5, "note": ["x"]}'),
    '{"to": "TO", "amount": 5, "note": "' + "x" * 70_000 + '"}',
)


async def test_a_body_that_is_none_of_ours_is_an_invalid_amount(
    town: Town, client: httpx.AsyncClient
) -> None:
    asha, ravi = await town.person(100), await town.person()
    bodies = [one.replace("TO", str(ravi.id)).encode("latin-1") for one in BODIES]

    answers = {body[:60]: said(await asha.posts(client, body)) for body in bodies}

    assert {body: one for body, one in answers.items() if one != INVALID_AMOUNT} == {}
    assert await town.sent() == 0


async def test_money_goes_to_people_with_an_open_wallet_and_to_nobody_else(
    town: Town, client: httpx.AsyncClient
) -> None:
    asha, closed = await town.person(100), await town.person()
    await town.books.close_wallet(closed.id)
    house = list(system_accounts(BANKS))
    hostile = ["", "x", "0", str(uuid.UUID(int=0)), "' OR 1=1 --", "\x00", "\ud800", "x" * 5_000, "../asha"]

    nobody = [*house, uuid.uuid4(), asha, closed, *hostile]
    answers = [said(await asha.sends(client, one, 1)) for one in nobody]

    assert answers == [INVALID_ACCOUNT] * len(nobody)
    assert said(await closed.sends(client, asha, 1)) == INVALID_ACCOUNT
    assert (await town.rupees(asha), await town.sent()) == (100, 0)


async def test_a_frozen_wallet_sends_nothing_and_receives(town: Town, client: httpx.AsyncClient) -> None:
    asha, ravi = await town.person(100), await town.person(100)
    await town.freeze(asha)

    out, into = await asha.sends(client, ravi, 1), await ravi.sends(client, asha, 1)

    assert said(out) == FROZEN
    assert (into.status_code, await town.rupees(asha)) == (200, 101)


# Notes

LONG = "🪔" * 140
NOTES = (
    "for May",
    "मई का किराया",
    "ഉണ്ണിക്ക്",
    "五月分の家賃",
    "إيجار مايو",
    "'; DROP TABLE transfers; --",
    "<b>",
    LONG,
)
JOINED = ("क्‍ष", "👩🏽‍🌾 चाय", "می‌خواهم", "loyer\u00a0: mai", "家賃\u3000五月")
"""Written with joiners, or with the blanks of their script."""


@pytest.mark.parametrize("notes", [NOTES, JOINED], ids=["plain", "joined"])
async def test_a_note_of_any_script_arrives_as_it_was_written(
    town: Town, client: httpx.AsyncClient, notes: tuple[str, ...]
) -> None:
    asha, ravi = await town.person(100), await town.person()

    answers = {note: said(await asha.sends(client, ravi, 5, note=f"  {note} ")) for note in notes}

    assert {note: one for note, one in answers.items() if one[0] != 200} == {}
    assert await town.books.ask("SELECT note, id::text FROM transfers WHERE kind = 'send' ORDER BY id") == [
        (note, answer["id"]) for note, (_, answer) in answers.items()
    ]


async def test_an_empty_note_is_none(town: Town, client: httpx.AsyncClient) -> None:
    asha, ravi = await town.person(100), await town.person()

    answers = [(await asha.sends(client, ravi, 5, note=one)).status_code for one in (None, "", "  \t ")]

    assert answers == [200] * 3
    assert await town.books.ask("SELECT DISTINCT note FROM transfers WHERE kind = 'send'") == [(None,)]


async def test_a_long_note_or_one_with_control_characters_is_refused(
    town: Town, client: httpx.AsyncClient
) -> None:
    asha, ravi = await town.person(100), await town.person()
    hostile = [
        f"a{chr(one)}b" for one in (*range(32), 127, 0x85, 0x9B, 0x2028, 0x2029, 0x202E, 0x2066, 0xFEFF)
    ]

    answers = {note: said(await asha.sends(client, ravi, 5, note=note)) for note in [*hostile, f"{LONG}x"]}
    halved = await asha.posts(client, f'{{"to": "{ravi.id}", "amount": 5, "note": "\\ud83d"}}')

    assert {note: one for note, one in answers.items() if one != INVALID_AMOUNT} == {}
    assert said(halved) == INVALID_AMOUNT
    assert await town.sent() == 0
