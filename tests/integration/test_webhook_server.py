"""The bank calls: every answer of the contract, what moves and what is kept, through the webhook server itself."""

import asyncio
import itertools
import uuid
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from shared_db.models import OnRamp
from tests.town import (
    AMOUNT,
    AXIS_SECRET,
    HDFC_SECRET,
    OLDER_SECRET,
    Books,
    Row,
    event_body,
    in_process,
    signed,
    wallet_settings,
)
from webhook_server.app import create_app

SECRETS = {"hdfc": HDFC_SECRET, "axis": AXIS_SECRET}
CAPTURED, DUPLICATE, RECORDED = ((200, {"status": one}) for one in ("captured", "duplicate", "recorded"))


def rejected(reason: str) -> tuple[int, dict[str, str]]:
    return 409, {"status": "rejected", "reason": reason}


class Door:
    """Our door, at which a test knocks as the bank would."""

    def __init__(self, books: Books, client: httpx.AsyncClient) -> None:
        self.books = books
        self.client = client

    async def knock(
        self,
        row: OnRamp,
        *,
        paid: bool = True,
        event_id: str | None = None,
        bank: str | None = None,
        **changes: object,
    ) -> tuple[int, dict[str, str]]:
        return await self.bring(event_body(row, paid=paid, **changes), bank or row.bank, event_id)

    async def bring(
        self, body: str, bank: str = "hdfc", event_id: str | None = None, secret: str | None = None
    ) -> tuple[int, dict[str, str]]:
        headers = signed(body, secret=secret or SECRETS[bank], event_id=event_id)
        answer = await self.client.post(f"/webhooks/{bank}", content=body, headers=headers)
        return answer.status_code, answer.json()

    async def inbox(self) -> list[tuple[str, str, str, str | None]]:
        return await self.books.ask(
            "SELECT event_id, type, verdict, reason FROM bank_events ORDER BY received_at"
        )


@pytest.fixture
async def door(database_url: str, tmp_path: Path) -> AsyncIterator[Door]:
    books = Books(database_url)
    async with in_process(create_app(wallet_settings(tmp_path), database_url)) as client:
        yield Door(books, client)
    await books.close()


# What a bank may say


@pytest.mark.parametrize("bank", ["hdfc", "axis"])
async def test_the_bank_says_paid_and_asha_has_her_money(door: Door, bank: str) -> None:
    asha = await door.books.person()
    row = await door.books.on_ramp(asha, bank=bank)

    answer = await door.knock(row, bank_reference="UTR-42")

    assert answer == CAPTURED
    assert await door.books.has(asha) == (AMOUNT, 0)
    assert await door.books.row(row) == Row("success", bank_reference="UTR-42")
    source = "SELECT a.name FROM transfers t JOIN accounts a ON a.id = t.source_id WHERE t.reference = %s"
    assert await door.books.ask(source, f"on_ramp:{row.id}") == [(f"{bank}:receivable",)]
    door.books.is_right()


@pytest.mark.parametrize("ids", ["the same event id", "a new event id"])
async def test_the_bank_calls_twice_and_asha_is_paid_once(door: Door, ids: str) -> None:
    asha = await door.books.person()
    row = await door.books.on_ramp(asha)
    first = "evt_1"
    second = first if ids == "the same event id" else "evt_2"

    answers = [await door.knock(row, event_id=one) for one in (first, second, second)]

    assert answers == [CAPTURED, DUPLICATE, DUPLICATE]
    assert await door.books.has(asha) == (AMOUNT, 0)
    assert [one[0] for one in await door.inbox()] == sorted({first, second})
    door.books.is_right()


async def test_the_bank_says_failed_and_again_and_nothing_moves(door: Door) -> None:
    asha = await door.books.person()
    row = await door.books.on_ramp(asha)

    answers = [await door.knock(row, paid=False) for _ in range(2)]

    assert answers == [CAPTURED, DUPLICATE]
    assert await door.books.row(row) == Row("failure", somebody_will_ask=True)
    once_more = "SELECT next_enquiry_at - settled_at = interval '1 hour' FROM on_ramps"
    assert await door.books.ask(once_more) == [(True,)]
    assert await door.books.has(asha) == (0, 0)
    door.books.is_right()


