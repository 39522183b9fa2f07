"""The bank's door and whoever else knocks at it: nothing hostile moves money, and nothing hostile is our error."""

import base64
import hashlib
import hmac
import time
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from shared_db.models import OnRamp
from tests.town import (
    AMOUNT,
    AXIS_SECRET,
    HDFC_SECRET,
    Books,
    Row,
    event_body,
    in_process,
    signed,
    wallet_settings,
)
from webhook_server.app import create_app

Headers = list[tuple[bytes, bytes]]


class Door:
    """Our door, a payment that is pending, and the true body that would credit it."""

    def __init__(self, books: Books, client: httpx.AsyncClient, row: OnRamp) -> None:
        self.books = books
        self.client = client
        self.row = row
        self.body = event_body(row)

    async def bring(self, body: bytes | str, headers: dict[str, str] | Headers, path: str = "/webhooks/hdfc"):
        return await self.client.post(path, content=body, headers=headers)

    async def nothing_happened(self) -> None:
        assert await self.books.row(self.row) == Row("pending", somebody_will_ask=True)
        assert await self.books.ask("SELECT count(*) FROM bank_events") == [(0,)]
        assert await self.books.has(self.row.user_id) == (0, 0)

    async def still_works(self) -> None:
        answer = await self.bring(self.body, signed(self.body))
        assert (answer.status_code, answer.json()) == (200, {"status": "captured"})
        assert await self.books.has(self.row.user_id) == (AMOUNT, 0)
        self.books.is_right()


@pytest.fixture
async def door(database_url: str, tmp_path: Path) -> AsyncIterator[Door]:
    books = Books(database_url)
    row = await books.on_ramp(await books.person())
    async with in_process(create_app(wallet_settings(tmp_path), database_url)) as client:
        yield Door(books, client, row)
    await books.close()


def true_signature(body: bytes, event_id: str = "evt_1", timestamp: str | None = None) -> dict[str, str]:
    """Signed by hand, so that what is signed may be anything."""
    moment = timestamp if timestamp is not None else str(int(time.time()))
    key = base64.b64decode(HDFC_SECRET.removeprefix("whsec_"))
    made = hmac.new(key, f"{event_id}.{moment}.".encode() + body, hashlib.sha256).digest()
    signature = "v1," + base64.b64encode(made).decode()
    return {"webhook-id": event_id, "webhook-timestamp": moment, "webhook-signature": signature}


# Signatures


NAMES = ("webhook-id", "webhook-timestamp", "webhook-signature")


def spoiled(body: str) -> dict[str, Headers]:
    """Every way of getting the three headers wrong, by name."""
    right = signed(body)
    event_id, timestamp, signature = (right[name] for name in NAMES)
    found = miswritten(event_id, timestamp, signature)
    for name in NAMES:
        found[f"without {name}"] = [(key.encode(), right[key].encode()) for key in NAMES if key != name]
        found[f"{name} in latin-1"] = [
            (key.encode(), b"\xe9\xff" if key == name else right[key].encode()) for key in NAMES
        ]
    found["unsigned"] = []
    others = {
        f"signed {ago} seconds ago": {"at": int(timestamp) - ago} for ago in (301, 360, 86_400, -301, -360)
    }
    others |= {"another bank's secret": {"secret": AXIS_SECRET}, "a guess": {"secret": "whsec_" + "AAAA" * 8}}
    for name, how in others.items():
        found[name] = [(key.encode(), one.encode()) for key, one in signed(body, **how).items()]
    return found


