"""Rows written again after a restore: no money for two, none for nobody, and none from the losses that is not lost."""

from __future__ import annotations

import asyncio
import uuid
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import psycopg
import pytest

from money.accounts import HouseAccount, house_account_id
from money.withdrawal import Outcome
from shared_db.ids import new_id
from shared_db.resolutions import Resolution
from tests.integration.on_ramp_town import waiting_for_a_lock
from tests.integration.restored_town import PAID_TO, Story, a_story, lets_money_out
from tests.integration.test_payout_webhooks import says
from tests.town import Books, Row, event_body, in_process, signed, wallet_settings
from wallet.resolve_lost import Whose, write_again
from webhook_server.app import create_app

LOSSES, SUSPENSE = (house_account_id(one) for one in (HouseAccount.LOSSES, HouseAccount.SUSPENSE))


@pytest.fixture
async def story(database_url: str, tmp_path: Path) -> AsyncIterator[Story]:
    async with a_story(database_url, tmp_path) as story:
        yield story


@pytest.fixture
async def door(story: Story, tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    async with in_process(create_app(wallet_settings(tmp_path), story.town.books.url)) as client:
        yield client


async def knocks(door: httpx.AsyncClient, body: str) -> tuple[int, str]:
    answer = await door.post("/webhooks/hdfc", content=body, headers=signed(body))
    said = answer.json()
    return answer.status_code, said.get("reason") or said["status"]


@asynccontextmanager
async def held_up(books: Books, owner: uuid.UUID) -> AsyncIterator[None]:
    """Inside, whoever moves money of this owner waits."""
    connection = await psycopg.AsyncConnection.connect(books.url, autocommit=True)
    async with connection as somebody, somebody.transaction():
        await somebody.execute("SELECT FROM balances WHERE account_id = %s FOR NO KEY UPDATE", (owner,))
        yield


async def sums(story: Story) -> tuple[int, int]:
    """What the house has lost, and what it keeps aside."""
    books = story.town.books
    lost, aside = [sum(row[1] for row in await books.entries(one)) for one in (LOSSES, SUSPENSE)]
    return -lost, aside


async def large_payout_from_the_losses(story: Story) -> str:
    """Asha's, of ₹900, when all payments were decided; what followed."""
    await story.town.withdrawals.worker().turn()
    await story.town.sweeps(await story.payment(story.begun))
    for item, _ in (await story.richer(), await story.id_of("payment", story.lost_payment)):
        await story.town.decides(item, failed="the bank gives it back to its customer")
    return await story.says_paid(*await story.id_of("payout", story.lost_large_payout), story.asha, PAID_TO)


async def test_a_late_webhook_of_a_payment_that_was_written_again_finds_it(
    story: Story, door: httpx.AsyncClient
) -> None:
    books = story.town.books
    item, utr = await story.id_of("payment", story.lost_payment)
    await story.says_paid(item, utr, story.ravi)

    others = [
        await knocks(door, event_body(story.lost_row, bank_reference=utr, amount_paise=70_01)),
        await knocks(door, event_body(story.lost_row, bank_reference=utr, user_identifier=str(story.asha))),
        await knocks(door, event_body(story.lost_row, bank_reference=utr, user_identifier="Ravi")),
        await knocks(door, event_body(story.lost_row, bank_reference="another UTR")),
    ]
    told = event_body(story.lost_row, bank_reference=utr)
    at_once = await asyncio.gather(*[knocks(door, told) for _ in range(5)])
    another = await knocks(door, event_body(story.lost_row, token="pay_another", bank_reference=utr))

    assert others == [(409, "unknown_token")] * 4
    assert at_once == [(200, "duplicate")] * 5
    assert another == (409, "unknown_token")
    assert (await story.payment(story.lost_payment)).token == story.lost_row.token
    assert await books.has(story.ravi) == (370_00, 0)


async def test_a_webhook_in_the_middle_of_writing_it_again_waits_and_finds_it(
    story: Story, door: httpx.AsyncClient
) -> None:
    books = story.town.books
    item, utr = await story.id_of("payment", story.lost_payment)
    told = event_body(story.lost_row, bank_reference=utr)

    async with held_up(books, story.ravi):
        written = asyncio.create_task(story.says_paid(item, utr, story.ravi))
        await waiting_for_a_lock(books, 1)
        answered = asyncio.create_task(knocks(door, told))
        await waiting_for_a_lock(books, 2)

    assert (await written, await answered) == ("payment written again, on_ramp", (200, "duplicate"))


async def test_what_we_have_refused_comes_back_to_its_customer_and_is_not_written_again(
    story: Story, door: httpx.AsyncClient
) -> None:
    payment, utr = await story.id_of("payment", story.lost_payment)
    payout, payout_utr = await story.id_of("payout", story.lost_payout)

    refused = await knocks(door, event_body(story.lost_row, bank_reference=utr))
    of_a_payout = await says(door, story.lost_payout, "succeeded", 40, utr=payout_utr)

    assert refused == (409, "unknown_token")
    assert await story.says_paid(payment, utr, story.ravi) == "WentBack"
    # A refused payout stays where it went.
    assert of_a_payout[0] == 409
    assert (
        await story.says_paid(payout, payout_utr, story.ravi, PAID_TO)
        == "payout written again, hold, capture"
    )
    assert await story.town.books.has(story.ravi) == (260_00, 0)


async def test_payments_are_decided_before_a_payout_takes_from_the_losses(story: Story) -> None:
    town, books = story.town, story.town.books
    payout = await story.id_of("payout", story.lost_large_payout)
    before = await books.has(story.asha)

    refused = [await story.says_paid(*payout, story.asha, PAID_TO)]
    await town.withdrawals.worker().turn()
    await town.sweeps(await story.payment(story.begun))
    for item in (await story.richer(), await story.id_of("payment", story.lost_payment)):
        refused += [await story.says_paid(*payout, story.ravi, PAID_TO)]
        await town.decides(item[0], failed="the bank gives it back to its customer")
    pending = await books.on_ramp(story.asha)
    refused += [await story.says_paid(*payout, story.asha, PAID_TO)]
    await books.ask(
        "UPDATE on_ramps SET status = 'failure', next_enquiry_at = NULL WHERE id = %s", pending.id
    )

    assert refused == ["PaymentsFirst"] * 4
    assert before == (450_00, 50_00)
    assert await sums(story) == (0, 0)
    assert await story.says_paid(*payout, story.asha, PAID_TO) == (
        "payout written again, hold, capture, ₹430.00 of it from the losses"
    )


async def test_nothing_is_from_the_losses_where_the_payments_were_decided_first(story: Story) -> None:
    await story.town.withdrawals.worker().turn()
    await story.town.sweeps(await story.payment(story.begun))

    followed = [
        await story.says_paid(*await story.richer(), story.asha),
        await story.says_paid(*await story.id_of("payout", story.lost_large_payout), story.asha, PAID_TO),
    ]

    assert followed == ["payment written again, on_ramp", "payout written again, hold, capture"]
    assert (await story.town.books.has(story.asha), await sums(story)) == ((570_00, 0), (0, 0))


@pytest.mark.parametrize("wallet", ["open", "frozen", "closed"])
async def test_of_what_comes_back_the_house_has_what_it_has_borne(story: Story, wallet: str) -> None:
    town, books = story.town, story.town.books
    followed = await large_payout_from_the_losses(story)
    lost = await sums(story)
    if wallet != "open":
        await books.ask(f"UPDATE balances SET {wallet}_at = now() WHERE account_id = %s", story.asha)

    answers = [await town.withdrawals.told(story.lost_large_payout, Outcome.REVERSED, 900) for _ in range(2)]

    assert followed.endswith("₹430.00 of it from the losses")
    assert answers == ["captured", "duplicate"]
    assert lost == (430_00, 0)
    assert await sums(story) == (0, 470_00 if wallet == "closed" else 0)
    assert await books.has(story.asha) == (0 if wallet == "closed" else 470_00, 0)


async def test_a_payment_that_never_got_its_token_is_credited_to_its_own_owner(
    story: Story, door: httpx.AsyncClient
) -> None:
    town, books = story.town, story.town.books
    row = await story.payment(story.begun)
    # As a backup has it that was taken between the row and its token.
    await books.ask("UPDATE on_ramps SET token = NULL, redirect_url = NULL WHERE id = %s", row.id)
    await books.let_pass(16, row)
    await town.sweeps()
    item, utr = await story.id_of("payment", story.begun)

    refused = [
        await town.decides(item, paid=utr),
        await story.says_paid(item, "another UTR", story.asha),
        await story.says_paid(item, utr, story.asha, PAID_TO),
        await story.says_paid(item, utr, story.ravi),
    ]
    at_once = await asyncio.gather(*[story.says_paid(item, utr, story.asha) for _ in range(3)])
    told = await knocks(door, event_body(row, bank_reference=utr))

    assert refused == ["OwnerWanted", "AnotherUtr", "AccountWanted", "NotAnOwner"]
    assert Counter(at_once) == {"payment written again, on_ramp": 1, "ResolvedAlready": 2}
    assert told == (200, "duplicate")
    assert await books.row(row) == Row("success", bank_reference=utr)
    assert await books.has(story.asha) == (470_00, 50_00)
    assert str(story.begun) not in {one.reference for one in (await story.catches_up()).differences}


async def test_what_was_lost_is_never_called_paid_without_its_owner_while_money_is_held(story: Story) -> None:
    town = story.town
    payment, payment_utr = await story.id_of("payment", story.lost_payment)
    payout, payout_utr = await story.id_of("payout", story.lost_payout)

    refused = [await town.decides(payment, paid=payment_utr), await town.decides(payout, paid=payout_utr)]
    followed = [await story.says_paid(payment, payment_utr, story.ravi)]
    lets_money_out(town.books.url)
    followed += [await town.decides(payout, paid=payout_utr)]

    assert refused == ["OwnerWanted"] * 2
    assert followed == ["payment written again, on_ramp", "recorded, nothing moved"]


async def test_a_decision_whose_answer_got_lost_says_what_it_did(story: Story) -> None:
    item, utr = await story.id_of("payment", story.lost_payment)
    decision = Resolution(new_id(), "exception", item, "paid", utr, "Meera", "")
    ask = (story.town.books.database, uuid.UUID(item), Whose(story.ravi, None), decision)

    followed = [await write_again(*ask) for _ in range(2)]

    assert followed == ["payment written again, on_ramp"] * 2
    assert await story.town.books.has(story.ravi) == (370_00, 0)


async def test_two_lines_of_one_reference_decided_at_once_are_written_once(story: Story) -> None:
    books = story.town.books
    item, utr = await story.id_of("payment", story.lost_payment)
    twin = str(new_id())
    await books.ask(
        """INSERT INTO reconciliation_exceptions
                  (id, bank, day, type, kind, reference, utr, ours_paise, theirs_paise, number, found_at)
           SELECT %s, bank, day, type, kind, reference, 'its twin', ours_paise, theirs_paise, number, found_at
             FROM reconciliation_exceptions WHERE id = %s""",
        *(twin, item),
    )

    async with held_up(books, story.ravi):
        both = asyncio.gather(
            story.says_paid(item, utr, story.ravi), story.says_paid(twin, "its twin", story.ravi)
        )
        await waiting_for_a_lock(books, 2)
    followed = await both

    assert Counter(followed) == {"payment written again, on_ramp": 1, "NotLost": 1}
    assert await books.has(story.ravi) == (370_00, 0)