async def test_failed_after_paid_is_written_down_and_takes_nothing_back(door: Door) -> None:
    asha = await door.books.person()
    row = await door.books.on_ramp(asha)
    await door.knock(row)

    answer = await door.knock(row, paid=False)
    after = await door.knock(row)

    assert (answer, after) == (RECORDED, DUPLICATE)
    assert (await door.books.row(row)).status == "success"
    assert await door.books.has(asha) == (AMOUNT, 0)
    door.books.is_right()


@pytest.mark.parametrize("status", ["failure", "expired"])
async def test_paid_after_all_is_written_down_and_waits_for_our_enquiry(door: Door, status: str) -> None:
    asha = await door.books.person()
    row = await door.books.on_ramp(asha)
    await door.books.ask("UPDATE on_ramps SET status = %s, next_enquiry_at = NULL", status)

    answer = await door.knock(row)

    assert answer == RECORDED
    assert await door.books.row(row) == Row(status, late_success=True, somebody_will_ask=True)
    assert await door.books.ask("SELECT next_enquiry_at <= clock_timestamp() FROM on_ramps") == [(True,)]
    assert await door.books.has(asha) == (0, 0)
    door.books.is_right()


# What cannot be credited


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"amount_paise": AMOUNT + 1}, "amount_mismatch"),
        ({"amount_paise": AMOUNT - 1}, "amount_mismatch"),
        ({"amount_paise": 2**63 - 1}, "amount_mismatch"),
        ({"user_identifier": str(uuid.UUID(int=7))}, "user_mismatch"),
        ({"user_identifier": "asha"}, "user_mismatch"),
        ({"token": "pay_unknown"}, "unknown_token"),
        ({"token": "' OR 1=1 --"}, "unknown_token"),
        ({"token": "%"}, "unknown_token"),
    ],
    ids=lambda one: str(one)[:40],
)
@pytest.mark.parametrize("paid", [True, False])
async def test_a_signed_word_that_does_not_fit_our_row_is_rejected_and_kept(
    door: Door, *, changes: dict[str, object], reason: str, paid: bool
) -> None:
    asha = await door.books.person()
    row = await door.books.on_ramp(asha)

    answer = await door.knock(row, paid=paid, **changes)

    assert answer == rejected(reason)
    assert await door.books.has(asha) == (0, 0)
    assert (await door.books.row(row)).status == "pending"
    assert (await door.books.row(row)).rejected == (reason != "unknown_token")
    assert [one[2:] for one in await door.inbox()] == [("rejected", reason)]
    door.books.is_right()


async def test_one_bank_cannot_speak_of_another_banks_payment(door: Door) -> None:
    asha = await door.books.person()
    row = await door.books.on_ramp(asha, bank="hdfc")

    answer = await door.knock(row, bank="axis")
    rightful = await door.knock(row)

    assert answer == rejected("bank_mismatch")
    assert rightful == CAPTURED
    door.books.is_right()


async def test_two_banks_may_use_the_same_token_for_two_payments(door: Door) -> None:
    asha, ravi = await door.books.person(), await door.books.person()
    at_hdfc = await door.books.on_ramp(asha, token="pay_1")
    at_axis = await door.books.on_ramp(ravi, bank="axis", token="pay_1", amount_paise=5_00)

    answers = [await door.knock(at_axis), await door.knock(at_hdfc)]

    assert answers == [CAPTURED, CAPTURED]
    assert (await door.books.has(asha), await door.books.has(ravi)) == ((AMOUNT, 0), (5_00, 0))
    door.books.is_right()


