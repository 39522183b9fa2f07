"""Withdrawals over the REST API and whatever strangers send: every wrong shape is refused, and nothing moves."""

import json
import uuid
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest

from tests.integration import withdrawal_town
from tests.integration.transfer_town import Person
from tests.integration.withdrawal_town import Town
from tests.town import JWT_SECRET, in_process, wallet_settings
from user_app.api.app import create_api
from wallet.bearer_tokens import BearerTokens
from wallet.passwords import Verified

PATH = "/api/v1/account/withdrawals"
GOOD: dict[str, object] = {
    "bank": "hdfc",
    "accountNumber": "123456789012",
    "ifsc": "HDFC0ABC123",
    "amount": 10,
}


def _in_digits_from(zero: int) -> str:
    """The good account number in another script's digits."""
    return "".join(chr(zero + int(digit)) for digit in "123456789012")


NO_TEXTS: list[object] = [None, True, 7, 1.5, [], ["123456789012"], {}, {"$gt": ""}]
ACCOUNT_NUMBERS = [
    *("", " ", "12345678", "1234567890123456789", "9" * 10_000, "-123456789012", "+123456789012"),
    *("1234567890.0", "12345678901a", "0x1234567890", "1e12", "123456789012\n", "\n123456789012"),
    *(
        "1234\t56789012",
        "123456789012\0",
        "1234\u00a056789012",
        "1234\u200b56789012",
        _in_digits_from(0xFF10),
    ),
    *(
        _in_digits_from(0x0660),
        _in_digits_from(0x0966),
        "12345678901²",
        "123456789012; DROP TABLE lanes",
        "null",
    ),
]
IFSCS = [
    *("", " ", "HDFC0ABC12", "HDFC0ABC1234", "HDFC1ABC123", "HDFCOABC123", "HDF00ABC123", "1DFC0ABC123"),
    *("HDFC0ABC12\n", "HDFC0ABC123\n", "HDFC0 ABC123", "HDFC0ABC12\0", "HDFC0ABC1-3", "\uff28DFC0ABC123"),
    *("HDFC\u0660ABC123", "HDFC0ABC12\u0661", "\u017fDFC0ABC123", "HDFC0ABC12\u00df", "H" * 10_000),
]
BANKS = ["", "sbi", "HDFC", "hdfc ", "hdfc\0", "../axis", "h" * 10_000]
AMOUNTS = [
    *("0", "-0", "-1", "0.00", "0.001", "1.005", "10.000", "1e1", "1E1", "1e400", "-1e-400", "100.01", "101"),
    *("9" * 17, "9" * 5_000, "92233720368547758.08", "null", "true", "[]", "[10]", "{}", '{"paise": 1}'),
    *('""', '" "', '"10 "', '" 10"', '"+10"', '"-10"', '"1,0"', '"1,00,000"', '"₹10"', '"10.001"', '".5"'),
    *(
        '"10."',
        '"1e1"',
        '"0x10"',
        '"1_0"',
        '"NaN"',
        '"Infinity"',
        '"\uff11\uff10"',
        '"\u0661\u0660"',
        '"10\\u0000"',
        '"10\\n"',
    ),
]
NO_JSON = ["NaN", "Infinity", "-Infinity", "1.", ".5", "01", "+1", "1_0", "0x10", "'10'"]
BODIES = [
    *(b"", b" ", b"null", b"7", b'"text"', b"[]", b"[{}]", b"{}", b"{", b"\xff\xfe{}", b"[" * 30_000),
    *(
        json.dumps(GOOD)[:-1].encode(),
        json.dumps(GOOD).encode("utf-16"),
        b"\xef\xbb\xbf" + json.dumps(GOOD).encode(),
    ),
]


def bodies() -> Iterator[tuple[str, bytes]]:
    """Every wrong body, with a name for it."""
    for field, texts in (("accountNumber", ACCOUNT_NUMBERS), ("ifsc", IFSCS), ("bank", BANKS)):
        for wrong in [*texts, *NO_TEXTS]:
            yield f"{field} {str(wrong)[:40]!r}", json.dumps(GOOD | {field: wrong}).encode()
    for wrong in AMOUNTS + NO_JSON:
        whole = json.dumps(GOOD | {"amount": "here"})
        yield f"amount {wrong[:40]}", whole.replace('"here"', wrong).encode()
    for field in GOOD:
        yield f"no {field}", json.dumps({name: GOOD[name] for name in GOOD if name != field}).encode()
    for more in ("to", "status", "id", "owner_id", "account_number", "Amount", ""):
        yield f"and {more!r}", json.dumps(GOOD | {more: "paid"}).encode()
    yield from ((f"body {body[:20]!r}", body) for body in BODIES)


@pytest.fixture
async def town(database_url: str, tmp_path: Path) -> AsyncIterator[Town]:
    async with withdrawal_town.opened(database_url, tmp_path) as town:
        yield town


