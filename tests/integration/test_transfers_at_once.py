"""Sending money when much arrives at once, or again under the same key: it moves once, and never more than there is."""

import asyncio
import hashlib
import uuid
from collections import Counter
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from money.errors import NotEnoughMoney
from money.movements import Kind
from money.rupees import Paise
from shared_db.connection import Database
from shared_db.ledger import Ledger
from tests.integration.transfer_town import (
    FROZEN,
    INVALID_ACCOUNT,
    LIMIT,
    POOR,
    Person,
    Town,
    is_replayed,
    let_a_day_pass,
    opened,
    said,
)
from tests.town import connected, gift, move
from wallet import idempotency
from wallet.send_money import Limits, send

NO_LIMITS = Limits(once_paise=10**12, day_paise=10**15)
KEY_USED, KEY_IN_USE = 422, 409


@pytest.fixture
async def town(database_url: str, tmp_path: Path) -> AsyncIterator[Town]:
    async with opened(database_url, tmp_path) as town:
        yield town


@pytest.fixture
async def client(town: Town) -> httpx.AsyncClient:
    return await town.process()


# Crowds


@pytest.fixture
async def processes(town: Town) -> AsyncIterator[tuple[Database, Database]]:
    """Two ways to the same books, as two processes have them."""
    async with connected(town.books.url) as one, connected(town.books.url) as other:
        yield one, other


async def test_people_pay_each_other_both_ways_at_once_and_nobody_meets_a_deadlock(
    town: Town, processes: tuple[Database, Database]
) -> None:
    people = [await town.books.person(50) for _ in range(3)]
    circle = list(zip(people, [*people[1:], people[0]], strict=True))
    pairs = [*circle, *[(other, one) for one, other in circle]] * 40
    ledgers = [Ledger(one, flushers=2) for one in processes]

    outcomes = await asyncio.gather(
        *(
            send(
                processes[number % 2],
                ledgers[number % 2],
                sender=sender,
                recipient=recipient,
                amount_paise=Paise(1 + number % 7 * 5_00),
                note=None,
                limits=NO_LIMITS,
            )
            for number, (sender, recipient) in enumerate(pairs)
        ),
        return_exceptions=True,
    )
    for ledger in ledgers:
        await ledger.drain()

    kinds = Counter(type(one) for one in outcomes)
    assert set(kinds) <= {uuid.UUID, NotEnoughMoney}
    assert await town.sent() == kinds[uuid.UUID] > 0
    assert sum([(await town.books.has(one))[0] for one in people]) == 150_00


async def test_fifty_requests_for_the_whole_balance_and_one_is_granted(town: Town) -> None:
    asha, ravi = await town.person(100), await town.person()
    doors = [await town.process(), await town.process()]

    answers = await asyncio.gather(*(asha.sends(doors[number % 2], ravi, 100) for number in range(50)))

    assert Counter(one.status_code for one in answers) == {200: 1, 400: 49}
    assert all(said(one) == POOR for one in answers if one.status_code == 400)
    assert (await town.rupees(asha), await town.rupees(ravi), await town.sent()) == (0, 100, 1)


async def test_fifty_at_once_do_not_pass_the_limit_of_the_day(town: Town) -> None:
    asha, ravi, meera = await town.person(100_000), await town.person(), await town.person()
    doors = [await town.process(transfer_day_limit_paise=20_500_00) for _ in range(2)]
    earlier = await asha.sends(doors[0], meera, "499.99")

    answers = await asyncio.gather(*(asha.sends(doors[number % 2], ravi, 1_000) for number in range(50)))
    after = [said(await asha.sends(doors[0], ravi, rest)) for rest in ("0.02", "1000")]
    the_rest = await asha.sends(doors[1], ravi, "0.01")

    assert earlier.status_code == the_rest.status_code == 200
    assert Counter(one.status_code for one in answers) == {200: 20, 400: 30}
    assert all(said(one) == LIMIT for one in answers if one.status_code == 400)
    assert after == [LIMIT] * 2
    assert (await ravi.sends(doors[0], asha, 1_000)).status_code == 200, "everybody has a limit of his own"
    assert (await town.books.has(asha.id))[0] == 79_500_00 + 1_000_00


