"""Paying a shop through the API: who is paid, what is refused, and that a crowd never pays more than there is."""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from shared_db.notices import listen
from tests.integration.transfer_town import Person, Town, is_replayed, let_a_day_pass, opened
from tests.shop_town import gives_back, shop
from tests.town import gift, until

PAYMENTS = "/api/v1/account/payments"
TRANSACTIONS = "/api/v1/account/transactions"


@pytest.fixture
async def town(database_url: str, tmp_path: Path) -> AsyncIterator[Town]:
    async with opened(database_url, tmp_path) as town:
        yield town


@pytest.fixture
async def client(town: Town) -> httpx.AsyncClient:
    return await town.process()


@pytest.fixture
async def chai_point(town: Town) -> uuid.UUID:
    return await shop(town.books, handle="chaipoint")


async def pays(
    who: Person, client: httpx.AsyncClient, amount: object, *, key: str | None = None, **more: object
) -> httpx.Response:
    body = {"merchant": "chaipoint", "amount": amount} | more
    return await who.posts(client, json.dumps(body), key=key, path=PAYMENTS)


async def paid(town: Town) -> list[tuple[int, str | None]]:
    rows = await town.books.ask(
        "SELECT amount_paise, note FROM transfers WHERE kind = 'payment' ORDER BY created_at, id"
    )
    return [(row[0], row[1]) for row in rows]


