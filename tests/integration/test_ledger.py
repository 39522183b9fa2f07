"""The ledger on a real PostgreSQL: every kind of movement, every refusal, and crowds that cross each other."""

import asyncio
import random
import sys
import uuid
from collections.abc import AsyncIterator

import psycopg
import pytest
from psycopg import errors

from money.movements import Kind, Posted, Posting
from money.rupees import LARGEST_PAISE, Paise
from shared_db.connection import Database
from shared_db.ledger import Ledger
from shared_db.verify import verify
from tests.shop_town import shop
from tests.town import CASH, IN_FLIGHT, PROMOTIONS, RECEIVABLE, Books, again, connected, gift, move

POSTED, DUPLICATE, CONFLICT = Posting.POSTED, Posting.DUPLICATE, Posting.CONFLICT
INSUFFICIENT, FROZEN, CLOSED, UNKNOWN = (
    Posting.INSUFFICIENT,
    Posting.FROZEN,
    Posting.CLOSED,
    Posting.UNKNOWN_ACCOUNT,
)


@pytest.fixture
async def bank(database_url: str) -> AsyncIterator[Books]:
    async with Books(database_url) as books:
        yield books


@pytest.fixture
async def processes(bank: Books) -> AsyncIterator[tuple[Database, Database]]:
    """Two ways to the same books, as two processes have them."""
    async with connected(bank.url) as one, connected(bank.url) as other:
        yield one, other


# Every kind


async def test_asha_adds_money_sends_some_and_each_has_a_history_of_her_own(bank: Books) -> None:
    asha, ravi = await bank.person(), await bank.person()

    first = [await bank.credited(asha, 500_00)]
    second = await bank.post(move(Kind.SEND, asha, ravi, 120_50), move(Kind.SEND, ravi, asha, 20_50))

    assert first + second == [POSTED] * 3
    assert await bank.entries(asha) == [(1, 500_00, 500_00), (2, -120_50, 379_50), (3, 20_50, 400_00)]
    assert await bank.entries(ravi) == [(1, 120_50, 120_50), (2, -20_50, 100_00)]
    assert (await bank.has(asha), await bank.has(ravi)) == ((400_00, 0), (100_00, 0))
    bank.is_right()


async def test_the_houses_own_accounts_carry_no_balance_and_may_go_below_zero(bank: Books) -> None:
    asha = await bank.person()

    assert [await bank.credited(asha, paise) for paise in (7_00, 3_00)] == [POSTED] * 2

    entries = await bank.entries(RECEIVABLE)
    assert [(amount, after) for _, amount, after in entries] == [(-7_00, None), (-3_00, None)]
    assert await bank.ask("SELECT 1 FROM balances WHERE account_id = %s", RECEIVABLE) == []
    bank.is_right()


async def test_one_batch_has_one_timestamp_on_transfers_and_entries(bank: Books) -> None:
    asha = await bank.person()

    await bank.post(*(gift(asha, 1) for _ in range(5)))

    stamps = "SELECT created_at FROM transfers UNION SELECT created_at FROM entries"
    assert len(await bank.ask(stamps)) == 1


async def test_money_on_hold_cannot_be_spent_and_is_gone_when_the_bank_has_paid(bank: Books) -> None:
    asha, ravi = await bank.person(100), await bank.person()

    held = await bank.post(move(Kind.HOLD, asha, IN_FLIGHT, 80_00))
    assert await bank.has(asha) == (20_00, 80_00)
    bank.is_right()
    spent = await bank.post(move(Kind.SEND, asha, ravi, 20_01))
    captured = await bank.post(move(Kind.CAPTURE, IN_FLIGHT, CASH, 80_00, holder=asha))

    assert (held, spent, captured) == ([POSTED], [INSUFFICIENT], [POSTED])
    assert await bank.has(asha) == (20_00, 0)
    assert verify(bank.url)["open_holds_paise"] == 0
    bank.is_right()


async def test_a_hold_the_bank_refused_comes_back_in_full(bank: Books) -> None:
    asha = await bank.person(100)

    outcomes = await bank.post(
        move(Kind.HOLD, asha, IN_FLIGHT, 60_00), move(Kind.RELEASE, IN_FLIGHT, asha, 60_00)
    )

    assert outcomes == [POSTED, POSTED]
    assert await bank.has(asha) == (100_00, 0)
    bank.is_right()


