"""Money that cannot be credited goes back: asked for until the bank has given it, and never credited besides."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from psycopg import errors

from tests.integration.on_ramp_town import OddBank, Town, a_town, waiting_for_a_lock
from tests.town import AMOUNT, Row, bank_clients, connected, free_port
from wallet.settle_on_ramp import settle_enquiry
from wallet.sweep_on_ramps import sweep

GIVEN_BACK = Row("failure", refund_decided=True, refund_heard=True)
ASKED_FOR = Row("failure", refund_decided=True, somebody_will_ask=True)


@pytest.fixture
async def town(database_url: str, tmp_path: Path) -> AsyncIterator[Town]:
    async with a_town(database_url, tmp_path) as town:
        yield town


# Asked for until it is given


@pytest.mark.parametrize("refused", [401, 403, 404, 409, 422, 429, 500, 503])
async def test_a_refund_the_bank_does_not_give_is_asked_for_again_and_again(town: Town, refused: int) -> None:
    row = await town.begin()
    bank = OddBank(row, refunds=refused, amount_paise=AMOUNT + 1)

    stood = []
    for minutes in (0, 60, 600, 6_000):
        await town.books.let_pass(minutes, row)
        await bank.swept(town.books, row)
        stood.append(await town.books.row(row))
    bank.refunds = 200
    await bank.swept(town.books, row)

    assert stood == [ASKED_FOR] * 4
    assert bank.refunds_asked == 5
    assert await town.books.row(row) == GIVEN_BACK
    await town.nothing_arrived()


async def test_a_refund_is_asked_for_again_after_the_bank_was_away(town: Town) -> None:
    row = await town.begin()
    await town.bank.press(row.token, "approve")
    await town.books.close_wallet(town.asha)
    paid = await town.bank.clients["hdfc"].payment(row.token or "")

    # The bank goes away between its answer and our request.
    version = await town.books.version(row)
    assert await town.answered(row, paid, asked_version=version) == "refund"
    await town.books.make_due(row)
    async with bank_clients(f"http://127.0.0.1:{free_port()}") as nobody:
        await sweep(town.books.database, nobody, town.books.notices)
    meanwhile = await town.books.row(row)
    await town.sweep_now(row)

    assert meanwhile == ASKED_FOR
    assert await town.bank.says(row.token) == "refunded"
    assert await town.books.row(row) == GIVEN_BACK
    await town.nothing_arrived()


@pytest.mark.parametrize(
    ("says", "stands"),
    [
        ("declined", GIVEN_BACK),
        ("expired", GIVEN_BACK),
        ("refunded", GIVEN_BACK),
        ("created", ASKED_FOR),
        ("paid", ASKED_FOR),
        (503, ASKED_FOR),
        (404, ASKED_FOR),
    ],
)
async def test_what_the_bank_says_of_the_payment_decides_what_its_refusal_of_a_refund_means(
    town: Town, says: str | int, stands: Row
) -> None:
    row = await town.begin()
    bank = OddBank(row, refunds=503, amount_paise=AMOUNT + 1)
    await bank.swept(town.books, row)
    assert await town.books.row(row) == ASKED_FOR

    bank.says, bank.refunds = says, 409
    await bank.swept(town.books, row)

    assert await town.books.row(row) == stands
    await town.nothing_arrived()


async def test_whatever_was_given_back_is_not_asked_about_any_more(town: Town) -> None:
    row = await town.begin()
    await town.bank.press(row.token, "approve")
    await town.books.close_wallet(town.asha)

    await town.sweep_now(row)

    assert await town.books.row(row) == GIVEN_BACK
    assert await town.sweep() == 0


# Credited or given back, never both


async def test_paid_with_another_amount_and_then_a_webhook_that_fits_is_given_back_and_never_credited(
    town: Town,
) -> None:
    row = await town.begin()
    bank = OddBank(row, refunds=503, amount_paise=AMOUNT - 1)
    await bank.swept(town.books, row)

    said = [await town.knock(row), await town.knock(row, paid=False), await town.knock(row)]
    during = await town.books.row(row)
    right = OddBank(row, refunds=503)
    await right.swept(town.books, row)
    still = await town.books.row(row)
    right.refunds = 200
    await right.swept(town.books, row)

    assert said == [(200, "recorded"), (200, "duplicate"), (200, "recorded")]
    assert during == Row("failure", late_success=True, refund_decided=True, somebody_will_ask=True)
    assert (still.status, still.refund_decided, still.somebody_will_ask) == ("failure", True, True)
    assert right.refunds_asked == 2
    assert await town.books.row(row) == GIVEN_BACK
    await town.nothing_arrived()


@pytest.mark.parametrize("first", ["declined", "paid"])
async def test_two_workers_with_two_answers_to_one_question_credit_or_refund_and_never_both(
    town: Town, first: str
) -> None:
    row = await town.begin()
    await town.knock(row, paid=False)
    await town.knock(row)
    asked_version = await town.books.version(row)
    bank = OddBank(row)
    second = "paid" if first == "declined" else "declined"

    changes = [
        await town.answered(row, bank.state(one), asked_version=asked_version) for one in (first, second)
    ]

    if first == "paid":
        assert changes == ["credit", "none"]
        await town.is_paid(row)
        return
    # Ours is asked again at once, and what it says now is given back.
    assert changes == ["refund", "ask_the_bank"]
    await bank.swept(town.books, row)
    assert bank.refunds_asked == 1
    assert await town.books.row(row) == GIVEN_BACK
    await town.nothing_arrived()


async def test_two_workers_with_an_old_answer_that_it_was_declined_refund_once_between_them(
    town: Town,
) -> None:
    row = await town.begin()
    await town.knock(row, paid=False)
    await town.knock(row)
    asked_version = await town.books.version(row)
    declined = OddBank(row).state("declined")

    async with connected(town.books.url) as other:
        async with other.plain() as holder, holder.transaction():
            await holder.execute("SELECT 1 FROM on_ramps WHERE id = %s FOR UPDATE", (row.id,))
            settling = [
                asyncio.create_task(
                    settle_enquiry(
                        one, row.id, declined, asked_version=asked_version, notices=town.books.notices
                    )
                )
                for one in (town.books.database, other)
            ]
            await waiting_for_a_lock(town.books, 2)
            knocking = asyncio.create_task(town.knock(row))
            await waiting_for_a_lock(town.books, 3)
        changes = await asyncio.gather(*settling)
        said = await knocking

    assert sorted(changes) == ["ask_the_bank", "refund"]
    assert said == (200, "recorded")
    stands = await town.books.row(row)
    assert (stands.status, stands.refund_decided, stands.somebody_will_ask) == ("failure", True, True)
    await OddBank(row).swept(town.books, row)
    assert await town.books.row(row) == GIVEN_BACK
    await town.nothing_arrived()


async def test_a_webhook_that_comes_while_we_ask_for_the_refund_changes_nothing_of_it(town: Town) -> None:
    row = await town.begin()
    knocked: list[tuple[int, str]] = []

    class Talkative(OddBank):
        async def __call__(self, scope, receive, send) -> None:
            if scope["type"] == "http" and scope["method"] == "POST":
                knocked.append(await town.knock(row))
            await super().__call__(scope, receive, send)

    bank = Talkative(row, amount_paise=AMOUNT + 1)
    await bank.swept(town.books, row)
    meanwhile = await town.books.row(row)
    await bank.swept(town.books, row)

    assert knocked == [(200, "recorded")]
    assert meanwhile.refund_decided
    assert meanwhile.somebody_will_ask
    assert await town.books.row(row) == GIVEN_BACK
    await town.nothing_arrived()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE on_ramps SET status = 'success'",
        "UPDATE on_ramps SET next_enquiry_at = NULL",
        "UPDATE on_ramps SET next_enquiry_at = NULL, refund_decided_at = NULL, late_success_at = now()",
        "UPDATE on_ramps SET next_enquiry_at = NULL, refund_decided_at = NULL, status = 'pending'",
    ],
)
async def test_the_database_itself_refuses_both_and_refuses_to_forget(town: Town, statement: str) -> None:
    row = await town.begin()
    await OddBank(row, refunds=503, amount_paise=AMOUNT + 1).swept(town.books, row)

    with pytest.raises(errors.CheckViolation):
        await town.books.ask(statement)

    assert await town.books.row(row) == ASKED_FOR