@pytest.fixture
async def client(town: Town, tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    app = create_api(town.books.url, wallet_settings(tmp_path, rate_limit_factor=100_000))
    async with in_process(app) as client:
        yield client


@pytest.fixture
async def asha(town: Town) -> Person:
    return await somebody(town)


async def somebody(town: Town) -> Person:
    one = await town.books.person(100)
    tokens = BearerTokens(town.books.database, secret=JWT_SECRET, hours=1)
    return Person(one, await tokens.issue(Verified(one, "-")))


async def asked(client: httpx.AsyncClient, who: Person) -> uuid.UUID:
    answer = await client.post(PATH, json=GOOD, headers=who.headers)
    assert answer.status_code == 201, answer.text
    return uuid.UUID(answer.json()["id"])


async def test_every_wrong_body_is_refused_with_a_sentence_and_nothing_moves(
    town: Town, client: httpx.AsyncClient, asha: Person
) -> None:
    wrong = {}
    tried = list(bodies())
    for name, body in tried:
        answer = await client.post(PATH, content=body, headers=asha.headers)
        kind = answer.headers["content-type"]
        if (answer.status_code, kind) != (422, "application/problem+json") or not answer.json()["detail"]:
            wrong[name] = (answer.status_code, answer.text[:100])

    assert wrong == {}
    assert len(tried) > 150
    assert await town.has(asha.id) == (100, 0)
    assert await town.statuses(asha.id) == []
    assert await town.books.ask("SELECT 1 FROM lanes WHERE pending > 0") == []


async def test_a_body_of_another_size_is_refused_before_it_is_read(
    client: httpx.AsyncClient, asha: Person
) -> None:
    answer = await client.post(PATH, content=b" " * 65_537, headers=asha.headers)

    assert answer.status_code == 413


@pytest.mark.parametrize("authorization", ["", "Bearer", "Bearer x", "Basic YTpi", "Bearer a.b.c"])
async def test_without_a_token_nobody_asks_looks_or_cancels(
    town: Town, client: httpx.AsyncClient, asha: Person, authorization: str
) -> None:
    hers = await asked(client, asha)
    headers = {"Authorization": authorization} if authorization else {}

    answers = [
        await client.post(PATH, json=GOOD, headers=headers),
        await client.get(f"{PATH}/{hers}", headers=headers),
        await client.delete(f"{PATH}/{hers}", headers=headers),
    ]

    assert [one.status_code for one in answers] == [401] * 3
    assert await town.statuses(asha.id) == ["queued"]


@pytest.mark.parametrize("method", ["GET", "DELETE"])
async def test_what_is_no_id_or_another_persons_is_not_there(
    town: Town, client: httpx.AsyncClient, asha: Person, method: str
) -> None:
    ravi = await somebody(town)
    his = await asked(client, ravi)
    none = [
        *(
            "x",
            "null",
            "0",
            "-1",
            "%00",
            "%0A",
            "%2e%2e",
            "%EF%BC%91",
            "..%2f..",
            "%25",
            "'",
            "1;",
            "9" * 5_000,
        ),
        *(str(uuid.UUID(int=0)), str(his), his.hex, str(his).upper(), f"{{{his}}}", f"{his}%00", f"{his}x"),
    ]

    found = {
        one[:50]: (answer.status_code, answer.text[:80])
        for one in none
        if (answer := await client.request(method, f"{PATH}/{one}", headers=asha.headers)).status_code != 404
    }

    assert found == {}
    assert await town.statuses(ravi.id) == ["queued"]


async def test_cancelling_is_refused_once_it_is_sent_whatever_became_of_it(
    town: Town, client: httpx.AsyncClient, asha: Person
) -> None:
    worker = town.worker()
    answers: dict[str, tuple[int, int]] = {}
    for status, faults in {
        "paid": {},
        "failed": {"fail_rate": 1.0},
        "unknown": {"down": True},
    }.items():
        one = await asked(client, asha)
        await town.break_it(**faults)
        await worker.turn()
        assert await town.status(one) == status
        first = await client.delete(f"{PATH}/{one}", headers=asha.headers)
        again = await client.delete(f"{PATH}/{one}", headers=asha.headers)
        answers[status] = first.status_code, again.status_code
    queued = await asked(client, asha)
    cancelled = [await client.delete(f"{PATH}/{queued}", headers=asha.headers) for _ in range(2)]

    assert answers == {"paid": (409, 409), "failed": (409, 409), "unknown": (409, 409)}
    assert [one.status_code for one in cancelled] == [200, 200]
    assert await town.statuses(asha.id) == ["paid", "failed", "unknown", "cancelled"]
    assert await town.has(asha.id) == (80, 10)


@pytest.mark.parametrize(
    "wait", ["11", "-1", "x", "", "1.5", "1e1", "NaN", "10.01", "9" * 5_000, "true", "5&wait=11"]
)
async def test_a_wait_that_is_no_number_of_seconds_asks_for_nothing(
    town: Town, client: httpx.AsyncClient, asha: Person, wait: str
) -> None:
    answer = await client.post(f"{PATH}?wait={wait}", json=GOOD, headers=asha.headers)

    assert answer.status_code == 422
    assert await town.statuses(asha.id) == []


@pytest.mark.parametrize("key", ["", "k" * 256])
async def test_a_key_of_a_wrong_length_asks_for_nothing(
    town: Town, client: httpx.AsyncClient, asha: Person, key: str
) -> None:
    answer = await client.post(PATH, json=GOOD, headers=asha.headers | {"Idempotency-Key": key})

    assert answer.status_code == 422
    assert await town.statuses(asha.id) == []