async def test_money_for_a_closed_wallet_is_rejected_so_that_the_bank_gives_it_back(door: Door) -> None:
    asha, ravi = await door.books.person(), await door.books.person()
    row, other = await door.books.on_ramp(asha), await door.books.on_ramp(ravi)
    await door.books.close_wallet(asha)

    answers = await asyncio.gather(door.knock(row), door.knock(other), door.knock(row))

    assert answers[1] == CAPTURED
    assert rejected("wallet_closed") in answers
    assert CAPTURED not in (answers[0], answers[2])
    assert (await door.books.row(row)).rejected
    assert await door.books.ask("SELECT count(*) FROM transfers") == [(1,)]
    door.books.is_right()


async def test_a_frozen_wallet_receives_what_was_paid(door: Door) -> None:
    asha = await door.books.person()
    row = await door.books.on_ramp(asha)
    await door.books.ask("UPDATE balances SET frozen_at = now()")

    assert await door.knock(row) == CAPTURED
    assert await door.books.has(asha) == (AMOUNT, 0)


@pytest.mark.parametrize("kind", ["payout.succeeded", "payout.failed", "payout.reversed"])
async def test_a_payout_nobody_asked_for_is_an_unknown_token(door: Door, kind: str) -> None:
    asha = await door.books.person()
    row = await door.books.on_ramp(asha)
    bodies = [
        f'{{"type":"{kind}","timestamp":"2026-11-20T12:00:00Z","data":{{"reference":"{one}","amount_paise":1}}}}'
        for one in ("withdrawal-1", str(row.id))
    ]

    answers = [await door.bring(one) for one in bodies]

    assert answers == [rejected("unknown_token")] * 2
    assert [one[1:] for one in await door.inbox()] == [(kind, "rejected", "unknown_token")] * 2
    assert (await door.books.row(row)).status == "pending"


# The inbox


async def test_every_word_is_kept_once_with_its_very_text_and_what_we_made_of_it(door: Door) -> None:
    asha = await door.books.person()
    row = await door.books.on_ramp(asha)
    body = (
        f'{{ "type" : "payment.succeeded",\r\n\t"timestamp":"2026-11-20T12:00:00+05:30", "new":"₹ \\u20b9 \U0001f4b0",'
        f' "data":{{"bank_reference":"आधार","amount_paise":{AMOUNT},"user_identifier":"{asha}","token":"{row.token}",'
        ' "more":[1e400, -0, null]}} \n'
    )

    answer = await door.bring(body, event_id="evt_exact")
    again = await door.bring(body.replace("आधार", "other"), event_id="evt_exact")

    assert (answer, again) == (CAPTURED, DUPLICATE)
    kept = "SELECT bank, event_id, type, subject, on_ramp_id, body, verdict, reason FROM bank_events"
    assert await door.books.ask(kept) == [
        ("hdfc", "evt_exact", "payment.succeeded", row.token, row.id, body, "captured", None)
    ]


async def test_two_banks_may_use_the_same_event_id(door: Door) -> None:
    asha = await door.books.person()
    rows = [await door.books.on_ramp(asha, bank=bank) for bank in ("hdfc", "axis")]

    answers = [await door.knock(row, event_id="evt_1") for row in rows]

    assert answers == [CAPTURED, CAPTURED]
    assert len(await door.inbox()) == 2
    assert await door.books.has(asha) == (2 * AMOUNT, 0)


async def test_one_event_id_for_two_payments_credits_both(door: Door) -> None:
    asha = await door.books.person()
    rows = [await door.books.on_ramp(asha) for _ in range(2)]

    answers = [await door.knock(row, event_id="evt_reused") for row in rows]

    assert answers == [CAPTURED, CAPTURED]
    assert await door.books.has(asha) == (2 * AMOUNT, 0)
    door.books.is_right()


# Crowds and batches


async def test_two_hundred_calls_about_one_payment_at_once_credit_once(door: Door) -> None:
    asha = await door.books.person()
    row = await door.books.on_ramp(asha)

    answers = await asyncio.gather(*(door.knock(row) for _ in range(200)))

    assert [one for one in answers if one != DUPLICATE] == [CAPTURED]
    assert await door.books.has(asha) == (AMOUNT, 0)
    assert len(await door.inbox()) == 200
    door.books.is_right()