def miswritten(event_id: str, timestamp: str, signature: str) -> dict[str, Headers]:
    letters = signature.removeprefix("v1,")
    signatures = {
        "empty signature": "",
        "no comma": "v1" + letters,
        "two commas": f"v1,,{letters}",
        "bad base64": "v1,not!base64@@",
        "one letter": "v1,A",
        "no version": f",{letters}",
        "another version": f"v1a,{letters}",
        "version in capitals": f"V1,{letters}",
        "one bit off": f"v1,{('B' if letters[0] == 'A' else 'A') + letters[1:]}",
        "cut": signature[:-2],
        "padded": signature + "=",
        "quoted": f'"{signature}"',
        "hex": "v1," + base64.b64decode(letters).hex(),
        "nine signatures": " ".join([*["v1,AAAA"] * 8, signature]),
        "a hundred thousand": " ".join(["v1,AAAA"] * 100_000),
        "commas between": f"v1,AAAA,{signature}",
    }
    timestamps = {
        "no timestamp": "",
        "fraction": f"{timestamp}.9",
        "underscore": f"{timestamp[:2]}_{timestamp[2:]}",
        "plus": f"+{timestamp[1:]}",
        "minus": f"-{timestamp}",
        "exponent": "1e9",
        "milliseconds": f"{timestamp}000",
        "word": "now",
        "NaN": "nan",
    }
    ids = {"no id": "", "id with a blank": "evt 1", "endless id": "e" * 257}
    made = {name: (event_id, timestamp, one) for name, one in signatures.items()}
    made |= {name: (event_id, one, signature) for name, one in timestamps.items()}
    made |= {name: (one, timestamp, signature) for name, one in ids.items()}
    return {
        name: [(key.encode(), one.encode()) for key, one in zip(NAMES, three, strict=True)]
        for name, three in made.items()
    }


async def test_every_wrong_signature_is_401_and_an_empty_object_and_changes_nothing(door: Door) -> None:
    wrong = spoiled(door.body)

    found = {}
    for name, headers in wrong.items():
        answer = await door.bring(door.body, headers)
        if (answer.status_code, answer.text) != (401, "{}"):
            found[name] = (answer.status_code, answer.text)

    assert len(wrong) > 40
    assert found == {}
    await door.nothing_happened()
    await door.still_works()


async def test_a_body_that_was_changed_on_the_way_is_401(door: Door) -> None:
    headers = signed(door.body)
    changed = [
        door.body.replace(str(AMOUNT), str(AMOUNT + 1)),
        door.body + " ",
        " " + door.body,
        door.body.replace("succeeded", "Succeeded"),
        door.body[:-1],
        "",
    ]

    answers = [await door.bring(one, headers) for one in changed]

    assert {(one.status_code, one.text) for one in answers} == {(401, "{}")}
    await door.nothing_happened()


async def test_the_signature_covers_the_event_id_and_the_time(door: Door) -> None:
    headers = signed(door.body, event_id="evt_1")
    later = str(int(headers["webhook-timestamp"]) + 1)

    answers = [
        await door.bring(door.body, headers | {"webhook-id": "evt_2"}),
        await door.bring(door.body, headers | {"webhook-timestamp": later}),
    ]

    assert [one.status_code for one in answers] == [401, 401]
    await door.nothing_happened()


@pytest.mark.parametrize("seconds", [295, -295])
async def test_a_clock_that_is_a_little_off_is_forgiven(door: Door, seconds: int) -> None:
    answer = await door.bring(door.body, signed(door.body, at=int(time.time()) - seconds))

    assert answer.status_code == 200


async def test_one_right_signature_among_eight_is_enough(door: Door) -> None:
    headers = signed(door.body)
    headers["webhook-signature"] = " ".join([*["v1,AAAA"] * 7, headers["webhook-signature"]])

    answer = await door.bring(door.body, headers)

    assert answer.status_code == 200


async def test_a_signed_word_that_is_played_again_moves_nothing_twice(door: Door) -> None:
    headers = signed(door.body)

    answers = [(await door.bring(door.body, headers)).json() for _ in range(3)]

    assert answers == [{"status": "captured"}, {"status": "duplicate"}, {"status": "duplicate"}]
    assert await door.books.has(door.row.user_id) == (AMOUNT, 0)


async def test_one_banks_secret_opens_no_other_banks_door(door: Door) -> None:
    answers = [
        await door.bring(door.body, signed(door.body, secret=HDFC_SECRET), "/webhooks/axis"),
        await door.bring(door.body, signed(door.body, secret=AXIS_SECRET), "/webhooks/hdfc"),
    ]

    assert [(one.status_code, one.text) for one in answers] == [(401, "{}")] * 2
    await door.nothing_happened()


# Callers


