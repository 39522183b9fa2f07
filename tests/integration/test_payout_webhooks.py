"""A bank's signed word about a payout at the webhook server's door."""

import json
import uuid
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from tests.integration.withdrawal_town import Town, opened
from tests.town import AXIS_SECRET, HDFC_SECRET, in_process, signed, wallet_settings
from webhook_server.app import create_app

SECRETS = {"hdfc": HDFC_SECRET, "axis": AXIS_SECRET}


@pytest.fixture
async def town(database_url: str, tmp_path: Path) -> AsyncIterator[Town]:
    async with opened(database_url, tmp_path) as town:
        yield town


@pytest.fixture
async def door(town: Town, tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    async with in_process(create_app(wallet_settings(tmp_path), town.books.url)) as client:
        yield client


async def says(
    door: httpx.AsyncClient,
    reference: uuid.UUID | str,
    outcome: str,
    rupees: int,
    *,
    bank: str = "hdfc",
    user: str | None = None,
    utr: str = "UTR0001",
) -> tuple[int, dict[str, str]]:
    data = {"reference": str(reference), "amount_paise": rupees * 10**2, "bank_reference": utr}
    body = json.dumps(
        {
            "type": f"payout.{outcome}",
            "timestamp": "2026-11-21T10:00:00Z",
            "data": data | ({"user_identifier": user} if user else {}),
        }
    )
    answer = await door.post(f"/webhooks/{bank}", content=body, headers=signed(body, secret=SECRETS[bank]))
    return answer.status_code, answer.json()


def rejected(reason: str) -> tuple[int, dict[str, str]]:
    return 409, {"status": "rejected", "reason": reason}


async def inbox(town: Town) -> list[tuple[str, str, str | None]]:
    rows = await town.books.ask(
        "SELECT type, verdict, reason FROM bank_events ORDER BY received_at, event_id"
    )
    return [(row[0], row[1], row[2]) for row in rows]


async def test_success_then_reversal_each_move_money_once(town: Town, door: httpx.AsyncClient) -> None:
    asha = await town.books.person(100)
    withdrawal = await town.asks(asha, 10)
    await town.break_it(down=True)
    await town.worker().turn()

    answers = [
        await says(door, withdrawal, outcome, 10)
        for outcome in ("succeeded", "succeeded", "failed", "reversed", "reversed")
    ]

    assert answers == [
        (200, {"status": word}) for word in ("captured", "duplicate", "recorded", "captured", "duplicate")
    ]
    assert (await town.status(withdrawal), await town.has(asha)) == ("reversed", (100, 0))
    assert [verdict for _, verdict, _ in await inbox(town)] == [one["status"] for _, one in answers]


async def test_reversed_before_succeeded_is_booked_as_both(town: Town, door: httpx.AsyncClient) -> None:
    asha = await town.books.person(100)
    withdrawal = await town.asks(asha, 10)
    await town.break_it(down=True)
    await town.worker().turn()

    answers = [await says(door, withdrawal, outcome, 10) for outcome in ("reversed", "succeeded")]

    assert answers == [(200, {"status": "captured"}), (200, {"status": "duplicate"})]
    kinds = await town.books.ask(
        "SELECT kind FROM transfers WHERE kind IN ('capture', 'reversal') ORDER BY kind"
    )
    assert [row[0] for row in kinds] == ["capture", "reversal"]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"rupees": 11}, "amount_mismatch"),
        ({"bank": "axis"}, "bank_mismatch"),
        ({"user": str(uuid.uuid4())}, "user_mismatch"),
        ({"reference": str(uuid.uuid4())}, "unknown_token"),
        ({"reference": "w-1"}, "unknown_token"),
    ],
)
async def test_what_does_not_fit_is_kept_for_review_and_moves_nothing(
    town: Town, door: httpx.AsyncClient, change: dict[str, object], reason: str
) -> None:
    asha = await town.books.person(100)
    withdrawal = await town.asks(asha, 10)
    await town.break_it(down=True)
    await town.worker().turn()
    given: dict[str, object] = {"reference": withdrawal, "rupees": 10} | change

    answer = await says(door, outcome="succeeded", **given)  # pyright: ignore[reportArgumentType]

    assert answer == rejected(reason)
    assert await inbox(town) == [("payout.succeeded", "rejected", reason)]
    assert (await town.status(withdrawal), await town.has(asha)) == ("unknown", (90, 10))
    # The rightful word is heard all the same.
    assert await says(door, withdrawal, "succeeded", 10, user=str(asha)) == (200, {"status": "captured"})