WORDS: dict[str, dict[str, object]] = {
    "paid": {},
    "paid again": {},
    "failed": {"paid": False},
    "wrong amount": {"amount_paise": AMOUNT * 10},
}


async def test_words_about_one_payment_in_any_order_in_one_batch_never_credit_twice(door: Door) -> None:
    forgotten = []
    for order in itertools.permutations(WORDS):
        asha = await door.books.person()
        row, first = await door.books.on_ramp(asha), await door.books.on_ramp(await door.books.person())

        # The first one is on its way to the database when the others come: they share the next batch.
        answers = await asyncio.gather(door.knock(first), *(door.knock(row, **WORDS[one]) for one in order))

        stands, paid = await door.books.row(row), order[0].startswith("paid")
        assert answers[0] == CAPTURED
        assert (stands.status == "success") == paid
        assert await door.books.has(asha) == (AMOUNT if paid else 0, 0)
        assert [one for one in answers[1:] if one[0] == 409] == [rejected("amount_mismatch")]
        if not paid and not stands.somebody_will_ask:
            forgotten.append(order)

    assert forgotten == [], "the bank said paid, we said recorded, and nobody will ask"
    assert len(await door.inbox()) == 24 * 5
    door.books.is_right()


async def test_a_crowd_with_rotten_ones_in_it_is_settled_one_by_one(door: Door) -> None:
    people = [await door.books.person() for _ in range(30)]
    rows = [await door.books.on_ramp(one) for one in people]
    for closed in people[::10]:
        await door.books.close_wallet(closed)
    await door.books.post_to_the_brim(people[5])

    answers = await asyncio.gather(*(door.knock(row) for row in rows))

    for number, answer in enumerate(answers):
        if number % 10 == 0:
            assert answer == rejected("wallet_closed")
        elif number == 5:
            assert answer[0] in {409, 503}, "a wallet that can hold no more"
        else:
            assert answer == CAPTURED
    door.books.is_right()


# Ours to mend


async def test_while_the_database_is_away_the_bank_is_told_to_try_again_and_then_it_works(door: Door) -> None:
    asha = await door.books.person()
    row = await door.books.on_ramp(asha)
    assert (await door.client.get("/readyz")).status_code == 200

    async with door.books.away():
        answer, ready = await asyncio.gather(door.knock(row), door.client.get("/readyz"))
        healthy = await door.client.get("/healthz")
    async with asyncio.timeout(20):
        while (back := await door.knock(row))[0] == 503:  # noqa: ASYNC110 # the database tells nobody
            await asyncio.sleep(0.2)

    assert (answer, ready.status_code, healthy.status_code) == ((503, {}), 503, 200)
    assert back == CAPTURED
    assert await door.books.has(asha) == (AMOUNT, 0)
    door.books.is_right()


async def test_whoever_is_inside_when_the_server_stops_gets_a_true_answer(
    database_url: str, tmp_path: Path
) -> None:
    books = Books(database_url)
    rows = [await books.on_ramp(await books.person()) for _ in range(50)]
    async with in_process(create_app(wallet_settings(tmp_path), database_url)) as client:
        knocking = [asyncio.create_task(Door(books, client).knock(row)) for row in rows]
        await asyncio.sleep(0.005)

    answers = await asyncio.gather(*knocking)
    paid = [(await books.row(row)).status == "success" for row in rows]
    await books.close()

    assert {one[0] for one in answers} <= {200, 503}
    assert [one == CAPTURED for one in answers] == paid


async def test_a_bank_that_changes_its_secret_is_heard_with_the_old_and_the_new_one(door: Door) -> None:
    asha = await door.books.person()
    rows = [await door.books.on_ramp(asha) for _ in range(2)]

    answers = [
        await door.bring(event_body(row), secret=secret)
        for row, secret in zip(rows, (OLDER_SECRET, HDFC_SECRET), strict=True)
    ]

    assert answers == [CAPTURED, CAPTURED]