@pytest.mark.parametrize("address", ["203.0.113.9", "10.0.0.1", "2001:db8::1", "128.0.0.1"])
@pytest.mark.parametrize("forged", [None, "127.0.0.1", "203.0.113.9, 127.0.0.1", "::1"])
async def test_a_caller_outside_the_list_is_401_whatever_he_writes(
    database_url: str, tmp_path: Path, address: str, forged: str | None
) -> None:
    books = Books(database_url)
    row = await books.on_ramp(await books.person())
    body = event_body(row)
    headers = signed(body) | ({"X-Forwarded-For": forged, "X-Real-IP": forged} if forged else {})

    async with in_process(create_app(wallet_settings(tmp_path), database_url), address) as client:
        answer = await client.post("/webhooks/hdfc", content=body, headers=headers)

    assert (answer.status_code, answer.text) == (401, "{}")
    assert await books.row(row) == Row("pending", somebody_will_ask=True)
    assert await books.ask("SELECT count(*) FROM bank_events") == [(0,)]
    await books.close()


@pytest.mark.parametrize(
    ("forwarded", "code"),
    [
        ("198.51.100.7", 200),
        ("203.0.113.9, 198.51.100.7", 200),
        ("198.51.100.7, 203.0.113.9", 401),
        ("203.0.113.9", 401),
        ("", 401),
        (None, 401),
    ],
)
async def test_behind_our_proxy_the_bank_is_whom_the_proxy_saw(
    database_url: str, tmp_path: Path, forwarded: str | None, code: int
) -> None:
    books = Books(database_url)
    row = await books.on_ramp(await books.person())
    body = event_body(row)
    settings = wallet_settings(tmp_path, trusted_proxy_hops=1, hdfc_allowed_ips="198.51.100.0/24")

    async with in_process(create_app(settings, database_url)) as client:
        headers = signed(body) | ({"X-Forwarded-For": forwarded} if forwarded is not None else {})
        answer = await client.post("/webhooks/hdfc", content=body, headers=headers)

    assert answer.status_code == code
    await books.close()


# Bodies and addresses


async def test_a_signed_body_that_is_no_event_is_422_and_never_our_error(door: Door) -> None:
    good = door.body
    bodies = {
        "nothing": b"",
        "null": b"null",
        "a list": b"[]",
        "a number": b"7",
        "not JSON": b"{",
        "two values": good.encode() + b"{}",
        "not UTF-8": good.encode().replace(b"UTR", b"\xff\xfe"),
        "UTF-16": good.encode("utf-16"),
        "a byte order mark": b"\xef\xbb\xbf" + good.encode(),
        "deep": b"[" * 16_000,
        "deep inside": good.replace('"data"', f'"x":{"[" * 5_000}{"]" * 5_000},"data"').encode(),
        "NaN": good.replace(str(AMOUNT), "NaN").encode(),
        "Infinity elsewhere": good.replace('"data"', '"x":Infinity,"data"').encode(),
        "endless digits": good.replace(str(AMOUNT), "9" * 5_000).encode(),
        "amount twice": good.replace('"amount_paise"', '"amount_paise":1,"amount_paise"').encode(),
        "amount as text": good.replace(str(AMOUNT), f'"{AMOUNT}"').encode(),
        "amount as a fraction": good.replace(str(AMOUNT), f"{AMOUNT}.0").encode(),
        "amount with an exponent": good.replace(str(AMOUNT), "2e5").encode(),
        "amount true": good.replace(str(AMOUNT), "true").encode(),
        "amount 0": good.replace(str(AMOUNT), "0").encode(),
        "amount below 0": good.replace(str(AMOUNT), f"-{AMOUNT}").encode(),
        "amount 2**63": good.replace(str(AMOUNT), str(2**63)).encode(),
        "no token": good.replace('"token"', '"tokens"').encode(),
        "token a number": good.replace(f'"{door.row.token}"', "7").encode(),
        "token null": good.replace(f'"{door.row.token}"', "null").encode(),
        "token empty": good.replace(f'"{door.row.token}"', '""').encode(),
        "endless token": good.replace(f'"{door.row.token}"', '"' + "t" * 2_000 + '"').encode(),
        "NUL in the token": good.replace('"pay_', '"\\u0000pay_').encode(),
        "NUL elsewhere": good.replace('"data"', '"x":"\\u0000","data"').encode(),
        "half a character": good.replace('"UTR', '"\\ud800UTR').encode(),
        "half a character elsewhere": good.replace('"data"', '"x":"\\ud800","data"').encode(),
        "no bank reference": good.replace('"bank_reference"', '"reference"').encode(),
        "another type": good.replace("payment.succeeded", "payment.created").encode(),
        "type in capitals": good.replace("payment.succeeded", "PAYMENT.SUCCEEDED").encode(),
        "no type": good.replace('"type"', '"kind"').encode(),
        "type a list": good.replace('"payment.succeeded"', '["payment.succeeded"]').encode(),
        "no time": good.replace('"timestamp"', '"time"').encode(),
        "time in words": good.replace("2026-11-20T12:00:00Z", "yesterday at noon").encode(),
        "time a number": good.replace('"2026-11-20T12:00:00Z"', "1763640000").encode(),
        "data a list": b'{"type":"payment.succeeded","timestamp":"2026-11-20T12:00:00Z","data":[]}',
        "no data": b'{"type":"payment.succeeded","timestamp":"2026-11-20T12:00:00Z"}',
    }

    found = {}
    for name, body in bodies.items():
        answer = await door.bring(body, true_signature(body))
        if (answer.status_code, answer.text) != (422, "{}"):
            found[name] = (answer.status_code, answer.text)

    assert found == {}
    await door.nothing_happened()
    await door.still_works()