async def test_what_was_sent_yesterday_leaves_todays_limit_whole(town: Town) -> None:
    asha, ravi = await town.person(1_000), await town.person()
    client = await town.process(transfer_day_limit_paise=500_00)

    yesterday = [said(await asha.sends(client, ravi, amount)) for amount in (500, 1)]
    await let_a_day_pass(town.books)
    today = [said(await asha.sends(client, ravi, amount)) for amount in (499, 2, 1)]

    assert [status for status, _ in yesterday] == [200, 400]
    assert [status for status, _ in today] == [200, 400, 200]
    assert (yesterday[1], today[1]) == (LIMIT, LIMIT)


# Under a key


async def test_two_hundred_requests_under_one_key_send_once(town: Town) -> None:
    asha, ravi = await town.person(1_000), await town.person()
    doors = [await town.process(), await town.process()]

    answers = await asyncio.gather(
        *(asha.sends(doors[number % 2], ravi, 5, key="rent") for number in range(200))
    )
    later = await asha.sends(doors[1], ravi, 5, key="rent")

    done = [one for one in answers if one.status_code == 200]
    assert {one.status_code for one in answers} <= {200, KEY_IN_USE}
    assert [is_replayed(one) for one in done].count(False) == 1
    assert (later.status_code, is_replayed(later)) == (200, True)
    assert {one.text for one in [*done, later]} == {later.text}
    assert (await town.rupees(asha), await town.rupees(ravi), await town.sent()) == (995, 5, 1)


async def test_a_key_means_one_request_however_it_is_written(town: Town, client: httpx.AsyncClient) -> None:
    asha, ravi = await town.person(100), await town.person()
    first = await asha.sends(client, ravi, 5, key="rent")

    same = [
        await asha.sends(client, ravi, "5.00", key="rent"),
        await asha.posts(client, f' {{"amount":5.0 ,"note":null, "to":"{ravi.id}"}}\n', key="rent"),
    ]
    others = [
        await asha.sends(client, ravi, 6, key="rent"),
        await asha.sends(client, ravi, 5, key="rent", note="for May"),
        await asha.sends(client, await town.person(), 5, key="rent"),
    ]

    assert first.status_code == 200
    assert not is_replayed(first)
    assert [(said(one), is_replayed(one)) for one in same] == [(said(first), True)] * 2
    assert [one.status_code for one in others] == [KEY_USED] * 3
    assert {one.headers["Content-Type"] for one in others} == {"application/problem+json"}
    assert await town.sent() == 1


async def test_a_refusal_is_kept_under_its_key_when_money_has_arrived(
    town: Town, client: httpx.AsyncClient
) -> None:
    asha, ravi = await town.person(4), await town.person()
    refused = await asha.sends(client, ravi, 5, key="rent")
    await town.books.post(gift(asha.id, 100_00))

    again = await asha.sends(client, ravi, 5, key="rent")
    with_another = await asha.sends(client, ravi, 5, key="rent, once more")

    assert (said(refused), is_replayed(refused)) == (POOR, False)
    assert (said(again), is_replayed(again)) == (POOR, True)
    assert (with_another.status_code, await town.sent()) == (200, 1)


async def test_every_refusal_of_the_ledger_is_kept(town: Town) -> None:
    asha, ravi, frozen = await town.person(100), await town.person(), await town.person(100)
    client = await town.process(transfer_limit_paise=50_00, transfer_day_limit_paise=60_00)
    await town.freeze(frozen)
    asked = {
        "nobody": (asha, uuid.uuid4(), 1, INVALID_ACCOUNT),
        "nonsense": (asha, "asha", 1, INVALID_ACCOUNT),
        "herself": (asha, asha, 1, INVALID_ACCOUNT),
        "too much": (asha, ravi, 51, LIMIT),
        "frozen": (frozen, ravi, 1, FROZEN),
        "poor": (ravi, asha, 1, POOR),
    }
    first = {
        key: said(await who.sends(client, to, amount, key=key)) for key, (who, to, amount, _) in asked.items()
    }
    await asha.sends(client, ravi, 50)
    first["the day"] = said(await asha.sends(client, ravi, 11, key="the day"))
    await town.books.ask("UPDATE balances SET frozen_at = NULL")
    roomy = await town.process()

    again = {key: await who.sends(roomy, to, amount, key=key) for key, (who, to, amount, _) in asked.items()}
    again["the day"] = await asha.sends(roomy, ravi, 11, key="the day")

    assert first == {key: wanted for key, (*_, wanted) in asked.items()} | {"the day": LIMIT}
    assert {key: said(one) for key, one in again.items()} == first
    assert all(is_replayed(one) for one in again.values())


