"""A shop gives back what was paid: a part or all of it, once, never more, and to nobody else."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator

import psycopg
import pytest

from money.errors import (
    AboveWhatIsLeft,
    NotAnAmount,
    NotFound,
    PayerGone,
    ReasonRefused,
    RefundedMeanwhile,
    Refusal,
    ShopHasTooLittle,
)
from money.movements import Kind, Posting
from money.rupees import Paise
from runtime.batcher import Unavailable
from shared_db.connection import Database
from shared_db.shop_payments import payment_of, payment_of_refund, refunds_of
from shared_db.verify import verify
from tests.integration.solvency_town import behind_our_back, follow, look_at_all
from tests.shop_town import given_back, paid, refunded, shop
from tests.town import IN_FLIGHT, Books, move
from wallet.refund_payment import Given, clean_reason, look_ahead, refund_payment


@pytest.fixture
async def books(database_url: str) -> AsyncIterator[Books]:
    async with Books(database_url) as books:
        yield books
        books.is_right()


@pytest.fixture
async def tampered(database_url: str) -> AsyncIterator[Books]:
    """They may be wrong in the end."""
    async with Books(database_url) as books:
        yield books


async def asked(
    books: Books,
    merchant: uuid.UUID,
    payment: uuid.UUID,
    paise: int,
    *,
    before: int = 0,
    database: Database | None = None,
    reason: str = "Sold out",
) -> Given:
    """On this state of the payment, as a page that was opened then asks."""
    return await refund_payment(
        database or books.database,
        books.notices,
        merchant=merchant,
        payment=payment,
        before_paise=before,
        amount_paise=Paise(paise),
        reason=reason,
    )


async def told(work: asyncio.Future[Given] | asyncio.Task[Given]) -> Given | type[Refusal]:
    try:
        return await work
    except Refusal as refusal:
        return type(refusal)


async def together(*several: object) -> list[Given | type[Refusal]]:
    """All at once; what became of each."""
    return list(await asyncio.gather(*(told(asyncio.ensure_future(one)) for one in several)))  # pyright: ignore[reportArgumentType] # coroutines


async def sums(books: Books, payment: uuid.UUID) -> tuple[int, int, int]:
    """What was given back of it: by its row, by its refunds, and by the ledger."""
    [row] = await books.ask(
        "SELECT coalesce((SELECT refunded_paise FROM refunded_payments WHERE payment_id = %(id)s), 0),"
        " coalesce((SELECT sum(amount_paise) FROM refunds WHERE payment_id = %(id)s), 0)::bigint,"
        " coalesce((SELECT sum(t.amount_paise) FROM transfers t JOIN refunds r ON r.id = t.id"
        " WHERE r.payment_id = %(id)s AND t.kind = 'refund'), 0)::bigint".replace("%(id)s", f"'{payment}'")
    )
    return row[0], row[1], row[2]


# What a refund does


async def test_asha_gets_a_part_back_and_then_the_rest(books: Books) -> None:
    asha, chai = await books.person(500), await shop(books)
    payment = await paid(books, asha, chai, 120_00, note="Two teas")

    first = await given_back(books, chai, payment, 40_00, reason="One tea was cold")
    second = await given_back(books, chai, payment, 80_00, reason="चाय खत्म")

    assert (await books.has(asha), await books.has(chai)) == ((500_00, 0), (0, 0))
    async with books.database.plain() as connection:
        seen = await payment_of(connection, chai, payment)
        refunds = await refunds_of(connection, payment)
        belongs_to = await payment_of_refund(connection, second.id)
    assert seen
    assert (seen.paid_paise, seen.refunded_paise, seen.left_paise) == (120_00, 120_00, 0)
    assert (seen.payer, seen.note, seen.available_paise) == ("Asha R.", "Two teas", 0)
    assert [(one.id, one.amount_paise, one.reason) for one in refunds] == [
        (first.id, 40_00, "One tea was cold"),
        (second.id, 80_00, "चाय खत्म"),
    ]
    assert belongs_to == payment
    assert await books.ask("SELECT note FROM transfers WHERE kind = 'refund' ORDER BY created_at") == [
        ("One tea was cold",),
        ("चाय खत्म",),
    ]


async def test_asked_again_it_is_the_same_refund(books: Books) -> None:
    asha, chai = await books.person(500), await shop(books)
    payment = await paid(books, asha, chai, 120_00)

    first = await asked(books, chai, payment, 40_00)
    again = await asked(books, chai, payment, 40_00)

    assert first.is_new
    assert again == Given(first.id, is_new=False)
    assert await sums(books, payment) == (40_00, 40_00, 40_00)


async def test_a_page_that_was_opened_before_another_refund_gives_nothing_back(books: Books) -> None:
    asha, chai = await books.person(500), await shop(books)
    payment = await paid(books, asha, chai, 120_00)
    await asked(books, chai, payment, 40_00)

    for paise, before in ((30_00, 0), (40_00, 10_00), (120_00, 0), (1, -1), (1, 2**62)):
        with pytest.raises(RefundedMeanwhile):
            await asked(books, chai, payment, paise, before=before)

    assert await sums(books, payment) == (40_00, 40_00, 40_00)


async def test_one_paisa_more_than_is_left_is_refused_and_leaves_no_trace(books: Books) -> None:
    asha, chai = await books.person(500), await shop(books)
    payment = await paid(books, asha, chai, 120_00)
    await paid(books, asha, chai, 300_00)

    with pytest.raises(AboveWhatIsLeft) as refused:
        await given_back(books, chai, payment, 120_01)

    assert refused.value.left_paise == 120_00
    assert await books.ask("SELECT count(*) FROM refunded_payments") == [(0,)]
    await given_back(books, chai, payment, 100_00)
    with pytest.raises(AboveWhatIsLeft) as refused:
        await given_back(books, chai, payment, 20_01)
    assert refused.value.left_paise == 20_00


async def test_it_comes_from_what_the_shop_has_and_not_from_what_is_on_hold(books: Books) -> None:
    asha, chai = await books.person(500), await shop(books)
    payment = await paid(books, asha, chai, 120_00)
    assert await books.post(move(Kind.HOLD, chai, IN_FLIGHT, 70_00)) == [Posting.POSTED]

    with pytest.raises(ShopHasTooLittle) as refused:
        await given_back(books, chai, payment, 50_01)

    assert refused.value.available_paise == 50_00
    assert await refunded(books, payment) == 0
    await given_back(books, chai, payment, 50_00)
    assert await books.has(chai) == (0, 70_00)


async def test_a_frozen_wallet_gets_its_money_back_and_a_closed_one_cannot(books: Books) -> None:
    asha, chai = await books.person(500), await shop(books)
    payment = await paid(books, asha, chai, 500_00)
    await books.ask("UPDATE balances SET frozen_at = now() WHERE account_id = %s", asha)

    await given_back(books, chai, payment, 1_00)
    assert await books.has(asha) == (1_00, 0)
    await books.ask("UPDATE balances SET frozen_at = NULL WHERE account_id = %s", asha)
    await books.post(move(Kind.PAYMENT, asha, chai, 1_00))
    await books.close_wallet(asha)
    with pytest.raises(PayerGone):
        await given_back(books, chai, payment, 1_00)

    assert await sums(books, payment) == (1_00, 1_00, 1_00)
    async with books.database.plain() as connection:
        seen = await payment_of(connection, chai, payment)
    assert seen
    with pytest.raises(PayerGone):
        look_ahead(seen, Paise(1_00))


async def test_only_the_shops_own_payments_are_given_back(books: Books) -> None:
    asha, ravi = await books.person(500), await books.person()
    chai, other = await shop(books), await shop(books)
    payment = await paid(books, asha, chai, 120_00)
    await paid(books, asha, other, 200_00)
    send = move(Kind.SEND, asha, ravi, 10_00)
    await books.post(send)
    refund = await given_back(books, chai, payment, 10_00)

    for merchant, wanted in (
        (other, payment),
        (asha, payment),
        (ravi, payment),
        (chai, send.id),
        (chai, refund.id),
        (chai, uuid.uuid4()),
    ):
        with pytest.raises(NotFound):
            await asked(books, merchant, wanted, 1_00)

    assert await sums(books, payment) == (10_00, 10_00, 10_00)
    async with books.database.plain() as connection:
        assert await payment_of(connection, other, payment) is None
        assert await payment_of(connection, asha, payment) is None


@pytest.mark.parametrize("paise", [0, -1, -120_00])
async def test_nothing_and_less_than_nothing_are_no_amounts(books: Books, paise: int) -> None:
    asha, chai = await books.person(500), await shop(books)
    payment = await paid(books, asha, chai, 120_00)

    with pytest.raises(NotAnAmount):
        await asked(books, chai, payment, paise)


@pytest.mark.parametrize("reason", ["", "   ", "a" * 141, "line\nbreak", "\u202ebackwards", "half \ud800"])
def test_a_reason_is_written_in_full_view(reason: str) -> None:
    with pytest.raises(ReasonRefused):
        clean_reason(reason)


def test_a_reason_is_kept_as_it_is_written() -> None:
    assert clean_reason("  <b>Sold out</b> क्\u200dष ") == "<b>Sold out</b> क्\u200dष"
    assert clean_reason("a" * 140) == "a" * 140


async def test_both_sides_are_told_once_it_is_done_and_only_then(books: Books) -> None:
    asha, chai = await books.person(500), await shop(books)
    payment = await paid(books, asha, chai, 120_00)
    async with await psycopg.AsyncConnection.connect(books.url, autocommit=True) as listener:
        await listener.execute("LISTEN batua_owners")

        with pytest.raises(AboveWhatIsLeft):
            await given_back(books, chai, payment, 999_00)
        await given_back(books, chai, payment, 40_00)
        heard = [notice.payload async for notice in listener.notifies(timeout=5, stop_after=1)]

    assert len(heard) == 1
    assert len(heard[0]) == len("A" * 44)  # the ids of two owners, in base64


# Many at once


async def test_of_twenty_people_who_press_at_once_one_gives_it_back(books: Books) -> None:
    asha, chai = await books.person(500), await shop(books)
    payment = await paid(books, asha, chai, 120_00)
    others = [Database(books.url) for _ in range(4)]

    found = await together(*(asked(books, chai, payment, 50_00, database=others[n % 4]) for n in range(20)))
    for one in others:
        await one.close()

    given = [one for one in found if isinstance(one, Given)]
    assert len(given) == 20
    assert len({one.id for one in given}) == 1
    assert sum(one.is_new for one in given) == 1
    assert await sums(books, payment) == (50_00, 50_00, 50_00)


async def test_twenty_different_refunds_at_once_never_pass_what_was_paid(books: Books) -> None:
    asha, chai = await books.person(500), await shop(books)
    payment = await paid(books, asha, chai, 120_00)
    await paid(books, asha, chai, 380_00)
    others = [Database(books.url) for _ in range(4)]

    async def keep_asking(number: int) -> int:
        """Look, ask, and look again where another was quicker; how much it gave back."""
        for _ in range(60):
            before = await refunded(books, payment)
            [found] = await together(
                asked(books, chai, payment, 7_00 + number, before=before, database=others[number % 4])
            )
            if isinstance(found, Given) and found.is_new:
                return 7_00 + number
            if found is AboveWhatIsLeft:
                return 0
        raise AssertionError("never its turn")

    given = await asyncio.gather(*(keep_asking(number) for number in range(20)))
    for one in others:
        await one.close()

    assert 100_00 < sum(given) <= 120_00
    assert await sums(books, payment) == (sum(given),) * 3
    assert (await books.has(asha))[0] == sum(given)


async def test_many_refunds_of_many_payments_never_block_each_other_for_good(books: Books) -> None:
    people = [await books.person(100) for _ in range(3)]
    shops = [await shop(books) for _ in range(3)]
    payments = [
        (merchant, await paid(books, person, merchant, 10_00))
        for person in people
        for merchant in shops
        for _ in range(3)
    ]

    async def pays_on() -> None:
        for person in people:
            for merchant in shops:
                await paid(books, person, merchant, 1)

    found, *_ = await asyncio.gather(
        together(*(asked(books, merchant, payment, 10_00) for merchant, payment in payments)),
        *(pays_on() for _ in range(3)),
    )

    assert all(isinstance(one, Given) and one.is_new for one in found)
    assert [await books.has(person) for person in people] == [(100_00 - 9, 0)] * 3


@pytest.mark.parametrize("first", ["refunds", "withdrawals"])
async def test_the_same_money_is_given_back_or_withdrawn_and_never_both(books: Books, first: str) -> None:
    asha, chai = await books.person(500), await shop(books)
    payments = [await paid(books, asha, chai, 10_00) for _ in range(10)]

    async def withdraw() -> Posting:
        [outcome] = await books.post(move(Kind.HOLD, chai, IN_FLIGHT, 10_00))
        return outcome

    refunds = together(*(asked(books, chai, payment, 10_00) for payment in payments))
    holds = asyncio.gather(*(withdraw() for _ in range(10)))
    if first == "refunds":
        given, held = await asyncio.gather(refunds, holds)
    else:
        held, given = await asyncio.gather(holds, refunds)

    granted = sum(isinstance(one, Given) for one in given)
    assert {one for one in given if not isinstance(one, Given)} <= {ShopHasTooLittle}
    assert granted + held.count(Posting.POSTED) == 10
    assert await books.has(chai) == (0, held.count(Posting.POSTED) * 10_00)


async def test_an_answer_that_was_lost_is_found_under_the_same_key(books: Books) -> None:
    asha, chai = await books.person(500), await shop(books)
    payment = await paid(books, asha, chai, 120_00)
    first = await asked(books, chai, payment, 40_00)

    async with books.away():
        with pytest.raises(Unavailable):
            await asked(books, chai, payment, 40_00)

    assert await asked(books, chai, payment, 40_00) == Given(first.id, is_new=False)
    assert await sums(books, payment) == (40_00, 40_00, 40_00)


async def test_a_process_that_dies_in_the_middle_has_given_nothing_back(books: Books) -> None:
    asha, chai = await books.person(500), await shop(books)
    payment = await paid(books, asha, chai, 120_00)
    dying = await psycopg.AsyncConnection.connect(books.url)
    await dying.execute(
        "SELECT * FROM refund_payment(%s, %s, %s, 0, 4000, 'Sold out')", (uuid.uuid4(), chai, payment)
    )
    waiting = asyncio.create_task(asked(books, chai, payment, 40_00))
    await asyncio.sleep(0.2)
    assert not waiting.done()

    await dying.close()

    assert (await waiting).is_new
    assert await sums(books, payment) == (40_00, 40_00, 40_00)


# The database, `verify` and the watch


async def test_the_database_itself_refuses_more_than_was_paid(books: Books) -> None:
    asha, chai = await books.person(500), await shop(books)
    payment = await paid(books, asha, chai, 120_00)
    await given_back(books, chai, payment, 40_00)

    for statement in (
        "UPDATE refunded_payments SET refunded_paise = 12001",
        "UPDATE refunded_payments SET refunded_paise = -1",
        "UPDATE refunds SET amount_paise = 0",
        "UPDATE refunds SET reason = ''",
        "DELETE FROM refunds",
        "DELETE FROM refunded_payments",
    ):
        with pytest.raises(psycopg.Error):
            await books.ask(statement)
    async with books.database.plain() as ours:
        for statement in ("UPDATE refunds SET reason = 'x'", "DELETE FROM refunded_payments"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                await ours.execute(statement.encode())


SPOILT = {
    "less than its refunds": "UPDATE refunded_payments SET refunded_paise = refunded_paise - 1",
    "more than its refunds": "UPDATE refunded_payments SET refunded_paise = refunded_paise + 1",
    "another amount": "UPDATE refunds SET amount_paise = amount_paise + 1",
    "another payer": "UPDATE refunded_payments SET payer_id = '{ravi}'",
    "another shop": "UPDATE refunded_payments SET merchant_id = '{other}'",
    "another price": "UPDATE refunded_payments SET paid_paise = paid_paise + 1",
    "a refund of another payment": "UPDATE refunds SET payment_id = '{second}'",
    "no refund": "ALTER TABLE refunds DISABLE TRIGGER USER; DELETE FROM refunds",
}


async def spoilt(books: Books, how: str) -> None:
    """A payment of which something was given back, another one of the same two, and then somebody's hand."""
    asha, ravi = await books.person(500), await books.person()
    chai, other = await shop(books), await shop(books)
    first, second = await paid(books, asha, chai, 120_00), await paid(books, asha, chai, 120_00)
    await given_back(books, chai, first, 40_00)
    await given_back(books, chai, second, 1_00)
    books.is_right()
    assert (await look_at_all(books)).words is None
    one = f" WHERE payment_id = '{first}'" if "DELETE" in how or "UPDATE" in how else ""
    await behind_our_back(books, how.format(ravi=ravi, other=other, second=second) + one)


@pytest.mark.parametrize("how", SPOILT.values(), ids=list(SPOILT))
async def test_verify_and_the_watch_find_refunds_that_do_not_add_up(tampered: Books, how: str) -> None:
    await spoilt(tampered, how)

    found, verdict = verify(tampered.url), await look_at_all(tampered)

    assert not found["ok"]
    assert found["accounts_out_of_step"]
    assert verdict.broken_since
    assert verdict.words


async def test_a_refund_in_the_ledger_that_belongs_to_no_payment_is_found_at_once(tampered: Books) -> None:
    asha, chai = await tampered.person(500), await shop(tampered)
    await paid(tampered, asha, chai, 120_00)
    assert (await follow(tampered)).words is None

    await tampered.post(move(Kind.REFUND, chai, asha, 10_00))

    verdict = await follow(tampered)
    assert verdict.words
    assert "gives back what no payment says" in verdict.words
    assert verify(tampered.url)["accounts_out_of_step"] == 1
    tampered.is_right_but_for_bare_refunds()