def told(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json().get("detail", "")


async def test_asha_pays_chai_point_and_both_have_it_in_their_books(
    town: Town, client: httpx.AsyncClient, chai_point: uuid.UUID
) -> None:
    asha = await town.person(500)

    answer = await pays(asha, client, "120.50", merchant=" @ChaiPoint ", note=" two teas ")

    made = answer.json()
    assert answer.status_code == 201
    assert made == {
        "id": made["id"],
        "merchant": "chaipoint",
        "amount": 120.5,
        "note": "two teas",
        "status": "success",
    }
    assert await town.books.has(asha.id) == (379_50, 0)
    assert await town.books.entries(chai_point) == [(1, 120_50, 120_50)]
    [row] = (await client.get(TRANSACTIONS, headers=asha.headers, params={"type": "payment"})).json()[
        "transactions"
    ]
    assert (row["id"], row["type"], row["amount"], row["counterparty"], row["note"], row["balanceAfter"]) == (
        made["id"],
        "payment",
        -120.5,
        "Chai Point",
        "two teas",
        379.5,
    )


async def test_payments_and_refunds_stand_in_one_list_and_can_be_chosen(
    town: Town, client: httpx.AsyncClient, chai_point: uuid.UUID
) -> None:
    asha = await town.person(500)
    await pays(asha, client, 100)
    assert await gives_back(town.books, chai_point, 40_00)

    async def rows(**params: str) -> list[tuple[str, float, str]]:
        answer = await client.get(TRANSACTIONS, headers=asha.headers, params=params)
        return [(one["type"], one["amount"], one["counterparty"]) for one in answer.json()["transactions"]]

    both = [("refund", 40, "Chai Point"), ("payment", -100, "Chai Point")]
    assert (await rows())[:2] == both
    assert await rows(type="refund") == both[:1]
    assert await rows(type="payment") == both[1:]


async def test_a_payment_is_refused_with_its_reason(
    town: Town, client: httpx.AsyncClient, chai_point: uuid.UUID
) -> None:
    narrow = await town.process(transfer_limit_paise=100_00, transfer_day_limit_paise=150_00)
    asha, poor, frozen = await town.person(1_000), await town.person(1), await town.person(100)
    ravi = await town.person()
    await town.freeze(frozen)
    closed = await shop(town.books, handle="closed")
    await town.books.close_wallet(closed)
    nobody = "There is no shop with this handle, or it takes no payments any more."

    answers = {
        "nobody": told(await pays(asha, client, 1, merchant="nobody")),
        "closed": told(await pays(asha, client, 1, merchant="closed")),
        "closed, too much": told(await pays(asha, narrow, 101, merchant="closed")),
        "a person": told(await pays(asha, client, 1, merchant=str(ravi.id))),
        "nothing": told(await pays(asha, client, 1, merchant="")),
        "a zero byte": told(await pays(asha, client, 1, merchant="chai\x00")),
        "long": told(await pays(asha, client, 1, merchant="c" * 60_000)),
        "poor": told(await pays(poor, client, 1.01)),
        "frozen": told(await pays(frozen, client, 1)),
        "too much": told(await pays(asha, narrow, 100.01)),
    }
    await pays(asha, narrow, 100)
    answers["the day"] = told(await pays(asha, narrow, 50.01))

    assert answers == {
        **dict.fromkeys(
            ("nobody", "closed", "closed, too much", "a person", "nothing", "a zero byte", "long"),
            (404, nobody),
        ),
        "poor": (422, "There is not enough money in your wallet."),
        "frozen": (422, "Your wallet is frozen. It takes money in, and lets none out."),
        "too much": (422, "This amount is above the limit for one payment. At most ₹100.00."),
        "the day": (
            422,
            "This is more than you may pay to shops in one day. Please try again tomorrow, or with less.",
        ),
    }
    assert await town.books.has(chai_point) == (100_00, 0)


async def test_the_days_of_sending_and_of_paying_are_counted_apart(town: Town, chai_point: uuid.UUID) -> None:
    client = await town.process(transfer_day_limit_paise=100_00)
    asha, ravi = await town.person(1_000), await town.person()

    statuses = [
        (await asha.sends(client, ravi, 100)).status_code,
        (await pays(asha, client, 100)).status_code,
        (await pays(asha, client, 0.01)).status_code,
    ]
    await let_a_day_pass(town.books)
    statuses.append((await pays(asha, client, 0.01)).status_code)

    assert statuses == [200, 201, 422, 201]
    assert (await town.books.has(chai_point))[0] == 100_01


async def test_a_shop_can_neither_be_sent_money_nor_pay_itself(
    town: Town, client: httpx.AsyncClient, chai_point: uuid.UUID
) -> None:
    asha = await town.person(100)
    narrow = await town.process(transfer_limit_paise=10_00)

    as_a_person = await asha.sends(client, chai_point, 1)
    above_the_limit = await asha.sends(narrow, chai_point, 11)

    assert [one.json() for one in (as_a_person, above_the_limit)] == [{"message": "Invalid account"}] * 2
    assert await town.books.has(chai_point) == (0, 0)


WRONG: dict[str, object] = {
    "an amount of nothing": {"merchant": "chaipoint", "amount": 0},
    "less than nothing": {"merchant": "chaipoint", "amount": -100},
    "a third": {"merchant": "chaipoint", "amount": 0.333},
    "not a number": {"merchant": "chaipoint", "amount": "NaN"},
    "a truth": {"merchant": "chaipoint", "amount": True},
    "more fields": {"merchant": "chaipoint", "amount": 1, "payer": "ravi"},
    "no merchant": {"amount": 1},
    "a list": {"merchant": ["chaipoint"], "amount": 1},
    "a long note": {"merchant": "chaipoint", "amount": 1, "note": "x" * 141},
    "an override in the note": {"merchant": "chaipoint", "amount": 1, "note": "pay\u202e00,1"},
    "no object": ["chaipoint", 1],
}


@pytest.mark.parametrize("body", WRONG.values(), ids=WRONG.keys())
async def test_a_wrong_body_moves_nothing(
    town: Town, client: httpx.AsyncClient, chai_point: uuid.UUID, body: object
) -> None:
    asha = await town.person(100)

    answers = [
        await client.post(PAYMENTS, content=json.dumps(body), headers=asha.headers | more)
        for more in ({}, {"X-Correlation-Id": "the-full-application"})
    ]

    assert [one.status_code for one in answers] == [422, 422]
    assert answers[0].json() == answers[1].json()
    assert await town.books.has(chai_point) == (0, 0)


async def test_both_ways_to_pay_answer_alike(
    town: Town, client: httpx.AsyncClient, chai_point: uuid.UUID
) -> None:
    asha = await town.person(10)
    full = {"X-Correlation-Id": "the-full-application"}
    body = {"merchant": "chaipoint", "amount": 4}

    quick = [
        await client.post(PAYMENTS, content=json.dumps(body | more), headers=asha.headers)
        for more in ({}, {"merchant": "nobody"}, {"amount": 40})
    ]
    slow = [
        await client.post(PAYMENTS, content=json.dumps(body | more), headers=asha.headers | full)
        for more in ({}, {"merchant": "nobody"}, {"amount": 40})
    ]

    def shown(answer: httpx.Response) -> tuple[int, str, dict[str, Any]]:
        return answer.status_code, answer.headers["content-type"], answer.json() | {"id": ""}

    assert [shown(one) for one in quick] == [shown(one) for one in slow]
    assert await town.books.has(chai_point) == (8_00, 0)


async def test_a_stranger_pays_nobody(client: httpx.AsyncClient, chai_point: uuid.UUID) -> None:
    nobody = Person(uuid.uuid4(), "not a token")

    answer = await pays(nobody, client, 1)

    assert (answer.status_code, answer.headers["content-type"]) == (401, "application/problem+json")


async def test_the_same_key_pays_once_and_another_body_under_it_is_refused(
    town: Town, client: httpx.AsyncClient, chai_point: uuid.UUID
) -> None:
    asha = await town.person(100)

    at_once = await asyncio.gather(*(pays(asha, client, 10, key="tea") for _ in range(20)))
    again = await pays(asha, client, 10, key="tea")
    other = await pays(asha, client, 11, key="tea")
    elsewhere = await asha.sends(client, await town.person(), 10, key="tea")

    made = {one.json()["id"] for one in at_once if one.status_code == 201}
    assert {one.status_code for one in at_once} <= {201, 409}
    assert (len(made), again.json()["id"] in made, is_replayed(again)) == (1, True, True)
    assert (other.status_code, elsewhere.status_code) == (422, 200)
    assert await town.books.has(chai_point) == (10_00, 0)


async def test_a_refused_payment_stays_refused_under_its_key(
    town: Town, client: httpx.AsyncClient, chai_point: uuid.UUID
) -> None:
    asha = await town.person()
    first = await pays(asha, client, 5, key="tea")
    await town.books.post(gift(asha.id, 100_00))

    again = await pays(asha, client, 5, key="tea")
    unknown = [await pays(asha, client, 5, merchant="latecomer", key="new") for _ in range(2)]

    assert told(first) == told(again) == (422, "There is not enough money in your wallet.")
    assert is_replayed(again)
    assert [one.status_code for one in unknown] == [404, 404]
    assert await paid(town) == []


async def test_fifty_payments_of_the_whole_balance_and_one_goes_through(
    town: Town, chai_point: uuid.UUID
) -> None:
    asha = await town.person(100)
    doors = [await town.process(), await town.process()]

    answers = await asyncio.gather(*(pays(asha, doors[n % 2], 100) for n in range(50)))

    assert sorted(one.status_code for one in answers) == [201] + [422] * 49
    assert (await town.books.has(asha.id), await town.books.has(chai_point)) == ((0, 0), (100_00, 0))


async def test_fifty_payments_at_once_never_pass_the_days_limit(town: Town, chai_point: uuid.UUID) -> None:
    asha = await town.person(1_000)
    limits = {"transfer_day_limit_paise": 70_00}
    doors = [await town.process(**limits), await town.process(**limits)]

    answers = await asyncio.gather(*(pays(asha, doors[n % 2], 10) for n in range(50)))

    assert sorted(one.status_code for one in answers) == [201] * 7 + [422] * 43
    assert await town.books.has(chai_point) == (70_00, 0)


@pytest.mark.parametrize("what", ["the payer's wallet is frozen", "the shop is closed"])
async def test_while_payments_run_something_is_shut_and_from_then_on_nothing_moves(
    town: Town, client: httpx.AsyncClient, what: str
) -> None:
    asha = await town.person(1_000)
    other_shop = await shop(town.books, handle="teatime")
    shut = (
        ("UPDATE balances SET frozen_at = now() WHERE account_id = %s", asha.id)
        if what == "the payer's wallet is frozen"
        # Nobody closes a shop that has money; this one gives it back in the same moment.
        else ("UPDATE balances SET closed_at = now() WHERE account_id = %s AND balance_paise = 0", other_shop)
    )

    async def shutting() -> None:
        await asyncio.sleep(0.01)
        await town.books.ask(*shut)

    await asyncio.gather(shutting(), *(pays(asha, client, 1, merchant="teatime") for _ in range(100)))
    before = await town.books.has(asha.id)
    after = await pays(asha, client, 1, merchant="teatime")

    [(is_shut,)] = await town.books.ask(
        "SELECT count(*) = 1 FROM balances WHERE frozen_at IS NOT NULL OR closed_at IS NOT NULL"
    )
    assert (after.status_code == 201) is not is_shut
    spent = 0 if is_shut else 1_00
    assert (await town.books.has(asha.id))[0] == before[0] - spent


async def test_a_payment_is_told_to_both_sides(
    town: Town, client: httpx.AsyncClient, chai_point: uuid.UUID
) -> None:
    asha, heard, listening = await town.person(100), set[bytes](), asyncio.Event()

    async def hear(owners: set[bytes]) -> None:
        heard.update(owners)

    async def begin() -> None:
        listening.set()

    ear = asyncio.create_task(listen(town.books.url, on_owners=hear, on_gap=begin))
    await asyncio.wait_for(listening.wait(), 15)

    await pays(asha, client, 5)

    await until(lambda: len(heard) >= len((asha, chai_point)))
    ear.cancel()
    await asyncio.wait([ear])
    assert heard == {asha.id.bytes, chai_point.bytes}