async def test_no_more_is_released_or_captured_than_is_on_hold(bank: Books) -> None:
    asha, ravi = await bank.person(100), await bank.person(100)
    await bank.post(move(Kind.HOLD, asha, IN_FLIGHT, 50_00), move(Kind.HOLD, ravi, IN_FLIGHT, 50_00))

    outcomes = await bank.post(
        move(Kind.RELEASE, IN_FLIGHT, asha, 50_01),
        move(Kind.CAPTURE, IN_FLIGHT, CASH, 50_01, holder=asha),
        move(Kind.CAPTURE, IN_FLIGHT, CASH, 30_00, holder=asha),
        move(Kind.RELEASE, IN_FLIGHT, asha, 20_01),
        move(Kind.RELEASE, IN_FLIGHT, asha, 20_00),
    )

    assert outcomes == [INSUFFICIENT, INSUFFICIENT, POSTED, INSUFFICIENT, POSTED]
    assert await bank.has(ravi) == (50_00, 50_00)
    assert verify(bank.url)["open_holds_paise"] == 50_00
    bank.is_right()


async def test_a_payment_goes_to_a_shop_and_its_refund_comes_back(bank: Books) -> None:
    asha, chai_point = await bank.person(10), await shop(bank)

    outcomes = await bank.post(
        move(Kind.PAYMENT, asha, chai_point, 4_00), move(Kind.REFUND, chai_point, asha, 1_50)
    )

    assert outcomes == [POSTED, POSTED]
    assert (await bank.has(asha), await bank.has(chai_point)) == ((7_50, 0), (2_50, 0))
    bank.is_right_but_for_bare_refunds()


@pytest.mark.parametrize("kind", [Kind.REVERSAL, Kind.COMPENSATION, Kind.LOSS])
async def test_every_other_kind_moves_the_amount_too(bank: Books, kind: Kind) -> None:
    asha, ravi = await bank.person(10), await bank.person()

    outcomes = await bank.post(move(kind, asha, ravi, 4_00))

    assert outcomes == [POSTED]
    assert (await bank.has(asha), await bank.has(ravi)) == ((6_00, 0), (4_00, 0))
    bank.is_right_but_for_bare_refunds()


# Refusals


async def test_one_paisa_too_much_is_refused_and_its_neighbours_are_not(bank: Books) -> None:
    asha, ravi = await bank.person(10), await bank.person()

    outcomes = await bank.outcomes(
        move(Kind.SEND, asha, ravi, 4_00),
        move(Kind.SEND, asha, ravi, 6_01),
        move(Kind.SEND, asha, ravi, 6_00),
        move(Kind.SEND, asha, ravi, 1),
        move(Kind.SEND, ravi, asha, 10_00),
    )

    assert [one.outcome for one in outcomes] == [POSTED, INSUFFICIENT, POSTED, INSUFFICIENT, POSTED]
    assert [one.transfer_id is None for one in outcomes] == [False, True, False, True, False]
    assert [number for number, *_ in await bank.entries(asha)] == [1, 2, 3, 4]
    bank.is_right()


async def test_a_frozen_wallet_gives_nothing_and_receives_everything(bank: Books) -> None:
    asha, ravi, chai_point = await bank.person(100), await bank.person(100), await shop(bank)
    await bank.post(move(Kind.HOLD, asha, IN_FLIGHT, 30_00), move(Kind.PAYMENT, ravi, chai_point, 1_00))
    await bank.ask("UPDATE balances SET frozen_at = now() WHERE account_id = %s", asha)

    gives = await bank.post(
        move(Kind.SEND, asha, ravi, 1_00),
        move(Kind.PAYMENT, asha, chai_point, 1_00),
        move(Kind.HOLD, asha, IN_FLIGHT, 1_00),
    )
    receives = [await bank.credited(asha, 1_00)]
    receives += await bank.post(
        move(Kind.SEND, ravi, asha, 1_00),
        move(Kind.REFUND, chai_point, asha, 1_00),
        move(Kind.RELEASE, IN_FLIGHT, asha, 10_00),
        move(Kind.CAPTURE, IN_FLIGHT, CASH, 20_00, holder=asha),
    )

    assert gives == [FROZEN] * 3
    assert receives == [POSTED] * 5
    assert await bank.has(asha) == (83_00, 0)
    bank.is_right_but_for_bare_refunds()