async def test_what_is_not_signed_by_this_bank_is_not_even_kept(town: Town, door: httpx.AsyncClient) -> None:
    asha = await town.books.person(100)
    withdrawal = await town.asks(asha, 10)
    await town.break_it(down=True)
    await town.worker().turn()
    body = json.dumps(
        {
            "type": "payout.failed",
            "timestamp": "2026-11-21T10:00:00Z",
            "data": {"reference": str(withdrawal), "amount_paise": 10_00, "bank_reference": "UTR0001"},
        }
    )
    right = signed(body)

    answers = [
        await door.post("/webhooks/hdfc", content=content, headers=headers)
        for content, headers in [
            (body, {}),
            (body, signed(body, secret=AXIS_SECRET)),
            (body, signed(body, at=1)),
            (body.replace("1000", "1001"), right),
            (body.replace("failed", "reversed"), right),
            (body, right | {"webhook-id": "evt_other"}),
        ]
    ]

    assert {(one.status_code, one.text) for one in answers} == {(401, "{}")}
    assert await inbox(town) == []
    assert (await town.status(withdrawal), await town.has(asha)) == ("unknown", (90, 10))


@pytest.mark.parametrize(
    "data",
    [
        {"amount_paise": 0},
        {"amount_paise": -10_00},
        {"amount_paise": 10.0},
        {"amount_paise": "1000"},
        {"amount_paise": 2**63},
        {"amount_paise": True},
        {"amount_paise": None},
        {"reference": ""},
        {"reference": None},
        {"reference": 7},
        {"reference": "w\0"},
        {"reference": ["w-1"]},
        {"bank_reference": 7},
    ],
    ids=repr,
)
async def test_what_is_signed_and_not_as_agreed_is_told_so_and_moves_nothing(
    town: Town, door: httpx.AsyncClient, data: dict[str, object]
) -> None:
    asha = await town.books.person(100)
    withdrawal = await town.asks(asha, 10)
    await town.break_it(down=True)
    await town.worker().turn()
    good = {"reference": str(withdrawal), "amount_paise": 10_00, "bank_reference": "UTR0001"}
    body = json.dumps({"type": "payout.succeeded", "timestamp": "2026-11-21T10:00:00Z", "data": good | data})

    answer = await door.post("/webhooks/hdfc", content=body, headers=signed(body))

    assert answer.status_code == 422
    assert (await town.status(withdrawal), await town.has(asha)) == ("unknown", (90, 10))


async def test_a_word_about_what_was_never_sent_is_kept_and_moves_nothing(
    town: Town, door: httpx.AsyncClient
) -> None:
    asha = await town.books.person(100)
    cancelled, queued = await town.asks(asha, 10), await town.asks(asha, 20)
    await town.desk.cancel(cancelled)

    answers = [
        await says(door, one, outcome, rupees)
        for one, rupees in ((cancelled, 10), (queued, 20))
        for outcome in ("succeeded", "failed", "reversed")
    ]

    assert answers == [(200, {"status": "recorded"})] * 6
    assert [verdict for _, verdict, _ in await inbox(town)] == ["recorded"] * 6
    assert (await town.statuses(asha), await town.has(asha)) == (["cancelled", "queued"], (80, 20))