async def test_a_field_we_do_not_know_is_ignored(door: Door) -> None:
    body = door.body.replace('"data":{', '"new":{"a":[1,2.5,null]},"data":{"currency":"INR",')

    answer = await door.bring(body, signed(body))

    assert answer.json() == {"status": "captured"}


async def test_the_time_a_bank_writes_into_its_event_decides_nothing(door: Door) -> None:
    body = door.body.replace("2026-11-20T12:00:00Z", "1999-01-01T00:00:00+05:30")

    answer = await door.bring(body, signed(body))

    assert answer.json() == {"status": "captured"}


@pytest.mark.parametrize(("extra", "code"), [(0, 200), (1, 413), (50_000, 413), (5_000_000, 413)])
async def test_sixteen_kibibytes_are_read_and_not_one_byte_more(door: Door, extra: int, code: int) -> None:
    body = door.body + " " * (16 * 1024 - len(door.body) + extra)

    answer = await door.bring(body, signed(body))

    assert answer.status_code == code
    if code == 413:
        await door.nothing_happened()


async def test_a_body_in_pieces_without_a_length_is_counted_while_it_comes(door: Door) -> None:
    pieces = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal pieces
        while pieces < 1_000:
            pieces += 1
            yield b" " * 1_024

    answer = await door.client.post("/webhooks/hdfc", content=endless(), headers=signed(door.body))

    assert answer.status_code == 413
    assert pieces < 30
    await door.nothing_happened()


async def test_a_body_in_pieces_that_is_small_enough_is_read(door: Door) -> None:
    async def letters() -> AsyncIterator[bytes]:
        for one in door.body.encode():
            yield bytes([one])

    answer = await door.client.post("/webhooks/hdfc", content=letters(), headers=signed(door.body))

    assert answer.json() == {"status": "captured"}


@pytest.mark.parametrize(
    "path",
    ["/webhooks/sbi", "/webhooks/HDFC", "/webhooks/", "/webhooks", "/", "/webhooks/hdfc/x", "/webhooks/%00"],
)
async def test_a_bank_we_do_not_know_is_404(door: Door, path: str) -> None:
    answer = await door.bring(door.body, signed(door.body), path)

    assert answer.status_code == 404
    await door.nothing_happened()


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "HEAD"])
async def test_nobody_moves_money_by_another_method(door: Door, method: str) -> None:
    answer = await door.client.request(method, "/webhooks/hdfc", content=door.body, headers=signed(door.body))

    assert answer.status_code == 405
    await door.nothing_happened()