async def test_a_closed_wallet_neither_gives_nor_receives(bank: Books) -> None:
    asha, ravi = await bank.person(), await bank.person(10)
    await bank.ask("UPDATE balances SET closed_at = now() WHERE account_id = %s", asha)

    outcomes = await bank.post(
        move(Kind.ON_RAMP, RECEIVABLE, asha, 1_00),
        move(Kind.SEND, ravi, asha, 1_00),
        move(Kind.SEND, asha, ravi, 1_00),
        move(Kind.SEND, ravi, await bank.person(), 1_00),
    )

    assert outcomes == [CLOSED, CLOSED, CLOSED, POSTED]
    bank.is_right()


async def test_a_closed_shop_is_paid_no_more_and_a_closed_wallet_is_refunded_no_more(bank: Books) -> None:
    asha, ravi = await bank.person(10), await bank.person()
    closed_shop, chai_point = await shop(bank), await shop(bank)
    await bank.post(move(Kind.PAYMENT, asha, chai_point, 5_00))
    await bank.close_wallet(closed_shop)
    await bank.close_wallet(ravi)

    outcomes = await bank.post(
        move(Kind.PAYMENT, asha, closed_shop, 1_00),
        move(Kind.REFUND, chai_point, ravi, 1_00),
        move(Kind.PAYMENT, asha, chai_point, 1_00),
    )

    assert outcomes == [CLOSED, CLOSED, POSTED]
    bank.is_right_but_for_bare_refunds()


async def test_people_send_to_people_pay_shops_and_are_refunded_by_them_and_nothing_else(bank: Books) -> None:
    asha, ravi, nobody = await bank.person(10), await bank.person(10), uuid.uuid4()
    # Among several shops each is found, and whoever stands between them is not taken for one.
    shops = sorted([await shop(bank) for _ in range(4)])
    chai_point, book_corner = shops[0], shops[-1]
    await bank.post(*(move(Kind.PAYMENT, asha, one, 1_00) for one in shops))

    outcomes = await bank.post(
        move(Kind.SEND, asha, chai_point, 50),
        move(Kind.SEND, book_corner, asha, 50),
        move(Kind.SEND, chai_point, book_corner, 50),
        move(Kind.PAYMENT, asha, ravi, 50),
        move(Kind.PAYMENT, chai_point, ravi, 50),
        move(Kind.PAYMENT, chai_point, book_corner, 50),
        move(Kind.PAYMENT, asha, PROMOTIONS, 50),
        move(Kind.PAYMENT, PROMOTIONS, chai_point, 50),
        move(Kind.PAYMENT, asha, nobody, 50),
        move(Kind.PAYMENT, nobody, chai_point, 50),
        move(Kind.REFUND, asha, ravi, 50),
        move(Kind.REFUND, ravi, chai_point, 50),
        move(Kind.REFUND, chai_point, book_corner, 50),
        move(Kind.REFUND, PROMOTIONS, asha, 50),
        move(Kind.REFUND, chai_point, CASH, 50),
        move(Kind.REFUND, chai_point, nobody, 50),
    )

    assert outcomes == [UNKNOWN] * 16
    assert [await bank.has(one) for one in shops] == [(1_00, 0)] * 4
    assert (await bank.has(asha), await bank.has(ravi)) == ((6_00, 0), (10_00, 0))
    bank.is_right_but_for_bare_refunds()


async def test_money_to_nobody_from_nobody_or_to_oneself_does_not_move(bank: Books) -> None:
    asha, nobody = await bank.person(10), uuid.uuid4()

    outcomes = await bank.post(
        move(Kind.SEND, asha, nobody, 1_00),
        move(Kind.SEND, nobody, asha, 1_00),
        move(Kind.SEND, asha, asha, 1_00),
        move(Kind.CAPTURE, IN_FLIGHT, CASH, 1_00),
        move(Kind.CAPTURE, IN_FLIGHT, CASH, 1_00, holder=nobody),
        move(Kind.HOLD, RECEIVABLE, IN_FLIGHT, 1_00),
        move(Kind.RELEASE, IN_FLIGHT, CASH, 1_00),
    )

    assert outcomes == [UNKNOWN] * 7
    assert await bank.has(asha) == (10_00, 0)
    bank.is_right()


# One reference, one movement


async def test_a_movement_that_is_sent_again_finds_the_first_ones_outcome(bank: Books) -> None:
    asha = await bank.person()
    first = gift(asha, 5_00)

    [once] = await bank.outcomes(first)
    tries = await bank.outcomes(first, again(first), again(first))

    assert {(one.outcome, one.transfer_id) for one in tries} == {(DUPLICATE, once.transfer_id)}
    assert await bank.has(asha) == (5_00, 0)
    bank.is_right()