async def test_what_was_never_judged_is_not_kept(town: Town, client: httpx.AsyncClient) -> None:
    asha, ravi = await town.person(100), await town.person()
    narrow = await town.process(rate_limit_factor=1)
    while (await asha.sends(narrow, ravi, 1_000)).status_code != 429:
        pass

    not_judged = [
        await asha.sends(client, ravi, -5, key="rent"),
        await asha.posts(client, "{", key="rent"),
        await Person(asha.id, "not a token").sends(client, ravi, 5, key="rent"),
        await asha.sends(narrow, ravi, 5, key="rent"),
    ]
    done = await asha.sends(client, ravi, 5, key="rent")

    assert [one.status_code for one in not_judged] == [400, 400, 403, 429]
    assert (done.status_code, is_replayed(done)) == (200, False)


async def test_a_key_belongs_to_one_person_and_one_route(town: Town, client: httpx.AsyncClient) -> None:
    asha, ravi = await town.person(100), await town.person(100)
    on_ramps, wanted = "/api/v1/account/on-ramps", '{"bank": "hdfc", "amount": 5}'

    answers = [
        await asha.sends(client, ravi, 5, key="rent"),
        await ravi.sends(client, asha, 7, key="rent"),
        await asha.posts(client, wanted, key="rent", path=on_ramps),
        await asha.sends(client, ravi, 5, key="RENT"),
    ]

    # No bank listens there; what matters is that the key was not taken for the other route's.
    assert [one.status_code for one in answers] == [200, 200, 503, 200]
    assert [is_replayed(one) for one in answers] == [False] * 4
    assert (await town.sent(), await town.rupees(asha)) == (3, 97)


async def test_a_key_has_1_to_255_characters(town: Town, client: httpx.AsyncClient) -> None:
    asha, ravi = await town.person(100), await town.person()

    answers = {length: await asha.sends(client, ravi, 5, key="k" * length) for length in (0, 1, 255, 256)}

    assert {length: one.status_code for length, one in answers.items()} == {
        0: 422,
        1: 200,
        255: 200,
        256: 422,
    }


async def test_a_key_whose_first_answer_was_lost_still_means_that_first_request(
    town: Town, client: httpx.AsyncClient
) -> None:
    asha, ravi = await town.person(100), await town.person()
    key_hash = hashlib.sha256(b"rent").hexdigest()
    # It was committed, the database went away, and the answer was 503: no key is kept.
    reference = f"api:{asha.id}:transfer:{key_hash}"
    await town.books.post(move(Kind.SEND, asha.id, ravi.id, 5_00, reference=reference))

    another = await asha.sends(client, ravi, 6, key="rent")
    the_first = await asha.sends(client, ravi, 5, key="rent")

    assert another.status_code == KEY_USED
    assert (the_first.status_code, await town.sent()) == (200, 1)


@pytest.mark.parametrize("died", ["before it sent", "after it sent"])
async def test_the_key_of_a_process_that_died_is_taken_over_after_its_lease(town: Town, died: str) -> None:
    asha, ravi = await town.person(100), await town.person()
    doors = [await town.process(), await town.process()]
    body = f'{{"to":"{ravi.id}","amount":500,"note":null}}'
    reached = asyncio.Event()

    async def work(reference: str) -> idempotency.Answer:
        if died == "after it sent":
            await town.books.post(move(Kind.SEND, asha.id, ravi.id, 5_00, reference=reference))
        reached.set()
        await asyncio.Event().wait()
        raise AssertionError("it dies before")

    dying = asyncio.create_task(
        idempotency.once(
            town.books.database, user_id=asha.id, route="transfer", key="rent", body=body, work=work
        )
    )
    await asyncio.wait_for(reached.wait(), 30)
    dying.cancel()
    await asyncio.wait([dying])

    at_once = await asha.sends(doors[0], ravi, 5, key="rent")
    await town.books.ask(
        "UPDATE idempotency_keys SET begun_at = begun_at - %s", timedelta(minutes=3, seconds=1)
    )
    later = await asyncio.gather(*(asha.sends(doors[n % 2], ravi, 5, key="rent") for n in range(20)))

    assert at_once.status_code == KEY_IN_USE
    assert {one.status_code for one in later} <= {200, KEY_IN_USE}
    assert [is_replayed(one) for one in later if one.status_code == 200].count(False) == 1
    assert (await town.sent(), await town.rupees(asha)) == (1, 95)