async def test_the_same_movement_twice_in_one_batch_counts_once(bank: Books) -> None:
    asha = await bank.person()
    first = gift(asha, 5_00)

    outcomes = await bank.outcomes(first, again(first), gift(asha, 1_00))

    assert [one.outcome for one in outcomes] == [POSTED, DUPLICATE, POSTED]
    assert outcomes[0].transfer_id == outcomes[1].transfer_id == first.id
    assert await bank.has(asha) == (6_00, 0)
    bank.is_right()


async def test_a_refused_movement_twice_in_one_batch_is_refused_twice(bank: Books) -> None:
    asha, ravi = await bank.person(1), await bank.person()
    first = move(Kind.SEND, asha, ravi, 5_00)

    outcomes = await bank.outcomes(first, gift(asha, 100_00), again(first))

    assert [(one.outcome, one.transfer_id is None) for one in outcomes] == [
        (INSUFFICIENT, True),
        (POSTED, False),
        (INSUFFICIENT, True),
    ]
    bank.is_right()


@pytest.mark.parametrize("batches", ["one batch", "two batches"])
async def test_another_movement_under_a_known_reference_is_a_conflict(bank: Books, batches: str) -> None:
    asha, ravi = await bank.person(100), await bank.person(100)
    first = move(Kind.SEND, asha, ravi, 5_00, reference="withdrawal:1:hold")
    others = [
        again(first, amount_paise=Paise(5_01)),
        again(first, kind=Kind.PAYMENT),
        again(first, source=ravi, target=asha),
        again(first, target=await bank.person()),
    ]

    if batches == "one batch":
        outcomes = await bank.post(first, *others)
    else:
        outcomes = await bank.post(first) + await bank.post(*others)

    assert outcomes == [POSTED] + [CONFLICT] * 4
    assert (await bank.has(asha), await bank.has(ravi)) == ((95_00, 0), (105_00, 0))
    bank.is_right()


# Append-only, and the last guards of the database


@pytest.mark.parametrize("table", ["entries", "transfers"])
@pytest.mark.parametrize(
    "statement",
    ["UPDATE {} SET amount_paise = amount_paise", "DELETE FROM {}", "TRUNCATE {} CASCADE", "TRUNCATE {}"],
)
async def test_nobody_rewrites_history(bank: Books, table: str, statement: str) -> None:
    await bank.person(10)

    with pytest.raises((errors.InsufficientPrivilege, errors.FeatureNotSupported)):
        await bank.ask(statement.format(table))

    bank.is_right()


@pytest.mark.parametrize("table", ["entries", "transfers"])
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE {} SET amount_paise = amount_paise",
        "DELETE FROM {}",
        "TRUNCATE {} CASCADE",
        "ALTER TABLE {} DISABLE TRIGGER ALL",
        "DROP TABLE {} CASCADE",
    ],
)
async def test_the_role_of_our_processes_could_not_rewrite_history_without_any_trigger(
    bank: Books, table: str, statement: str
) -> None:
    await bank.person(10)
    with psycopg.connect(bank.url, autocommit=True) as superuser:
        superuser.execute(f"ALTER TABLE {table} DISABLE TRIGGER {table}_append_only".encode())

    async with bank.database.plain() as connection:
        who = await (await connection.execute("SELECT current_user")).fetchone()
        with pytest.raises(errors.InsufficientPrivilege):
            await connection.execute(statement.format(table).encode())

    assert who == ("batua_app",)

    bank.is_right()


@pytest.mark.parametrize("table", ["accounts", "on_ramps"])
@pytest.mark.parametrize("statement", ["DELETE FROM {}", "TRUNCATE {} CASCADE"])
async def test_what_history_refers_to_stays(bank: Books, table: str, statement: str) -> None:
    await bank.credited(await bank.person(), 10_00)

    with pytest.raises(errors.InsufficientPrivilege):
        await bank.ask(statement.format(table))

    bank.is_right()


@pytest.mark.parametrize("paise", [0, -1, -(2**63)])
async def test_no_movement_of_nothing_or_less_gets_past_the_database(bank: Books, paise: int) -> None:
    asha, ravi = await bank.person(10), await bank.person(10)

    with pytest.raises((errors.CheckViolation, errors.NumericValueOutOfRange)):
        await bank.post(gift(asha, 1_00), move(Kind.SEND, asha, ravi, paise))

    assert (await bank.has(asha), await bank.has(ravi)) == ((10_00, 0), (10_00, 0))
    bank.is_right()


async def test_a_wallet_holds_as_much_as_a_bigint_and_its_neighbours_do_not_suffer(bank: Books) -> None:
    rich, poor = await bank.person(), await bank.person()
    assert await bank.post(gift(rich, LARGEST_PAISE - 1)) == [POSTED]
    bank.is_right()
    ledger = Ledger(bank.database)

    outcomes = await asyncio.gather(
        ledger.post(gift(poor, 1_00)),
        ledger.post(gift(rich, 2)),
        ledger.post(gift(rich, 1)),
        ledger.post(move(Kind.SEND, rich, poor, 5_00)),
        return_exceptions=True,
    )
    await ledger.drain()

    assert isinstance(outcomes[1], errors.NumericValueOutOfRange), "one paisa too many is nobody's money"
    assert [one.outcome for one in outcomes if isinstance(one, Posted)] == [POSTED] * 3
    assert (await bank.has(rich), await bank.has(poor)) == ((LARGEST_PAISE - 5_00, 0), (6_00, 0))
    bank.is_right()


# Crowds


async def test_two_processes_cross_their_sends_and_nothing_is_lost(
    bank: Books, processes: tuple[Database, Database]
) -> None:
    seed = random.randrange(2**32)
    sys.stdout.write(f"seed {seed}\n")
    dice = random.Random(seed)
    people = [await bank.person(100) for _ in range(4)]
    ledgers = [Ledger(one, flushers=2) for one in processes]

    async def one_poster(ledger: Ledger) -> list[Posted]:
        movements = [move(Kind.SEND, *dice.sample(people, 2), dice.randint(1, 60_00)) for _ in range(300)]
        return await asyncio.gather(*(ledger.post(one) for one in movements))

    outcomes = [one for many in await asyncio.gather(*map(one_poster, ledgers)) for one in many]
    for ledger in ledgers:
        await ledger.drain()

    counts = {what: sum(one.outcome is what for one in outcomes) for what in Posting}
    assert counts[POSTED] + counts[INSUFFICIENT] == len(outcomes) == 600
    assert counts[POSTED]
    assert sum([(await bank.has(one))[0] for one in people]) == 400_00
    assert await bank.ask("SELECT count(*) FROM transfers WHERE kind = 'send'") == [(counts[POSTED],)]
    bank.is_right()


async def test_the_same_reference_from_two_sides_at_once_moves_once(
    bank: Books, processes: tuple[Database, Database]
) -> None:
    people = [await bank.person(100) for _ in range(4)]
    ledgers = [Ledger(one, flushers=2) for one in processes]
    same = [move(Kind.SEND, people[0], people[1], 1_00) for _ in range(40)]
    # The second poster's movement is another one, on accounts it does not share with the first.
    other = [again(one, source=people[2], target=people[3]) for one in same[20:]]

    first = [ledgers[0].post(one) for one in same]
    second = [ledgers[1].post(again(one)) for one in same[:20]]
    second += [ledgers[1].post(one) for one in other]
    outcomes = [one.outcome for one in await asyncio.gather(*first, *second)]
    for ledger in ledgers:
        await ledger.drain()

    pairs = list(zip(outcomes[:40], outcomes[40:], strict=True))
    assert {frozenset(one) for one in pairs[:20]} == {frozenset({POSTED, DUPLICATE})}
    assert {frozenset(one) for one in pairs[20:]} == {frozenset({POSTED, CONFLICT})}
    assert await bank.ask("SELECT count(*) FROM transfers WHERE kind = 'send'") == [(40,)]
    bank.is_right()


async def test_fifty_sends_of_the_whole_balance_and_one_goes_through(
    bank: Books, processes: tuple[Database, Database]
) -> None:
    asha, ravi = await bank.person(100), await bank.person()
    ledgers = [Ledger(one) for one in processes]

    outcomes = await asyncio.gather(
        *(ledgers[number % 2].post(move(Kind.SEND, asha, ravi, 100_00)) for number in range(50))
    )
    for ledger in ledgers:
        await ledger.drain()

    assert sorted(one.outcome for one in outcomes) == [INSUFFICIENT] * 49 + [POSTED]
    assert (await bank.has(asha), await bank.has(ravi)) == ((0, 0), (100_00, 0))
    bank.is_right()
